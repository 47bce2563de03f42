/** What a run measures of a session: round trips, the time to the first message, pings. */
import type { PingsOutput } from '../machines/index.js';
import { RoundTrips } from './roundTrips.js';
import type { Measured } from './summary.js';

/** The measures of one session. */
export class Measures {
  readonly #roundTrips = new RoundTrips();
  /** When this end dialled, and how long after that the first message came, in ms. */
  #dialled: number | undefined = undefined;
  #firstMessage: number | undefined = undefined;
  pings: PingsOutput | undefined = undefined;

  /** The opening begins. */
  dialled(): void {
    this.#dialled = performance.now();
  }

  /** A message was given to the socket: a round trip goes from it to the peer's next. */
  sent(): void {
    this.#roundTrips.begin(performance.now());
  }

  /** A message of the peer has come. */
  heard(): void {
    const now = performance.now();
    this.#roundTrips.end(now);
    if (this.#dialled === undefined || this.#firstMessage !== undefined) return;
    this.#firstMessage = Math.round((now - this.#dialled) * 1000) / 1000;
  }

  get measured(): Measured {
    const roundTrip = this.#roundTrips.summary();
    return { roundTrip, firstMessage: this.#firstMessage, pings: this.pings };
  }
}
