/** Runs the browser tests. Without a browser it says so, and fails. */
import { existsSync } from 'node:fs';
import { runAsProcess, testFiles } from '../run.js';
import { CHROMIUM } from './browser.js';

if (existsSync(CHROMIUM)) {
  await runAsProcess(testFiles((path) => path.startsWith('browser')));
} else {
  process.stdout.write(
    `✘ the browser tests need ${CHROMIUM}; on Debian: apt-get install chromium\n0 passed, 1 failed\n`,
  );
  process.exitCode = 1;
}
