/**
 * Turns XState's inspection events into records, one for each step of a session.
 *
 * Rule 1. The observer copies values while XState calls it: later they may have changed.
 * Rule 2. XState emits several inspection events for a step; the last is the snapshot. `@xstate.event` comes when
 *         the event is sent, even in the middle of another step. So a step's fact is the event of its snapshot.
 * Rule 3. A step that throws has no inspection event at its end. The observer looks for its error once the event
 *         was handled.
 * Rule 4. The observer never throws: a session must not end because somebody inspects it. It shows a value that
 *         cannot be read as unreadable, and a machine that cannot be read without a chart.
 * Rule 5. This file alone reads `_transitions` of a microstep, which XState does not document (5.33; a test pins
 *         it).
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
import { sentenceOf } from '../machines/index.js';
import { KEPT_MACHINES, MORE, RECORD_CHARS } from './bounds.js';
import {
  addAction,
  addBounded,
  changesOf,
  cutName,
  definitionOf,
  emptyStep,
  eventPreview,
  type InspectedSnapshot,
  type PendingStep,
  reasonOf,
} from './copies.js';
import { newBudget, shownKey } from './preview.js';
import {
  type InspectorRecord,
  RecordError,
  type RunBegan,
  readRecord,
  type SessionStepped,
} from './records.js';

/** A record without the fields that all records have. */
type Unnumbered<R> = R extends InspectorRecord
  ? Omit<R, 'seq' | 'ts' | 'run'> & { ts?: number }
  : never;

/** A session under inspection, with the step that is under way. */
interface ObservedSession extends PendingStep {
  id: string;
  actor: Inspected;
  /** The values of the context in its last record, by their keys. */
  context: Map<string, unknown>;
}

/** The fields of an actor that are read. */
interface Inspected {
  sessionId: string;
  id: string;
  logic: unknown;
  getSnapshot(): unknown;
}

/** The time in ms since 1970, to the microsecond. Two processes can compare it. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

/** Takes a record, and its JSON. */
type Write = (record: InspectorRecord, line: string) => void;

/** Writes the records of the sessions of one process. */
export class Observer {
  readonly #run: string;
  readonly #write: Write;
  readonly #sessions = new Map<string, ObservedSession>();
  readonly #onTrouble: (message: string) => void;
  readonly #names = new WeakMap<AnyStateMachine, string>();
  readonly #described = new Set<string>();
  /** Actors with a part that could not be read, of which `onTrouble` was told. */
  readonly #troubled = new WeakSet<Inspected>();
  /** Sessions with an event that has not led to a snapshot yet. */
  readonly #unsettled = new Map<ObservedSession, AnyEventObject>();
  readonly #ids = new WeakMap<AnyTransitionDefinition, string>();
  #seq = 0;

  /** `run` tells this process from others. `onTrouble` is called with a sentence for each part that is not shown. */
  constructor(
    { run, name, pid }: Pick<RunBegan, 'run' | 'name' | 'pid'>,
    write: Write,
    onTrouble: (message: string) => void,
  ) {
    this.#run = run;
    this.#write = write;
    this.#onTrouble = onTrouble;
    this.#writeRecord({ kind: 'run', name: cutName(name), pid });
  }

  /** The option `inspect` for every actor that is to be seen. */
  readonly inspect = (inspected: InspectionEvent): void => {
    const actor = inspected.actorRef as unknown as Inspected;
    try {
      this.#inspect(actor, inspected);
    } catch (error) {
      if (this.#troubled.has(actor)) return;
      this.#troubled.add(actor);
      this.#onTrouble(
        sentenceOf({
          expected: `to read what ${shownKey(actor.id)} does`,
          came: `could not (${reasonOf(error)})`,
          remedy: 'a part of it is not shown, and it goes on',
        }),
      );
    }
  };

  #inspect(actor: Inspected, inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.actor') {
      this.#open(actor);
      return;
    }
    const observed = this.#sessions.get(actor.sessionId);
    if (observed === undefined) return;
    if (inspected.type === '@xstate.event') this.#begin(observed, inspected.event);
    if (inspected.type === '@xstate.microstep') this.#addTransitions(observed, inspected);
    if (inspected.type === '@xstate.action') addAction(observed, inspected.action);
    if (inspected.type === '@xstate.snapshot') {
      this.#step(observed, inspected.event, inspected.snapshot as unknown as InspectedSnapshot);
    }
  }

  /** Records the addresses of the socket of a session. */
  connected(actor: object, local: string, remote: string): void {
    const { sessionId: session } = actor as Inspected;
    this.#writeRecord({ kind: 'connected', session, local, remote });
  }

  /** Writes the last record. */
  end(): void {
    this.#settle();
    this.#writeRecord({ kind: 'ended' });
  }

  #open(actor: Inspected): void {
    if (!isMachine(actor.logic)) {
      if (isCompiled(actor.logic)) this.#onTrouble(noSteps(shownKey(actor.id)));
      return;
    }
    const { sessionId: session, id, logic } = actor;
    this.#sessions.set(session, { id: session, actor, context: new Map(), ...emptyStep() });
    this.#writeRecord({
      kind: 'session',
      session,
      name: cutName(id),
      machine: this.#machineOf(logic),
    });
  }

  /** The name of a machine, after a record that describes it. */
  #machineOf(machine: AnyStateMachine): string {
    const known = this.#names.get(machine);
    if (known !== undefined) return known;
    let name = cutName(machine.id);
    try {
      name = this.#describe(machine);
    } catch (error) {
      this.#onTrouble(
        sentenceOf({
          expected: `to read the machine ${shownKey(machine.id)}`,
          came: `could not (${reasonOf(error)})`,
          remedy: 'it is shown without a chart',
        }),
      );
    }
    this.#names.set(machine, name);
    return name;
  }

  /** Writes the record of a machine, where a reader takes it. Throws where it cannot be read or drawn. */
  #describe(machine: AnyStateMachine): string {
    const chart = chartOf(machine);
    const definition = definitionOf(machine);
    const hash = createHash('sha256').update(JSON.stringify(chart)).update(definition);
    const name = `${cutName(machine.id)}@${hash.digest('hex').slice(0, 16)}`;
    // A machine that is created anew for each session is the same machine.
    if (this.#described.has(name)) return name;
    const record = this.#numbered({ kind: 'machine', machine: name, chart, definition });
    const line = JSON.stringify(record);
    checkMachine(line);
    for (const first of this.#described) {
      if (this.#described.size < KEPT_MACHINES) break;
      this.#described.delete(first);
    }
    this.#described.add(name);
    this.#seq++;
    this.#write(record, line);
    return name;
  }

  #begin(observed: ObservedSession, event: AnyEventObject): void {
    if (observed.began === 0) observed.began = now();
    if (this.#unsettled.size === 0) queueMicrotask(() => this.#settle());
    this.#unsettled.set(observed, event);
  }

  /** Every event was handled by now. A session without a snapshot may have thrown, or does not run. */
  #settle(): void {
    for (const [observed, event] of this.#unsettled) {
      const snapshot = observed.actor.getSnapshot() as InspectedSnapshot;
      if (snapshot.status === 'error') this.#step(observed, event, snapshot);
    }
    this.#unsettled.clear();
  }

  #addTransitions(
    observed: ObservedSession,
    microstep: InspectionEvent & { type: '@xstate.microstep' },
  ): void {
    const { _transitions } = microstep as { _transitions?: AnyTransitionDefinition[] };
    for (const transition of _transitions ?? []) {
      let id = this.#ids.get(transition);
      if (id === undefined) {
        id = transitionId(transition) ?? '';
        this.#ids.set(transition, id);
      }
      if (id !== '') addBounded(observed.taken, id, MORE);
    }
  }

  #step(observed: ObservedSession, event: AnyEventObject, snapshot: InspectedSnapshot): void {
    const { began, taken, emitted, armed, cancelled } = observed;
    Object.assign(observed, emptyStep());
    this.#unsettled.delete(observed);
    const { status, value } = snapshot;
    const head = {
      kind: 'step',
      // The time of the cause: by the end of the step its message may have arrived elsewhere.
      ts: began === 0 ? now() : began,
      session: observed.id,
      state: pathOf(value),
      status,
    } as const;
    const fact = eventPreview(event, newBudget());
    const context = changesOf(observed.context, snapshot);
    this.#writeRecord({ ...head, fact, taken, emitted, armed, cancelled, context });
    if (status !== 'active') this.#sessions.delete(observed.id);
  }

  #writeRecord(record: Unnumbered<InspectorRecord>): void {
    const whole = this.#numbered(record);
    const line = JSON.stringify(whole);
    this.#seq++;
    if (whole.kind !== 'step' || line.length <= RECORD_CHARS) this.#write(whole, line);
    else this.#writeShort(whole);
  }

  #numbered(record: Unnumbered<InspectorRecord>): InspectorRecord {
    return { seq: this.#seq + 1, ts: now(), run: this.#run, ...record } as InspectorRecord;
  }

  /** Writes a step that is too long for a record, with its state and without its details. */
  #writeShort(step: SessionStepped): void {
    const nothing = { taken: [], emitted: [], armed: [], cancelled: [], context: { [MORE]: MORE } };
    const fact = { type: cutName(step.fact.type), [MORE]: MORE };
    const short = { ...step, ...nothing, fact, state: step.state.slice(0, STATE_CHARS) };
    this.#write(short, JSON.stringify(short));
  }
}

/** The most characters of the state in a step that is too long. */
const STATE_CHARS = 8_000;

/** Throws, with a reason for people, where readers would refuse the record of a machine. */
function checkMachine(line: string): void {
  try {
    readRecord(line);
  } catch (error) {
    if (!(error instanceof RecordError) || error.limit === undefined) throw error;
    throw new Error(`its record has more than ${error.limit}`);
  }
}

/** The sentence about an actor of a compiled machine. */
function noSteps(actor: string): string {
  return sentenceOf({
    expected: `${actor} to run a machine`,
    came: 'it runs a compiled one, which tells no steps',
    remedy: 'inspect the machine itself',
  });
}

function isCompiled(logic: unknown): boolean {
  return typeof logic === 'object' && logic !== null && 'table' in logic;
}

function isMachine(logic: unknown): logic is AnyStateMachine {
  // Other logic may have a `config` too. Only a machine has states.
  return typeof logic === 'object' && logic !== null && 'root' in logic && 'states' in logic;
}
