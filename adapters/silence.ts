/**
 * How long nobody has spoken on a connection: no byte has come, and no message was sent.
 *
 * Rule 1. Bytes count, not messages: a ping or a part of a message ends a silence too.
 * Rule 2. Each call costs one look at the time, or none: calls come with every message.
 * Rule 3. Times are whole ms: V8 keeps a small integer in its field, and a fraction in an object apart.
 */

/** The silence on one connection. */
export class Silence {
  /** When somebody last spoke, and when somebody did before that; in ms. */
  #at = wholeNow();
  #before = this.#at;

  /** Bytes have come. Nothing in them is told yet. */
  heard(): void {
    this.#before = this.#at;
    this.#at = wholeNow();
  }

  /** The bytes that came last hold a message. A Close frame behind it follows no silence. */
  heardMessage(): void {
    this.#before = this.#at;
  }

  /** A message goes out. */
  spoke(): void {
    this.#at = wholeNow();
  }

  /** Returns the silence until now, in ms. */
  untilNow(): number {
    return wholeNow() - this.#at;
  }

  /** Returns the silence until the bytes that came last, in ms. */
  untilHeard(): number {
    return this.#at - this.#before;
  }
}

function wholeNow(): number {
  return Math.round(performance.now());
}
