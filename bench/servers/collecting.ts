/**
 * A module that Node loads before the command line, so that the bench controls it like the other
 * servers. A line on stdin makes it collect garbage and answer on descriptor 3. It ends with stdin.
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
