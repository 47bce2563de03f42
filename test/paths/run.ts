/** Runs the tests of paths; says what is missing, and fails, where a product is not installed. */
import { runSideBySide, testFiles } from '../run.js';
import { hasOpenssl } from './certificates.js';
import { missingProducts } from './products.js';

const missing = [...missingProducts(), ...(hasOpenssl() ? [] : ['openssl'])];
if (missing.length > 0) {
  process.stdout.write(
    `✘ the tests of paths need what is not on this machine; on Debian: apt-get install ${missing.join(' ')}\n0 passed, 1 failed\n`,
  );
  process.exitCode = 1;
} else {
  await runSideBySide(testFiles((path) => path.startsWith('paths')));
}
