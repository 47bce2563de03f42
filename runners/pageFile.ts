/**
 * The file that a page is written to.
 *
 * Rule 1. A file that cannot be written is told before the work: a check takes a while.
 */
import { writeFileSync } from 'node:fs';
import { CommandError } from './command.js';
import { reasonOf, shownPath } from './explain.js';

/** Returns what writes the page. Throws a `CommandError` where the file cannot be written. */
export function pageWriter(file: string): (page: string) => void {
  const write = (page: string): void => {
    try {
      writeFileSync(file, page);
    } catch (error) {
      throw new CommandError({
        expected: `to write the report to ${shownPath(file)}`,
        came: `could not (${reasonOf(error)})`,
        remedy: 'name a file that can be written',
      });
    }
  };
  write('');
  return write;
}
