/**
 * Turns what XState tells its inspection observers into records, one a step of a session.
 *
 * Rule 1. Everything is read and cut while XState tells it: later it may have changed.
 * Rule 2. XState tells a step in pieces, which end with the snapshot. An event is told when it is sent,
 *         even in the middle of another step; so a step's fact is that of its snapshot.
 * Rule 3. A step that throws has no end that XState tells: it is looked for once the event was handled.
 * Rule 4. It never throws: a session must not end because it is looked at. A value that cannot be read
 *         is shown as unreadable, and a machine that cannot be read has no chart.
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
import { pathOf } from '../chart/names.js';
import { MACHINE_RECORD_CHARS, MORE, RECORD_CHARS } from './bounds.js';
import { newBudget, shownKey } from './preview.js';
import {
  add,
  addAction,
  changesOf,
  cut,
  definitionOf,
  nothing,
  type Pending,
  reasonOf,
  type Shot,
  told,
} from './reading.js';
import type { InspectorRecord, RunBegan, SessionStepped } from './records.js';

/** A record without what every record has. */
type Unnumbered<R> = R extends InspectorRecord
  ? Omit<R, 'seq' | 'ts' | 'run'> & { ts?: number }
  : never;

interface Watched extends Pending {
  id: string;
  actor: Inspected;
  /** The values in the context that were told last, by their keys. */
  context: Map<string, unknown>;
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
  /** Actors of which it was said that they cannot be read. */
  readonly #troubled = new WeakSet<Inspected>();
  /** Sessions whose events have not led to a snapshot yet. */
  readonly #unsettled = new Map<Watched, AnyEventObject>();
  readonly #ids = new WeakMap<AnyTransitionDefinition, string>();
  #seq = 0;

  /**
   * `run` tells this process from others; `name` says what it runs. `onTrouble` is told what cannot be
   * shown.
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
      if (this.#troubled.has(actor)) return;
      this.#troubled.add(actor);
      this.#onTrouble(
        `expected to read what ${shownKey(actor.id)} does, but could not (${reasonOf(error)}): a part of it is not shown, and it goes on`,
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
      if (isCompiled(actor.logic))
        this.#onTrouble(`${NO_STEPS}: ${shownKey(actor.id)} is not shown`);
      return;
    }
    const { sessionId: session, id, logic } = actor;
    this.#watched.set(session, { id: session, actor, context: new Map(), ...nothing() });
    this.#tell({ kind: 'session', session, name: cut(id), machine: this.#machineOf(logic) });
  }

  /** The name of a machine; what it is was told before. */
  #machineOf(machine: AnyStateMachine): string {
    const known = this.#names.get(machine);
    if (known !== undefined) return known;
    let name = cut(machine.id);
    try {
      name = this.#describe(machine);
    } catch (error) {
      this.#onTrouble(
        `expected to read the machine ${shownKey(machine.id)}, but could not (${reasonOf(error)}): it is shown without a chart`,
      );
    }
    this.#names.set(machine, name);
    return name;
  }

  #describe(machine: AnyStateMachine): string {
    const chart = chartOf(machine);
    const definition = definitionOf(machine);
    const text = JSON.stringify(chart);
    if (text.length + 2 * definition.length > MACHINE_RECORD_CHARS - RECORD_CHARS) {
      throw new Error(`its chart has ${text.length} characters, which are too many`);
    }
    const hash = createHash('sha256').update(text).update(definition);
    const name = `${cut(machine.id)}@${hash.digest('hex').slice(0, 16)}`;
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
      if (id !== '') add(watched.taken, id, MORE);
    }
  }

  #step(watched: Watched, event: AnyEventObject, shot: Shot): void {
    const { began, taken, emitted, armed, cancelled } = watched;
    Object.assign(watched, nothing());
    this.#unsettled.delete(watched);
    const { status, value } = shot;
    const head = {
      kind: 'step',
      // The time of its cause: what came of it, such as a message, may be elsewhere already.
      ts: began === 0 ? now() : began,
      session: watched.id,
      state: pathOf(value),
      status,
    } as const;
    const fact = told(event, newBudget());
    const context = changesOf(watched.context, shot);
    this.#tell({ ...head, fact, taken, emitted, armed, cancelled, context });
    if (status !== 'active') this.#watched.delete(watched.id);
  }

  #tell(record: Unnumbered<InspectorRecord>): void {
    this.#seq++;
    const whole = { seq: this.#seq, ts: now(), run: this.#run, ...record } as InspectorRecord;
    const line = JSON.stringify(whole);
    if (whole.kind !== 'step' || line.length <= RECORD_CHARS) this.#write(whole, line);
    else this.#writeShort(whole);
  }

  /** A step that is too long for a record, as far as it is needed to go on. */
  #writeShort(step: SessionStepped): void {
    const nothing = { taken: [], emitted: [], armed: [], cancelled: [], context: { [MORE]: MORE } };
    const fact = { type: cut(step.fact.type), [MORE]: MORE };
    const short = { ...step, ...nothing, fact, state: step.state.slice(0, STATE_CHARS) };
    this.#write(short, JSON.stringify(short));
  }
}

/** The most characters of the state in a step that is too long. */
const STATE_CHARS = 8_000;

const NO_STEPS =
  'expected a machine, but got a compiled one, which tells no steps; inspect the machine itself';

function isCompiled(logic: unknown): boolean {
  return typeof logic === 'object' && logic !== null && 'table' in logic;
}

function isMachine(logic: unknown): logic is AnyStateMachine {
  // Other logic may have a `config` too; only a machine has states.
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'states' in logic;
}
