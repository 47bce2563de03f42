/**
 * The size of a session's view, and how its parts stay within bounds.
 *
 * Rule 1. No object with keys from outside grows without a bound.
 * Rule 2. A key may be any text, `__proto__` too. So objects are made by spreading, never by assignment.
 */
import { CONTEXT_CHARS, MORE } from './bounds.js';
import type { SessionView } from './sessionView.js';

/** The characters of a view without any text from outside. */
const VIEW_CHARS = 700;

/** A view without its details, for want of room: its state, its counts and the start of its fault. */
export function trimmed(view: SessionView): SessionView {
  const { type } = view.last ?? { type: '' };
  const next: SessionView = {
    ...view,
    state: view.state.slice(0, TRIMMED_CHARS),
    context: { [MORE]: MORE },
    last: { type: type.slice(0, TRIMMED_CHARS) },
    taken: [],
    hits: {},
    ignored: {},
    deadlines: {},
    fault: view.fault?.slice(0, TRIMMED_CHARS) ?? null,
  };
  next.chars = charsOf(next);
  return next;
}

const TRIMMED_CHARS = 200;

/** The approximate characters of a view as JSON. */
export function charsOf(view: SessionView): number {
  const { key, run, session, name, machine, local, remote, state } = view;
  const { context, last, taken, hits, ignored, deadlines, fault } = view;
  const texts = [key, run, session, name, machine, local, remote, state];
  const names = texts.reduce((sum, { length }) => sum + length, 0);
  const rest = JSON.stringify([context, last, taken, hits, ignored, deadlines, fault]);
  return VIEW_CHARS + names + rest.length;
}

/** The context after changes. Where the whole is too long, the changes alone. */
export function mergedContext(
  before: SessionView['context'],
  changes: SessionView['context'],
): SessionView['context'] {
  if (Object.keys(changes).length === 0) return before;
  for (const context of [
    { ...before, ...changes },
    { [MORE]: MORE, ...changes },
  ]) {
    if (JSON.stringify(context).length <= CONTEXT_CHARS) return context;
  }
  return { [MORE]: MORE };
}

/** The key for all keys beyond the bound. */
const OTHERS = `${MORE} others`;

/** The counts with one more for a key. All keys beyond the bound share one count. */
export function countedUp(
  counts: { [key: string]: number },
  key: string,
  most: number,
): { [key: string]: number } {
  const isKept = Object.hasOwn(counts, key) || Object.keys(counts).length < most;
  const name = isKept ? key : OTHERS;
  const before = Object.hasOwn(counts, name) ? (counts[name] as number) : 0;
  return { ...counts, [name]: before + 1 };
}
