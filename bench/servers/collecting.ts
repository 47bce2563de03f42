/**
 * Loaded before the command line, so that the bench can talk to it as to every server here: it collects
 * garbage when it is asked to on stdin, says so on descriptor 3, and ends when stdin does.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin });
lines.on('line', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  writeSync(3, 'collected\n');
});
lines.on('close', () => process.exit(0));
