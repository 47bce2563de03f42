/**
 * The steps of a session's view: the view of a new session, and the next view after each record.
 *
 * Rule 1. Rounds, messages and close codes come from the facts and commands of `machines/`. Another machine has
 *         none of them.
 * Rule 2. Each object with keys from outside has a bound, and takes any key, `__proto__` too.
 */
import { deadlineOf } from '../chart/names.js';
import { KEPT_DEADLINES, KEPT_HITS, KEPT_IGNORED } from './bounds.js';
import type { Json } from './preview.js';
import type { EventPreview, InspectorRecord, SessionConnected, SessionStepped } from './records.js';
import { keyOf, previewText, type SessionView } from './sessionView.js';
import { charsOf, countedUp, mergedContext } from './viewSize.js';

/** The view of a new session. */
export function openedView(record: InspectorRecord & { kind: 'session' }): SessionView {
  const { run, session, name, machine, ts } = record;
  const view: SessionView = {
    key: keyOf(record),
    run,
    session,
    name,
    machine,
    opened: ts,
    updated: ts,
    local: '',
    remote: '',
    state: '',
    status: 'active',
    context: {},
    steps: 0,
    sent: 0,
    received: 0,
    rounds: null,
    last: null,
    taken: [],
    hits: {},
    ignored: {},
    unhandled: 0,
    deadlines: {},
    trips: { count: 0, sum: 0, min: Number.MAX_VALUE, max: 0, last: 0 },
    sentAt: null,
    peerCode: null,
    ownCode: null,
    fault: null,
    chars: 0,
  };
  return { ...view, chars: charsOf(view) };
}

/** The view with the addresses of its socket. */
export function connectedView(
  before: SessionView,
  { local, remote }: SessionConnected,
): SessionView {
  const view: SessionView = { ...before, local, remote };
  view.chars = charsOf(view);
  return view;
}

/** The view after one more step. `ignored` has the ids of transitions that change nothing. */
export function steppedView(
  before: SessionView,
  record: SessionStepped,
  ignored: Set<string>,
): SessionView {
  const { fact, taken, emitted, ts, state, status } = record;
  const context = mergedContext(before.context, record.context);
  const view: SessionView = {
    ...before,
    updated: ts,
    state,
    status,
    steps: before.steps + 1,
    last: fact,
    taken,
    hits: hitsOf(before, taken),
    context,
    rounds: roundsOf(context),
    deadlines: deadlinesOf(before, record),
  };
  noteIgnored(view, before.state, record, ignored);
  noteFact(view, fact, ts);
  for (const one of emitted) noteEmitted(view, one, ts);
  const { error } = context;
  if (status === 'error') view.fault ??= previewText(error) || 'the machine failed';
  view.chars = charsOf(view);
  return view;
}

function hitsOf({ hits }: SessionView, taken: string[]): SessionView['hits'] {
  return taken.reduce((counts, id) => countedUp(counts, id, KEPT_HITS), hits);
}

function noteIgnored(
  view: SessionView,
  state: string,
  { fact, taken }: SessionStepped,
  ignored: Set<string>,
): void {
  // XState's own events for start and stop need no transition.
  if (fact.type === 'xstate.init' || fact.type === 'xstate.stop') return;
  if (taken.length === 0) view.unhandled++;
  else if (!taken.every((id) => ignored.has(id))) return;
  view.ignored = countedUp(view.ignored, `${state} ${fact.type}`, KEPT_IGNORED);
}

/** The exchanges: a server counts rounds, a client the messages it returned. */
function roundsOf({ round, returned }: { [key: string]: Json }): number | null {
  if (typeof round === 'number') return round;
  return typeof returned === 'number' ? returned : null;
}

function noteFact(view: SessionView, fact: EventPreview, ts: number): void {
  if (fact.type === 'socket.received') {
    view.received++;
    endTrip(view, ts);
  }
  const { code } = fact;
  if (fact.type === 'socket.ended' && typeof code === 'number') view.peerCode = code;
}

/** Ends a round trip, which goes from a message to the peer's next message. */
function endTrip(view: SessionView, ts: number): void {
  if (view.sentAt === null) return;
  const time = Math.max(0, ts - view.sentAt);
  const { count, sum, min, max } = view.trips;
  view.trips = {
    count: count + 1,
    sum: sum + time,
    min: Math.min(min, time),
    max: Math.max(max, time),
    last: time,
  };
  view.sentAt = null;
}

function noteEmitted(view: SessionView, emitted: EventPreview, ts: number): void {
  const { type, code, fault } = emitted;
  if (type === 'socket.send') {
    view.sent++;
    view.sentAt = ts;
  }
  if (type === 'socket.close' && typeof code === 'number') view.ownCode = code;
  if (type === 'session.faulted' || type === 'opening.faulted') view.fault = faultOf(fault);
}

function faultOf(fault: Json | undefined): string {
  const { code, message } = (fault ?? {}) as { code?: Json; message?: Json };
  return `${previewText(code)} ${previewText(message)}`;
}

function deadlinesOf(before: SessionView, record: SessionStepped): SessionView['deadlines'] {
  const { armed, cancelled, fact, ts, status } = record;
  if (status !== 'active') return {};
  const deadlines = new Map(Object.entries(before.deadlines));
  const passed = deadlineOf(fact.type);
  if (passed !== undefined) deadlines.delete(passed);
  for (const name of cancelled) deadlines.delete(name);
  for (const { name, ms } of armed) {
    if (deadlines.size < KEPT_DEADLINES || deadlines.has(name)) deadlines.set(name, ts + ms);
  }
  return Object.fromEntries(deadlines);
}
