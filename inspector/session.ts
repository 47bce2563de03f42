/**
 * One session as it stands after some records.
 *
 * Rule 1. A view is never changed once it has been handed out: a step makes a new one.
 * Rule 2. What is said of rounds, messages and close codes is read from the facts and commands of
 *         `machines/`; a machine that has none of these has none of them here.
 * Rule 3. Whatever is kept by a key from outside has a bound, and takes any key, `__proto__` too.
 */
import { deadlineOf } from '../chart/names.js';
import { KEPT_DEADLINES, KEPT_HITS, KEPT_IGNORED } from './bounds.js';
import type { Json } from './preview.js';
import type { InspectorRecord, SessionStepped, Status, Told } from './records.js';
import { charsOf, counted, merged } from './room.js';

/** Round trips in ms, as in the summary of the command line. */
export interface Trips {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
}

/** A session as it stands. */
export interface SessionView {
  /** `<run>/<session>`. */
  key: string;
  run: string;
  session: string;
  name: string;
  /** The key of its machine. */
  machine: string;
  opened: number;
  /** When it last stepped. */
  updated: number;
  local: string;
  remote: string;
  /** Before it starts, ''. */
  state: string;
  status: Status | 'lost';
  context: { [key: string]: Json };
  steps: number;
  /** Messages given to the socket, and messages that came. */
  sent: number;
  received: number;
  /** Exchanges, where the context counts them. */
  rounds: number | null;
  last: Told | null;
  /** The transitions of the last step. */
  taken: string[];
  /** How often each transition was taken. */
  hits: { [transition: string]: number };
  /** How often a fact changed nothing, by state and type. */
  ignored: { [stateAndFact: string]: number };
  /** Facts that no transition was there for. */
  unhandled: number;
  /** When each deadline that is set will pass. */
  deadlines: { [name: string]: number };
  trips: Trips;
  /** When the message that is under way was sent. */
  sentAt: number | null;
  /** The close code that the peer sent, and the one that it was sent. */
  peerCode: number | null;
  ownCode: number | null;
  /** What went wrong, in one sentence with its code in front. */
  fault: string | null;
  /** About how many characters of JSON the view has. */
  chars: number;
}

/** The key of a session. */
export function keyOf({ run, session }: { run: string; session: string }): string {
  return `${run}/${session}`;
}

/** Whether a session is over. */
export function isOver({ status }: SessionView): boolean {
  return status !== 'active';
}

/** Whether a session has something that wants looking at. */
export function isProblem(view: SessionView): boolean {
  const { status, fault, unhandled, context } = view;
  const { mismatches } = context;
  const isMismatched = typeof mismatches === 'number' && mismatches > 0;
  return fault !== null || status === 'error' || status === 'lost' || unhandled > 0 || isMismatched;
}

/** A session that was made. */
export function opened(record: InspectorRecord & { kind: 'session' }): SessionView {
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

/** A session after one more step. */
export function stepped(
  before: SessionView,
  record: SessionStepped,
  silent: Set<string>,
): SessionView {
  const { fact, taken, emitted, ts, state, status } = record;
  const context = merged(before.context, record.context);
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
  noteIgnored(view, before.state, record, silent);
  noteFact(view, fact, ts);
  for (const one of emitted) noteEmitted(view, one, ts);
  const { error } = context;
  if (status === 'error') view.fault ??= wordsOf(error) || 'the machine failed';
  view.chars = charsOf(view);
  return view;
}

function hitsOf({ hits }: SessionView, taken: string[]): SessionView['hits'] {
  return taken.reduce((counts, id) => counted(counts, id, KEPT_HITS), hits);
}

function noteIgnored(
  view: SessionView,
  state: string,
  { fact, taken }: SessionStepped,
  silent: Set<string>,
): void {
  // What starts and stops an actor is not for its machine to handle.
  if (fact.type === 'xstate.init' || fact.type === 'xstate.stop') return;
  if (taken.length === 0) view.unhandled++;
  else if (!taken.every((id) => silent.has(id))) return;
  view.ignored = counted(view.ignored, `${state} ${fact.type}`, KEPT_IGNORED);
}

/** The server counts rounds, the client what it returned. */
function roundsOf({ round, returned }: { [key: string]: Json }): number | null {
  if (typeof round === 'number') return round;
  return typeof returned === 'number' ? returned : null;
}

function noteFact(view: SessionView, fact: Told, ts: number): void {
  if (fact.type === 'socket.received') {
    view.received++;
    endTrip(view, ts);
  }
  const { code } = fact;
  if (fact.type === 'socket.ended' && typeof code === 'number') view.peerCode = code;
}

/** A round trip goes from a message to the peer's next. */
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

function noteEmitted(view: SessionView, emitted: Told, ts: number): void {
  const { type, code, fault } = emitted;
  if (type === 'socket.send') {
    view.sent++;
    view.sentAt = ts;
  }
  if (type === 'socket.close' && typeof code === 'number') view.ownCode = code;
  if (type === 'session.faulted') view.fault = faultOf(fault);
}

function faultOf(fault: Json | undefined): string {
  const { code, message } = (fault ?? {}) as { code?: Json; message?: Json };
  return `${wordsOf(code)} ${wordsOf(message)}`;
}

/** The text of a preview, whole or cut; '' where it is of something else. */
export function wordsOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const { text } = (value ?? {}) as { text?: Json };
  return typeof text === 'string' ? `${text}…` : '';
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
