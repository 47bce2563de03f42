/**
 * The readers of a run's output, who may be slow, or gone.
 *
 * Rule 1. Nothing is lost: while a reader is behind, the sessions that write on wait for it.
 * Rule 2. Memory is bounded: beyond `LIMIT_BYTES` the output is full, and there are no new sessions.
 * Rule 3. A session that has ended waits no more, and nothing here refers to it.
 */
import type { Writable } from 'node:stream';

/** The most that may wait for the readers, in bytes. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** What a session that waits counts for: its peer may have left, which nobody sees before it reads. */
const WAITING_BYTES = 2 * 1024;

/** Who waits for the readers. */
export interface Waiting {
  /** They have caught up; it has to say so if it waits again. */
  caughtUp(): void;
}

export class Readers {
  #streams: readonly Writable[];
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();

  constructor(streams: readonly Writable[], limit = LIMIT_BYTES) {
    this.#streams = streams;
    this.#limit = limit;
    for (const stream of streams) {
      stream.on('drain', () => this.#release());
      // Node's stdout never says that it is destroyed.
      for (const end of ['error', 'close']) stream.on(end, () => this.#forget(stream));
    }
  }

  /** Whether a reader is behind. */
  get areBehind(): boolean {
    return this.#streams.some(isBehind);
  }

  /** Whether so much waits for them that there should be no new sessions. */
  get areFarBehind(): boolean {
    let bytes = this.#waiting.size * WAITING_BYTES;
    for (const stream of this.#streams) bytes += stream.writableLength;
    return bytes > this.#limit;
  }

  /** Has it told once they have caught up. */
  await(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  /** Has it not told any more. */
  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  #forget(gone: Writable): void {
    this.#streams = this.#streams.filter((stream) => stream !== gone);
    this.#release();
  }

  #release(): void {
    if (this.areBehind) return;
    // One that is told may wait again at once.
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) one.caughtUp();
  }
}

function isBehind(stream: Writable): boolean {
  return stream.writableNeedDrain;
}
