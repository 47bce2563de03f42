/**
 * The meaning of SIGINT and SIGTERM: the first asks to end in order, a later one to end at once.
 *
 * Rule 1. A second signal soon after the first is the same one: `timeout` signals its child and then
 *         the child's whole group, and a terminal signals npm, which passes the signal on.
 */
import { once } from 'node:events';

/** How long after the first signal another one counts as the same, in ms. */
const SAME_SIGNAL_MS = 200;

/** The meaning of a signal at `now`, where the first came at `first`; both in ms. */
export function askedFor(
  now: number,
  first: number | undefined,
): 'end' | 'end at once' | 'nothing' {
  if (first === undefined) return 'end';
  return now - first < SAME_SIGNAL_MS ? 'nothing' : 'end at once';
}

/** Resolves when the signal has been given. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
