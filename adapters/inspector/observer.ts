/**
 * Turns what XState tells its inspection observers into records, one a step of a session.
 *
 * Rule 1. Everything is read and cut while XState tells it: later it may have changed.
 * Rule 2. XState tells a step in pieces, which end with the snapshot. An event is told when it is sent,
 *         even in the middle of another step; so a step's fact is that of its snapshot.
 * Rule 3. A step that throws has no end that XState tells: it is looked for once the event was handled.
 * Rule 4. It never throws: a session must not end because it is looked at.
 * Rule 5. What XState keeps to itself, the transitions of a microstep, is read here and nowhere else
 *         (5.33; a test pins it).
 */
import { createHash } from 'node:crypto';
import type {
  AnyEventObject,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
} from 'xstate';
import { chartOf, transitionId } from '../chart/model.js';
import { type Json, newBudget, preview } from './preview.js';
import type { Armed, InspectorRecord, RunBegan, Status, Told } from './records.js';

/** The most characters of a machine's config as JSON; a larger one is only named. */
const DEFINITION_LIMIT = 128 * 1024;

/** A record without what every record has. */
type Unnumbered<R> = R extends InspectorRecord
  ? Omit<R, 'seq' | 'ts' | 'run'> & { ts?: number }
  : never;

/** A step as far as it has been told. */
interface Pending {
  /** When its event was sent; 0 before, and where that was in the middle of another step. */
  began: number;
  taken: string[];
  emitted: Told[];
  armed: Armed[];
  cancelled: string[];
}

interface Watched extends Pending {
  id: string;
  actor: Inspected;
  context: Record<string, unknown>;
}

/** An actor as far as it is read. */
interface Inspected {
  sessionId: string;
  id: string;
  logic: unknown;
  getSnapshot(): unknown;
}

/** Milliseconds since 1970, to the microsecond: the clocks of two processes can be compared. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

/** Takes a record, and the same as JSON. */
type Write = (record: InspectorRecord, line: string) => void;

/** Tells about the sessions of one process. */
export class Observer {
  readonly #run: string;
  readonly #write: Write;
  readonly #watched = new Map<string, Watched>();
  readonly #onTrouble: (message: string) => void;
  readonly #names = new WeakMap<AnyStateMachine, string>();
  readonly #told = new Set<string>();
  /** Sessions whose events have not led to a snapshot yet. */
  readonly #unsettled = new Map<Watched, AnyEventObject>();
  readonly #ids = new WeakMap<AnyTransitionDefinition, string>();
  #seq = 0;

  /**
   * `run` tells this process from others; `name` says what it runs. `onTrouble` is told of a session
   * that cannot be read, and is then not shown any more.
   */
  constructor(
    { run, name, pid }: Pick<RunBegan, 'run' | 'name' | 'pid'>,
    write: Write,
    onTrouble: (message: string) => void,
  ) {
    this.#run = run;
    this.#write = write;
    this.#onTrouble = onTrouble;
    this.#tell({ kind: 'run', name, pid });
  }

  /** An XState inspection observer: give it to every actor that is to be seen. */
  readonly inspect = (inspected: InspectionEvent): void => {
    const actor = inspected.actorRef as unknown as Inspected;
    try {
      this.#inspect(actor, inspected);
    } catch (error) {
      this.#watched.delete(actor.sessionId);
      const reason = error instanceof Error ? error.message : String(error);
      this.#onTrouble(
        `expected to read what ${actor.id} does, but could not (${reason}): it is shown no further, and goes on`,
      );
    }
  };

  #inspect(actor: Inspected, inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.actor') {
      this.#open(actor);
      return;
    }
    const watched = this.#watched.get(actor.sessionId);
    if (watched === undefined) return;
    if (inspected.type === '@xstate.event') this.#begin(watched, inspected.event);
    if (inspected.type === '@xstate.microstep') this.#take(watched, inspected);
    if (inspected.type === '@xstate.action') addAction(watched, inspected.action);
    if (inspected.type === '@xstate.snapshot') {
      this.#step(watched, inspected.event, inspected.snapshot as unknown as Shot);
    }
  }

  /** The addresses of the socket of a session that is inspected are known. */
  connected(actor: object, local: string, remote: string): void {
    const { sessionId: session } = actor as Inspected;
    this.#tell({ kind: 'connected', session, local, remote });
  }

  /** Nothing more will be told. */
  end(): void {
    this.#settle();
    this.#tell({ kind: 'ended' });
  }

  #open(actor: Inspected): void {
    if (!isMachine(actor.logic)) {
      if (isCompiled(actor.logic)) this.#onTrouble(`${NO_STEPS}: ${actor.id} is not shown`);
      return;
    }
    const { sessionId: session, id: name, logic } = actor;
    this.#watched.set(session, { id: session, actor, context: {}, ...nothing() });
    this.#tell({ kind: 'session', session, name, machine: this.#machineOf(logic) });
  }

  /** The name of a machine; what it is was told before. */
  #machineOf(machine: AnyStateMachine): string {
    const known = this.#names.get(machine);
    if (known !== undefined) return known;
    const chart = chartOf(machine);
    const definition = definitionOf(machine);
    const hash = createHash('sha256').update(JSON.stringify(chart)).update(definition);
    const name = `${machine.id}@${hash.digest('hex').slice(0, 16)}`;
    this.#names.set(machine, name);
    // A machine that is made anew for each session is the same machine.
    if (this.#told.has(name)) return name;
    this.#told.add(name);
    this.#tell({ kind: 'machine', machine: name, chart, definition });
    return name;
  }

  #begin(watched: Watched, event: AnyEventObject): void {
    if (watched.began === 0) watched.began = now();
    if (this.#unsettled.size === 0) queueMicrotask(() => this.#settle());
    this.#unsettled.set(watched, event);
  }

  /** By now every event was handled, unless its session does not run: what is left may have thrown. */
  #settle(): void {
    for (const [watched, event] of this.#unsettled) {
      const shot = watched.actor.getSnapshot() as Shot;
      if (shot.status === 'error') this.#step(watched, event, shot);
    }
    this.#unsettled.clear();
  }

  #take(watched: Watched, microstep: InspectionEvent & { type: '@xstate.microstep' }): void {
    const { _transitions } = microstep as { _transitions?: AnyTransitionDefinition[] };
    for (const transition of _transitions ?? []) {
      let id = this.#ids.get(transition);
      if (id === undefined) {
        id = transitionId(transition) ?? '';
        this.#ids.set(transition, id);
      }
      if (id !== '') watched.taken.push(id);
    }
  }

  #step(watched: Watched, event: AnyEventObject, shot: Shot): void {
    const { began, taken, emitted, armed, cancelled } = watched;
    Object.assign(watched, nothing());
    this.#unsettled.delete(watched);
    const { status, value } = shot;
    this.#tell({
      kind: 'step',
      // The time of its cause: what came of it, such as a message, may be elsewhere already.
      ts: began === 0 ? now() : began,
      session: watched.id,
      fact: told(event),
      taken,
      emitted,
      armed,
      cancelled,
      state: pathsOf(value).join(', '),
      status,
      context: changesOf(watched, shot),
    });
    if (status !== 'active') this.#watched.delete(watched.id);
  }

  #tell(record: Unnumbered<InspectorRecord>): void {
    this.#seq++;
    const whole = { seq: this.#seq, ts: now(), run: this.#run, ...record } as InspectorRecord;
    this.#write(whole, JSON.stringify(whole));
  }
}

/** A snapshot as far as it is read. */
interface Shot {
  value: unknown;
  status: Status;
  context?: Record<string, unknown>;
  error?: unknown;
}

function nothing(): Pending {
  return { began: 0, taken: [], emitted: [], armed: [], cancelled: [] };
}

/** The config of a machine as JSON, without its context, which may be anything; its id, if it is long. */
function definitionOf({ config, id }: AnyStateMachine): string {
  const whole = JSON.stringify({ ...config, context: undefined }, withoutFunctions);
  return whole.length <= DEFINITION_LIMIT ? whole : JSON.stringify({ id });
}

const NO_STEPS =
  'expected a machine, but got a compiled one, which tells no steps; inspect the machine itself';

function isCompiled(logic: unknown): boolean {
  return typeof logic === 'object' && logic !== null && 'table' in logic;
}

function isMachine(logic: unknown): logic is AnyStateMachine {
  // Other logic may have a `config` too; only a machine has states.
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'states' in logic;
}

function addAction(pending: Pending, action: { type: string; params: unknown }): void {
  const { event, delay, sendId } = (action.params ?? {}) as {
    event?: AnyEventObject;
    delay?: number;
    sendId?: string;
  };
  if (action.type === 'xstate.emit' && event) pending.emitted.push(told(event));
  if (action.type === 'xstate.raise' && event && delay !== undefined) {
    pending.armed.push({ name: deadlineOf(event.type), ms: delay });
  }
  if (action.type === 'xstate.cancel' && sendId) pending.cancelled.push(deadlineOf(sendId));
}

/** The delay's name in `xstate.after.<delay>.<machine>.<state>`; other raised events are as they are. */
function deadlineOf(type: string): string {
  return type.startsWith('xstate.after.') ? (type.split('.')[2] ?? type) : type;
}

function told(event: AnyEventObject): Told {
  const shown = preview({ ...event }, newBudget()) as { [key: string]: Json };
  const { type } = shown;
  return { ...shown, type: typeof type === 'string' ? type : `${event.type.slice(0, 60)}…` };
}

/** What changed in the context since the last step: XState makes a new one, of old and new parts. */
function changesOf(watched: Watched, { context = {}, error }: Shot): { [key: string]: Json } {
  const changes: { [key: string]: Json } = {};
  const budget = newBudget();
  for (const key in context) {
    if (context[key] !== watched.context[key]) changes[key] = preview(context[key], budget);
  }
  watched.context = context;
  // A machine that threw: nothing else says why.
  if (error !== undefined) Object.assign(changes, { error: preview(error, budget) });
  return changes;
}

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = pathsOf(below);
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`);
  });
}

/** JSON has no functions: they become what Stately shows, their names. */
function withoutFunctions(_: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name } : value;
}
