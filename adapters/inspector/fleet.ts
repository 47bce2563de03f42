/**
 * All sessions as they stand after some records: what the relay gives to a page that comes late, and
 * what the page shows, live or at any moment of a recording.
 *
 * Rule 1. It is a function of the records and nothing else: no clock, no randomness. So the state at
 *         any record can be found again.
 * Rule 2. It runs in Node and in the page: it imports nothing of either.
 * Rule 3. What it holds is never changed, only replaced: a copy of it costs little, and what looks the
 *         same is the same.
 * Rule 4. It is bounded: of the sessions that are over, the last `KEPT_ENDED` are kept.
 */
import { type Chart, isIgnored } from '../chart/model.js';
import type { Json } from './preview.js';
import type { InspectorRecord, SessionStepped, Status, Told } from './records.js';

/** How many sessions that are over are kept. */
export const KEPT_ENDED = 1_000;

/** How many kinds of facts that a session ignored are told apart. */
const KEPT_IGNORED = 50;

/** A process, as far as it has told. */
export interface RunView {
  run: string;
  name: string;
  pid: number;
  began: number;
  /** Whether it has said that it is over, or broke off. */
  status: 'active' | 'ended' | 'lost';
}

/** A machine; several runs may have the same. */
export interface MachineView {
  key: string;
  chart: Chart;
  definition: string;
}

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
}

/** A fleet as JSON. */
export interface FleetState {
  runs: RunView[];
  machines: MachineView[];
  sessions: SessionView[];
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

/** Runs, machines and sessions after the records that were applied. */
export class Fleet {
  readonly runs = new Map<string, RunView>();
  readonly machines = new Map<string, MachineView>();
  readonly sessions = new Map<string, SessionView>();
  /** Sessions that are over, the first to end first. */
  readonly #over = new Set<string>();
  readonly #silent = new Map<string, Set<string>>();

  /** Takes the next record. Returns the keys of sessions that are no longer kept. */
  apply(record: InspectorRecord): string[] {
    switch (record.kind) {
      case 'run': {
        const { run, name, pid, ts: began } = record;
        this.runs.set(run, { run, name, pid, began, status: 'active' });
        return [];
      }
      case 'machine': {
        const { machine: key, chart, definition } = record;
        if (!this.machines.has(key)) this.machines.set(key, { key, chart, definition });
        return [];
      }
      case 'session':
        this.sessions.set(keyOf(record), opened(record));
        return [];
      case 'connected': {
        const view = this.sessions.get(keyOf(record));
        const { local, remote } = record;
        if (view) this.sessions.set(view.key, { ...view, local, remote });
        return [];
      }
      case 'step': {
        const view = this.sessions.get(keyOf(record));
        if (view === undefined) return [];
        const next = stepped(view, record, this.#silentOf(view.machine));
        this.sessions.set(view.key, next);
        return isOver(next) ? this.#bury(view.key) : [];
      }
      case 'ended':
      case 'lost':
        return this.#end(record.run, record.kind);
    }
  }

  /** A copy that further records do not change. */
  clone(): Fleet {
    return Fleet.from(this.state());
  }

  /** All of it, as JSON. */
  state(): FleetState {
    const { runs, machines, sessions } = this;
    const valuesOf = <T>(map: Map<string, T>): T[] => [...map.values()];
    return { runs: valuesOf(runs), machines: valuesOf(machines), sessions: valuesOf(sessions) };
  }

  /** The fleet that `state` is of. */
  static from({ runs, machines, sessions }: FleetState): Fleet {
    const fleet = new Fleet();
    for (const run of runs) fleet.runs.set(run.run, run);
    for (const machine of machines) fleet.machines.set(machine.key, machine);
    for (const session of sessions) fleet.sessions.set(session.key, session);
    const over = sessions.filter(isOver).sort((a, b) => a.updated - b.updated);
    for (const { key } of over) fleet.#over.add(key);
    return fleet;
  }

  #end(run: string, how: 'ended' | 'lost'): string[] {
    const view = this.runs.get(run);
    if (view === undefined) return [];
    this.runs.set(run, { ...view, status: how });
    // Sessions that were not over when their process was will not be heard of again.
    const all = [...this.sessions.values()].filter((one) => one.run === run);
    if (all.length === 0) this.runs.delete(run);
    const left = all.filter((one) => !isOver(one));
    return left.flatMap((session) => {
      this.sessions.set(session.key, { ...session, status: 'lost', deadlines: {} });
      return this.#bury(session.key);
    });
  }

  #bury(key: string): string[] {
    this.#over.add(key);
    if (this.#over.size <= KEPT_ENDED) return [];
    const [first] = this.#over;
    if (first === undefined) return [];
    const run = this.sessions.get(first)?.run ?? '';
    this.#over.delete(first);
    this.sessions.delete(first);
    this.#forgetRun(run);
    return [first];
  }

  /** A process that is over, and has no session left to show. */
  #forgetRun(run: string): void {
    if (this.runs.get(run)?.status === 'active') return;
    for (const session of this.sessions.values()) if (session.run === run) return;
    this.runs.delete(run);
  }

  /** The transitions of a machine that change nothing. */
  #silentOf(machine: string): Set<string> {
    const known = this.#silent.get(machine);
    if (known !== undefined) return known;
    const transitions = this.machines.get(machine)?.chart.transitions ?? [];
    const silent = new Set(transitions.filter(isIgnored).map(({ id }) => id));
    this.#silent.set(machine, silent);
    return silent;
  }
}

function opened(record: InspectorRecord & { kind: 'session' }): SessionView {
  const { run, session, name, machine, ts } = record;
  return {
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
  };
}

/** A session after one more step. */
function stepped(before: SessionView, record: SessionStepped, silent: Set<string>): SessionView {
  const { fact, taken, emitted, ts, state, status } = record;
  const context = { ...before.context, ...record.context };
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
  if (status === 'error') view.fault ??= String(error ?? 'the machine failed');
  return view;
}

function hitsOf({ hits }: SessionView, taken: string[]): SessionView['hits'] {
  const more = { ...hits };
  for (const id of taken) more[id] = (more[id] ?? 0) + 1;
  return more;
}

function noteIgnored(
  view: SessionView,
  state: string,
  { fact, taken }: SessionStepped,
  silent: Set<string>,
): void {
  if (fact.type === 'xstate.init') return;
  if (taken.length === 0) view.unhandled++;
  else if (!taken.every((id) => silent.has(id))) return;
  const isKnown = `${state} ${fact.type}` in view.ignored;
  const isFull = Object.keys(view.ignored).length >= KEPT_IGNORED;
  const key = isKnown || !isFull ? `${state} ${fact.type}` : `${state} others`;
  view.ignored = { ...view.ignored, [key]: (view.ignored[key] ?? 0) + 1 };
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

/** Text that was cut is an object. */
function wordsOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const { text } = (value ?? {}) as { text?: Json };
  return typeof text === 'string' ? `${text}…` : '';
}

function deadlinesOf(before: SessionView, record: SessionStepped): SessionView['deadlines'] {
  const { armed, cancelled, fact, ts, status } = record;
  if (status !== 'active') return {};
  const deadlines = { ...before.deadlines };
  const passed = /^xstate\.after\.([^.]+)\./.exec(fact.type)?.[1];
  if (passed !== undefined) delete deadlines[passed];
  for (const name of cancelled) delete deadlines[name];
  for (const { name, ms } of armed) deadlines[name] = ts + ms;
  return deadlines;
}
