/** Round-trip times of one session, as `ping` sums them up. Memory does not grow with the rounds. */

/** Times in ms, rounded to the microsecond; all 0 before the first round trip. */
export interface RoundTripSummary {
  count: number;
  min: number;
  avg: number;
  max: number;
}

export class RoundTrips {
  #began = Number.NaN;
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** A message was given to the socket. */
  begin(now: number): void {
    this.#began = now;
  }

  /** The peer's next message has come. Without a message of ours before, nothing is counted. */
  end(now: number): void {
    if (Number.isNaN(this.#began)) return;
    const time = now - this.#began;
    this.#began = Number.NaN;
    this.#count++;
    this.#sum += time;
    this.#min = Math.min(this.#min, time);
    this.#max = Math.max(this.#max, time);
  }

  summary(): RoundTripSummary {
    if (this.#count === 0) return { count: 0, min: 0, avg: 0, max: 0 };
    const [min, avg, max] = [this.#min, this.#sum / this.#count, this.#max].map(
      (ms) => Math.round(ms * 1000) / 1000,
    ) as [number, number, number];
    return { count: this.#count, min, avg, max };
  }
}
