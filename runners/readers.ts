/**
 * Back-pressure from the readers of a run's output, which may be slow, or gone.
 *
 * Rule 1. Nothing is lost: while a reader is behind, each session that has written waits for it.
 * Rule 2. Memory is bounded: while more than `LIMIT_BYTES` waits, the server takes no new sessions, and
 *         each session waits before it writes more.
 * Rule 3. A session that has ended waits no more, and nothing here refers to it.
 */
import type { Writable } from 'node:stream';

/** The most output that may wait for the readers, in bytes. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** The bytes that a waiting session counts for: it also holds a socket, whose peer may have left unseen. */
const WAITING_BYTES = 2 * 1024;

/** A session that waits for the readers. */
export interface Waiting {
  /** Called once the readers are far behind: the session is to wait, and to call `await`. */
  wait(): void;
  /** Called once the readers have caught up. To wait again, call `await` again. */
  caughtUp(): void;
}

export class Readers {
  #streams: readonly Writable[];
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  /** All sessions of the run. */
  #sessions: Iterable<Waiting> = [];
  /** Whether all sessions were told to wait. */
  #areAllWaiting = false;

  constructor(streams: readonly Writable[], limit = LIMIT_BYTES) {
    this.#streams = streams;
    this.#limit = limit;
    for (const stream of streams) {
      stream.on('drain', () => this.#release());
      // Node's stdout never says that it is destroyed.
      for (const end of ['error', 'close']) stream.on(end, () => this.#forget(stream));
    }
  }

  /** Whether any reader is behind. */
  get areBehind(): boolean {
    return this.#streams.some(isBehind);
  }

  /** Whether more than `LIMIT_BYTES` waits: the server takes no new sessions then. */
  get areFarBehind(): boolean {
    return this.#waiting.size * WAITING_BYTES + this.unread > this.#limit;
  }

  /** The characters that the readers have not taken. */
  get unread(): number {
    return this.#streams.reduce((sum, stream) => sum + stream.writableLength, 0);
  }

  /** Resolves once all that was written before has been taken, or its reader is gone. */
  async written(): Promise<void> {
    const behind = this.#streams.filter((stream) => stream.writableLength > 0);
    await Promise.all(behind.map((stream) => new Promise((done) => stream.write('', done))));
    // A stream tells of its failure after it has called back.
    await new Promise(setImmediate);
  }

  /** Takes the sessions of the run, among which those that come and go are found. */
  serve(sessions: Iterable<Waiting>): void {
    this.#sessions = sessions;
  }

  /** Calls `caughtUp` of `waiting` once, when all readers have caught up. */
  await(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (this.#areAllWaiting || !this.areFarBehind) return;
    this.#areAllWaiting = true;
    for (const session of this.#sessions) session.wait();
  }

  /** Takes back `await`. */
  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  #forget(gone: Writable): void {
    this.#streams = this.#streams.filter((stream) => stream !== gone);
    this.#release();
  }

  #release(): void {
    if (this.areBehind) return;
    // A session may wait again inside `caughtUp`.
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#areAllWaiting = false;
    for (const session of waiting) session.caughtUp();
  }
}

function isBehind(stream: Writable): boolean {
  return stream.writableNeedDrain;
}
