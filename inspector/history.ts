/**
 * The last records of each session, as JSON, for a page that comes late.
 *
 * Rule 1. All records together have at most `HISTORY_CHARS` characters. Beyond that, the sessions give up their
 *         older half in turn. So a busy session does not push out the records of a quiet one.
 */

/** The most characters that are kept. */
export const HISTORY_CHARS = 16 * 1024 * 1024;

/** The most records that are kept of one session. */
export const HISTORY_RECORDS = 200;

/** Keeps the last records of each session. */
export class History {
  readonly #limit: number;
  readonly #lines = new Map<string, string[]>();
  #size = 0;

  constructor(limit = HISTORY_CHARS) {
    this.#limit = limit;
  }

  /** How many characters are kept. */
  get size(): number {
    return this.#size;
  }

  add(key: string, line: string): void {
    let lines = this.#lines.get(key);
    if (lines === undefined) {
      lines = [];
      this.#lines.set(key, lines);
    }
    lines.push(line);
    this.#size += line.length;
    // Dropping half at a time is cheaper than one line for each new one.
    if (lines.length > HISTORY_RECORDS) this.#cut(lines, lines.length - HISTORY_RECORDS / 2);
    while (this.#size > this.#limit) this.#yield();
  }

  /** Forgets a session. */
  drop(key: string): void {
    const lines = this.#lines.get(key);
    if (lines) this.#cut(lines, lines.length);
    this.#lines.delete(key);
  }

  /** All kept lines, session by session, each session in order. */
  *lines(): Generator<string> {
    for (const lines of this.#lines.values()) yield* lines;
  }

  /** The session that yielded the longest ago gives up its older half. */
  #yield(): void {
    const [first] = this.#lines;
    if (first === undefined) return;
    const [key, lines] = first;
    this.#cut(lines, Math.ceil(lines.length / 2));
    this.#lines.delete(key);
    if (lines.length > 0) this.#lines.set(key, lines);
  }

  #cut(lines: string[], count: number): void {
    for (const line of lines.splice(0, count)) this.#size -= line.length;
  }
}
