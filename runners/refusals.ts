/**
 * The log of requests that a server turned away: a line each on stderr, and an object in JSON.
 *
 * Rule 1. A scan does not flood the log: in `PERIOD_MS` it has `MOST` requests of each kind, and then
 *         the number of the others. While readers are far behind, it has one of each kind.
 * Rule 2. Each request is counted, up to the end of the run, however the process exits.
 * Rule 3. A quiet log has the objects in JSON alone.
 */

import type { FlawCode, Refusal } from '../adapters/listen.js';
import { quote } from '../machines/index.js';
import { explain } from './explain.js';
import type { Lines } from './output.js';
import type { Reporting } from './report.js';

const PERIOD_MS = 10_000;
const MOST = 5;

export class RefusalLog {
  readonly #reporting: Reporting;
  readonly #lines: Lines;
  /** How many of each kind the log has in this period, and how many were left out. */
  readonly #told = new Map<FlawCode, number>();
  readonly #leftOut = new Map<FlawCode, number>();
  #period: NodeJS.Timeout | undefined;
  readonly #onExit = (): void => this.close();

  constructor(reporting: Reporting, lines: Lines) {
    this.#reporting = reporting;
    this.#lines = lines;
    process.on('exit', this.#onExit);
  }

  add(refusal: Refusal): void {
    if (this.#reporting.quiet && !this.#reporting.json) return;
    const { code } = refusal;
    const told = this.#told.get(code) ?? 0;
    if (told < (this.#lines.readers.areFarBehind ? 1 : MOST)) {
      this.#told.set(code, told + 1);
      this.#tell(refusal);
    } else this.#leftOut.set(code, (this.#leftOut.get(code) ?? 0) + 1);
    this.#period ??= setTimeout(() => this.#next(), PERIOD_MS).unref();
  }

  /** Ends the log. */
  close(): void {
    process.off('exit', this.#onExit);
    this.#endPeriod();
  }

  /** Writes how many were left out; the next refusal begins a new period. */
  #endPeriod(): void {
    clearTimeout(this.#period);
    this.#period = undefined;
    this.#told.clear();
    if (this.#leftOut.size > 0) this.#tellRest();
    this.#leftOut.clear();
  }

  #next(): void {
    if (this.#lines.readers.areFarBehind) this.#period?.refresh();
    else this.#endPeriod();
  }

  #tell(refusal: Refusal): void {
    const { code, status, peer, method, path, host, origin, forwardedFor } = refusal;
    const message = explain(refusal);
    const who = [
      `${method === undefined ? '' : `${method} `}${path === undefined ? '' : `${quote(path)} `}from ${peer}`,
      ...named('Host', host),
      ...named('Origin', origin),
      ...named('X-Forwarded-For', forwardedFor),
    ];
    this.#say(`Turned away with ${status}: ${message} (${who.join(', ')})`);
    const visitor = { peer, method, path, host, origin, forwardedFor };
    this.#json({ type: 'request.turnedAway', ...visitor, status, code, message });
  }

  #tellRest(): void {
    const count = [...this.#leftOut.values()].reduce((sum, one) => sum + one, 0);
    const kinds = [...this.#leftOut].map(([code, number]) => `${number} × ${code}`);
    this.#say(`Turned away ${count} more like these: ${kinds.join(', ')}`);
    this.#json({ type: 'requests.turnedAway', count, codes: Object.fromEntries(this.#leftOut) });
  }

  #say(line: string): void {
    if (!this.#reporting.quiet) this.#lines.err(line);
  }

  #json(object: object): void {
    if (!this.#reporting.json) return;
    this.#lines.json({ time: new Date().toISOString(), ...object });
  }
}

function named(header: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${header} ${quote(value)}`];
}
