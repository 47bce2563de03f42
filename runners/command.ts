/**
 * What a command and its frame say to each other. A command gives its work to the frame; the frame
 * gives the work the way out and the signal to stop, and makes the exit status.
 */
import type { Explanation } from '../machines/index.js';
import { explain } from './explain.js';
import type { Lines } from './output.js';
import type { Deadline, WayOut } from './wayOut.js';

/** A command's work: resolves with 0 after a graceful end, else with 1; may throw a `CommandError`. */
export type Work = (lines: Lines, stop: AbortSignal, wayOut: WayOut) => Promise<number>;

/** What SIGINT and SIGTERM do to a command. */
export type OnSignal =
  /** They end the work early, and the exit status says so. */
  | 'end early'
  /** They end the work as nothing else would: the exit status is the work's own. */
  | 'end as usual'
  /** The system ends the process. */
  | 'die';

/** Does a command's work, and exits with its status. After a signal the way out has the deadline. */
export type Perform = (work: Work, onSignal: OnSignal, deadline?: Deadline) => Promise<void>;

/** Why a command cannot do its work: the user can put it right. */
export class CommandError extends Error {
  /** Takes an explanation, or a sentence that was made of one. */
  constructor(reason: Explanation | string) {
    super(typeof reason === 'string' ? reason : explain(reason));
  }
}
