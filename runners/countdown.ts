/**
 * How long an experiment still waits: on a terminal a line that counts down, else one line for each wait.
 *
 * Rule 1. A countdown does not keep the process alive.
 */
import { type Experiment, msInWords } from '../machines/checks/index.js';
import type { Lines } from './output.js';

/** How often the line is written anew, in ms. */
const TICK_MS = 1_000;

export class Countdown {
  readonly #lines: Pick<Lines, 'err' | 'live'>;
  #timer: NodeJS.Timeout | undefined;

  constructor(lines: Pick<Lines, 'err' | 'live'>) {
    this.#lines = lines;
  }

  /** Starts to count so many ms down; `Infinity` for a wait that somebody else ends. */
  start(experiment: Experiment, ms: number): void {
    this.stop();
    const { err, live } = this.#lines;
    if (ms === Number.POSITIVE_INFINITY) {
      err(`${experiment}: the connection is held. Reload the proxy now, or stop the check.`);
      return;
    }
    if (live === undefined) {
      err(`${experiment}: up to ${msInWords(ms)} to go`);
      return;
    }
    const endsAt = performance.now() + ms;
    const tell = (): void => {
      const left = Math.ceil((endsAt - performance.now()) / 1000);
      live(`${experiment}: ${left > 0 ? `${left} s to go` : 'the last answers are due'}`);
    };
    tell();
    this.#timer = setInterval(tell, TICK_MS).unref();
  }

  /** Stops counting. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
