/**
 * Counts the frames of messages, from the bytes of a connection: ws tells messages alone.
 *
 * Rule 1. Only headers of frames are read (RFC 6455, 5.2). Payloads are skipped.
 * Rule 2. Bytes are counted before ws reads them. So a count is there when its message is told.
 */

/** The bits of the first two bytes of a frame. */
const FIN = 0x80;
const OPCODE = 0x0f;
const MASK = 0x80;
const LENGTH = 0x7f;
/** From this opcode on, a frame is a control frame. */
const FIRST_CONTROL = 8;

export class FrameCount {
  /** The frames of whole messages that ws has not told yet. */
  readonly #counts: number[] = [];
  #frames = 0;
  /** The bytes of a header that has come in part. */
  #head: number[] = [];
  /** The bytes of a payload that are still to come. */
  #left = 0;

  /** Takes bytes as they come. */
  feed(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else {
        this.#head.push(chunk[at++] as number);
        this.#readHead();
      }
    }
  }

  /** Returns the number of frames of the next message. */
  next(): number {
    return this.#counts.shift() ?? 1;
  }

  #readHead(): void {
    const [first = 0, second = 0] = this.#head;
    if (this.#head.length < 2) return;
    const short = second & LENGTH;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const size = 2 + extended + (second & MASK ? 4 : 0);
    if (this.#head.length < size) return;
    this.#left = extended === 0 ? short : this.#head.slice(2, 2 + extended).reduce(joined, 0);
    this.#head = [];
    if ((first & OPCODE) >= FIRST_CONTROL) return;
    this.#frames++;
    if ((first & FIN) === 0) return;
    this.#counts.push(this.#frames);
    this.#frames = 0;
  }
}

function joined(sum: number, byte: number): number {
  return sum * 256 + byte;
}
