/**
 * How much room the view of a session takes, and what it gives up where there is too little.
 *
 * Rule 1. Nothing that is kept by a key from outside grows without a bound.
 * Rule 2. A key may be any text, `__proto__` too: objects are made by spreading, never by assignment.
 */
import { CONTEXT_CHARS, MORE } from './bounds.js';
import type { SessionView } from './session.js';

/** A view without any text from outside. */
const VIEW_CHARS = 700;

/** A session that keeps no more than how it stands: there is no room for the rest. */
export function bare(view: SessionView): SessionView {
  const { type } = view.last ?? { type: '' };
  const next: SessionView = {
    ...view,
    state: view.state.slice(0, BARE_CHARS),
    context: { [MORE]: MORE },
    last: { type: type.slice(0, BARE_CHARS) },
    taken: [],
    hits: {},
    ignored: {},
    deadlines: {},
    fault: view.fault?.slice(0, BARE_CHARS) ?? null,
  };
  next.chars = charsOf(next);
  return next;
}

const BARE_CHARS = 200;

/** About how many characters of JSON a view has. */
export function charsOf(view: SessionView): number {
  const { run, session, name, machine, state, context, last, taken, hits, ignored, fault } = view;
  const { deadlines } = view;
  const names = run.length + session.length + name.length + machine.length + state.length;
  const rest = JSON.stringify([context, last, taken, hits, ignored, deadlines, fault]);
  return VIEW_CHARS + names + rest.length;
}

/** The context after a change; where that is too much, what changed last. */
export function merged(
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

/** Counts in which all keys beyond the bound are one. */
const OTHERS = `${MORE} others`;

/** The counts with one more of a key, or of the others where there are too many keys. */
export function counted(
  counts: { [key: string]: number },
  key: string,
  most: number,
): { [key: string]: number } {
  const isKept = Object.hasOwn(counts, key) || Object.keys(counts).length < most;
  const name = isKept ? key : OTHERS;
  const before = Object.hasOwn(counts, name) ? (counts[name] as number) : 0;
  return { ...counts, [name]: before + 1 };
}
