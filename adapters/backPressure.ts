/**
 * Back-pressure: when a session's `ws` socket is read, and when reading pauses.
 *
 * Rule 1. While more than 1 MiB waits in front of a message, reading pauses. A single larger message
 *         is written while reading goes on. So memory is bounded.
 * Rule 2. While a caller holds the session, reading pauses too.
 * Rule 3. A closing session reads, whatever waits: only then can it see the end.
 */
import type { WebSocket } from 'ws';

/** Bytes waiting to be written above which reading pauses. */
export const HIGH_WATER_MARK = 1024 * 1024;

/** The back-pressure of one socket. A binding makes it when it is needed first: for few sessions ever. */
export class BackPressure {
  readonly #ws: WebSocket;
  /** Holds that callers have not released. */
  #holds = 0;
  #isClosing = false;
  isPaused = false;

  constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** Adds a hold, or releases one. */
  hold(change: 1 | -1): void {
    this.#holds += change;
    this.adjust();
  }

  /** The session closes: reading goes on until the end. */
  close(): void {
    this.#isClosing = true;
    this.adjust();
  }

  /** Pauses or resumes reading, as the holds and the bytes waiting to be written demand. */
  adjust(): void {
    const isFull = this.#ws.bufferedAmount > HIGH_WATER_MARK || this.#holds > 0;
    if (isFull && !this.#isClosing) {
      this.isPaused = true;
      this.#ws.pause();
    } else if (this.isPaused) {
      this.isPaused = false;
      this.#ws.resume();
    }
  }
}
