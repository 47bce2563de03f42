/**
 * Explanations: what was expected, what came, and what to do, as fields; and their one sentence.
 *
 * Rule 1. `sentenceOf` is the only maker of such sentences.
 * Rule 2. A remedy that a setting belongs to names it in `setting`, never in its text: a library has
 *         other names for settings than a command line.
 */

/** The settings that an explanation can point at, by their names in the library. */
export type Setting =
  | 'connectTimeout'
  | 'replyTimeout'
  | 'closeTimeout'
  | 'strictClose'
  | 'expect'
  | 'rounds'
  | 'message'
  | 'binary'
  | 'strict'
  | 'maxPayload'
  | 'maxRedirects'
  | 'proxy'
  | 'speak'
  | 'subprotocols'
  | 'headers'
  | 'origin'
  | 'ca'
  | 'cert'
  | 'maxSessions'
  | 'allowOrigins'
  | 'drainTimeout';

/** An error in parts. */
export interface Explanation {
  /** What should have come. */
  expected: string;
  /** What came instead. */
  came: string;
  /** What to do. */
  remedy: string;
  /** The setting that the remedy is about, where there is one. */
  setting?: Setting;
  /** A stable name of the cause that is finer than the code, such as `CERT_HAS_EXPIRED`. */
  detail?: string;
}

/** The sentence of an explanation; `nameOf` gives settings the names that the reader knows. */
export function sentenceOf(
  { expected, came, remedy, setting }: Explanation,
  nameOf: (setting: Setting) => string = String,
): string {
  const where = setting === undefined ? '' : ` (${nameOf(setting)})`;
  return `expected ${expected}, but ${came}: ${remedy}${where}`;
}

/** From this silence on, in ms, a cut looks like an idle timeout. Proxies count seconds, and roughly. */
const IDLE_MS = 900;

/** A silence below this, in ms, is not worth a word: it would round to 0.0 s. */
const SHORT_MS = 50;

/** Says how long nobody had spoken: ` after 1.0 s of silence`; '' for a short silence. */
export function afterSilence(ms: number): string {
  return ms < SHORT_MS ? '' : ` after ${(ms / 1000).toFixed(1)} s of silence`;
}

/** The hint at an idle timeout, at the end of a remedy; '' for a short silence. `ms` is the silence. */
export function looksIdle(ms: number): string {
  return ms < IDLE_MS ? '' : '; this looks like an idle timeout on the path';
}
