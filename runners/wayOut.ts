/**
 * The way out of the process: what still has to be done once the work is over, and its deadline.
 *
 * Rule 1. The process exits once the work is over and the output is written. Sockets that a peer keeps
 *         open, and timers, do not hold it.
 * Rule 2. After a signal the way out has a deadline: `ms` after the signal, and `LAST_MS` after the work
 *         at the earliest. Output that is unread by then is lost, and a line says so.
 * Rule 3. Without a signal the process waits for the readers of its output, as long as they take.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from '../machines/index.js';
import { explain } from './explain.js';
import { fatalLine, type Lines } from './output.js';
import { aborted } from './signals.js';

/** How long the way out may take after a signal, where no option says otherwise, in ms. */
export const DRAIN_TIMEOUT = 5_000;

/** How long the way out may take in any case, in ms: sessions that were cut at the deadline still tell. */
const LAST_MS = 100;

/** The deadline of the way out, and the setting that it comes from. */
export interface Deadline {
  ms: number;
  setting?: Setting;
}

export class WayOut {
  readonly #stop: AbortSignal;
  readonly #deadline: Deadline;
  #stoppedAt: number;

  constructor(stop: AbortSignal, deadline: Deadline = { ms: DRAIN_TIMEOUT }) {
    this.#stop = stop;
    this.#deadline = deadline;
    this.#stoppedAt = performance.now();
    stop.addEventListener('abort', () => {
      this.#stoppedAt = performance.now();
    });
  }

  /** Waits for a step of the way out; after the deadline the step is left as it is. */
  async take(step: Promise<unknown>): Promise<void> {
    const isOver = new AbortController();
    await Promise.race([step, this.#late(isOver.signal)]);
    isOver.abort();
  }

  /** Waits for the readers of the output. Returns whether they have taken all of it. */
  async write({ err, readers }: Lines): Promise<boolean> {
    await this.take(readers.written());
    const { unread } = readers;
    if (unread === 0) return true;
    const { ms, setting } = this.#deadline;
    const reason = explain({
      expected: `the output to be read within ${ms} ms of the signal`,
      came: `${unread} characters of it were not and are lost`,
      remedy: setting ? 'have its reader read on, or wait longer' : 'have its reader read on',
      ...(setting && { setting }),
    });
    err(fatalLine(reason));
    return false;
  }

  async #late(isOver: AbortSignal): Promise<void> {
    await aborted(this.#stop);
    const left = this.#stoppedAt + this.#deadline.ms - performance.now();
    // Rejects where the step was faster: nobody waits any more.
    await sleep(Math.max(left, LAST_MS), undefined, { signal: isOver }).catch(() => {});
  }
}
