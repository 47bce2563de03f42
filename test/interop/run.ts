/** Runs the interop tests; says what is missing, and fails, where the other languages are not there. */
import { runAsProcess, testFiles } from '../run.js';
import { buildPeers, missingPackages } from './peers.js';

const missing = missingPackages();
if (missing.length > 0) {
  process.stdout.write(
    `✘ the interop tests need what is not on this machine; on Debian: apt-get install ${missing.join(' ')}\n0 passed, 1 failed\n`,
  );
  process.exitCode = 1;
} else {
  buildPeers();
  await runAsProcess(testFiles((path) => path.startsWith('interop')));
}
