/**
 * Fast paths: for each choice that is used often, code that does what the table says.
 *
 * Rule 1. Making code takes as long as some hundred events by the table. A choice gets a fast path
 *         after a number of uses.
 * Rule 2. A choice without a fast path is the table's: see transitionTable.ts and logic.ts.
 */
import { MOST_EVENTLESS, writeFastPath, writeInitialFastPath } from './fastPathWriter.js';
import type { FastPath, TableRow } from './terms.js';
import type { TransitionTable } from './transitionTable.js';

/** Fast paths do not count microsteps. A machine that allows fewer than this is the table's. */
const FEWEST_ITERATIONS = 2 * MOST_EVENTLESS;

export class FastPaths {
  readonly #table: TransitionTable;
  /** The number of uses before a fast path is made; infinite for none at all. */
  readonly #threshold: number;
  #starts = 0;
  #initial: FastPath | null | undefined = undefined;

  constructor(table: TransitionTable, threshold: number) {
    const { maxIterations = Number.POSITIVE_INFINITY } = table.machine.options;
    this.#table = table;
    this.#threshold = maxIterations > FEWEST_ITERATIONS ? threshold : Number.POSITIVE_INFINITY;
  }

  /** The fast path for an event type in a row; null if the table has to take the event. */
  of(row: TableRow, type: string): FastPath | null {
    if (type === row.lastFastType) return row.lastFastPath;
    const choice = this.#table.choiceOf(row, type);
    if (choice === null) return null;
    if (choice.fastPath === undefined) {
      if (choice.uses++ < this.#threshold) return null;
      choice.fastPath = writeFastPath(this.#table, row, choice);
    }
    row.lastFastType = type;
    // xstate.init is ignored; an unhandled xstate.error.actor.* fails the machine. The table does so.
    const isOrdinary = type !== 'xstate.init' && !type.startsWith('xstate.error.actor');
    row.lastFastPath = isOrdinary ? choice.fastPath : null;
    return row.lastFastPath;
  }

  /** The fast path into the initial states; null if the table has to enter them. */
  initial(): FastPath | null {
    if (this.#initial === undefined) {
      if (this.#starts++ < this.#threshold) return null;
      this.#initial = writeInitialFastPath(this.#table);
    }
    return this.#initial;
  }
}
