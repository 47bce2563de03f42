/**
 * An actor of a compiled machine: XState's actor without the actor system.
 *
 * Rule 1. It behaves as XState's actor. It takes events one after another; effects follow the new
 *         snapshot; an error ends it, and is reported if no observer handles it.
 * Rule 2. It stands alone: no parent, no children, no inspection. Its `system` is a scheduler.
 * Rule 3. This is on the path of every event: a snapshot is made when somebody asks for it.
 */
import type { AnyActorScope, AnyMachineSnapshot, EventObject, MachineContext } from 'xstate';
import {
  type DelayedEvents,
  type DelayedEventsOwner,
  SCHEDULING_SYSTEM as SYSTEM,
} from './delayedEvents.js';
import { initEvent, type Logic } from './logic.js';
import { Macrostep, type Self } from './macrostep.js';
import { Publisher } from './publisher.js';
import type { Shape } from './shape.js';
import type { FastPathActor, TableRow } from './terms.js';
import type { Clock } from './timers.js';

/** The options of a compiled actor. */
export interface ActorOptions {
  /** The source of its timers. */
  clock: Clock;
  input?: unknown;
  /** Its name; by default the machine's. */
  id?: string | undefined;
  /** A persisted snapshot from which it continues, of the machine or of its compiled logic. */
  snapshot?: unknown;
  /** The destination of `log` actions; by default none. */
  logger?: ((...args: unknown[]) => void) | undefined;
}

const STOP: EventObject = { type: 'xstate.stop' };

/** The scope that restoring a snapshot asks for. */
const SCOPE = { system: SYSTEM } as AnyActorScope;

export class CompiledActor extends Publisher implements FastPathActor, DelayedEventsOwner {
  // The fields that every event reads come first: they lie together in memory.
  #phase: 'created' | 'running' | 'over' = 'created';
  #isBusy = false;
  readonly #logic: Logic;
  #row: TableRow;
  #context: MachineContext;
  /** Undefined until somebody asks for it. */
  #snapshot: AnyMachineSnapshot | undefined = undefined;
  shape: Shape | null | undefined = undefined;
  /** Events that came while it was busy, or before its start. */
  #queue: EventObject[] | undefined = undefined;
  readonly clock: Clock;
  readonly id: string;
  readonly logger: (...args: unknown[]) => void;
  /** The effects of the initial states, until the start. */
  #held: (() => void) | undefined = undefined;
  delayedEvents: DelayedEvents | undefined = undefined;

  constructor(logic: Logic, options: ActorOptions) {
    const { clock, id = logic.id, input, snapshot, logger = () => {} } = options;
    super();
    this.#logic = logic;
    this.id = id;
    this.clock = clock;
    this.logger = logger;
    this.#row = logic.table.preInitialRow;
    this.#context = {};
    if (snapshot === undefined) this.#initialize(input);
    else this.#restore(logic.restoreSnapshot(snapshot as AnyMachineSnapshot, SCOPE));
  }

  /** Enters the initial states. */
  #initialize(input: unknown): void {
    try {
      this.#context = this.#logic.initialContext(this.#self, input);
      const event = initEvent(input);
      const fastPath = this.#logic.fastPaths.initial();
      if (fastPath !== null) {
        fastPath(this, event);
        return;
      }
      const macrostep = this.macrostepFrom(this.#row, event, this.#context);
      this.#logic.enterInitialStates(macrostep);
      this.#finishMacrostep(macrostep);
    } catch (error) {
      this.#snapshot = this.#logic.failedSnapshotOf(this.#context, error);
    }
  }

  #restore(snapshot: AnyMachineSnapshot): void {
    this.#row = this.#logic.table.rowOf(snapshot._nodes, snapshot.historyValue);
    this.#context = snapshot.context;
    this.#snapshot = snapshot;
  }

  get #self(): Self {
    return this as unknown as Self;
  }

  // ----------------------------------------------------------------------------- its life

  protected get isOver(): boolean {
    return this.#phase === 'over';
  }

  start(): this {
    if (this.#phase !== 'created') return this;
    this.#phase = 'running';
    // Undefined for a machine that entered its initial states and is not done there.
    const first = this.#snapshot;
    if (first?.status === 'error') {
      this.#fail(first.error);
      return this;
    }
    this.#isBusy = true;
    try {
      this.#held?.();
    } catch (fault) {
      this.#fail(fault);
      return this;
    } finally {
      this.#held = undefined;
    }
    this.publish(first?.status === 'done');
    this.#drain();
    return this;
  }

  /** Sends an event. Events before the start wait for it; events after the end are ignored. */
  send(event: EventObject): void {
    if (this.#isBusy || this.#phase !== 'running') {
      if (this.#phase === 'over') return;
      this.#queue ??= [];
      this.#queue.push(event);
      return;
    }
    this.#isBusy = true;
    this.#take(event);
    this.#drain();
  }

  /** Ends the actor in its current state, without exit actions. */
  stop(): this {
    if (this.#phase === 'created') this.#phase = 'over';
    this.#queue = undefined;
    this.send(STOP);
    return this;
  }

  #complete(): void {
    this.#shutDown();
    this.notifyComplete();
  }

  #fail(error: unknown): void {
    this.#snapshot = { ...this.getSnapshot(), status: 'error', error } as AnyMachineSnapshot;
    this.#shutDown();
    this.notifyError(error);
  }

  #shutDown(): void {
    this.#phase = 'over';
    this.#queue = undefined;
    this.clearAll();
    this.delayedEvents?.cancelAll();
  }

  // ------------------------------------------------------------------------------- events

  #drain(): void {
    while (this.#queue !== undefined && this.#queue.length > 0) {
      this.#take(this.#queue.shift() as EventObject);
    }
    this.#isBusy = false;
  }

  #take(event: EventObject): void {
    if (event.type === 'xstate.stop') {
      this.#snapshot = { ...this.getSnapshot(), status: 'stopped' } as AnyMachineSnapshot;
      this.#complete();
      return;
    }
    const row = this.#row;
    try {
      const fastPath = this.#logic.fastPaths.of(row, event.type);
      if (fastPath !== null) {
        fastPath(this, event);
        return;
      }
      const macrostep = this.macrostepFrom(row, event, this.#context);
      const reported = this.#logic.takeEvent(macrostep);
      if (reported !== undefined) this.#fail(reported.error);
      else this.#finishMacrostep(macrostep);
    } catch (error) {
      this.#fail(error);
    }
  }

  #finishMacrostep(macrostep: Macrostep<TableRow>): void {
    if (macrostep.changes > 0) {
      this.commit(macrostep.configuration, macrostep.context);
      this.forgetShape();
      if (macrostep.isDone) this.finish(macrostep.output);
    }
    if (this.#phase === 'created') this.holdUntilStart(() => macrostep.performHeld(this, this));
    else {
      if (macrostep.hasEffects) macrostep.performEffects(this, this);
      this.publish(macrostep.isDone);
    }
  }

  // ------------------------------------------------------- for fast paths: see FastPathActor

  get context(): MachineContext {
    return this.#context;
  }

  get system(): AnyActorScope['system'] {
    return SYSTEM;
  }

  shapeOf(context: MachineContext): Shape | null {
    return this.#logic.shapeOf(context);
  }

  forgetShape(): void {
    // A context without a shape rarely gains one.
    if (this.shape !== null) this.shape = undefined;
  }

  commit(row: TableRow, context: MachineContext): void {
    this.#row = row;
    this.#context = context;
    this.#snapshot = undefined;
  }

  finish(output: unknown): void {
    this.#snapshot = this.#logic.snapshotOf(this.#row, this.#context, true, output);
  }

  holdUntilStart(effects: () => void): void {
    this.#held = effects;
  }

  publish(isDone: boolean): void {
    if (!isDone && !this.hasObservers) return;
    this.notifyNext(this.getSnapshot());
    if (isDone) this.#complete();
  }

  macrostepFrom(row: TableRow, event: EventObject, context: MachineContext): Macrostep<TableRow> {
    const isStarted = this.#phase !== 'created';
    return new Macrostep(undefined, this.#self, SYSTEM, row, event, context, isStarted);
  }

  completeByTable(
    macrostep: Macrostep<TableRow>,
    isSettled: boolean,
    eventlessCount: number,
  ): void {
    this.#logic.runToCompletion(macrostep, isSettled, eventlessCount);
    this.#finishMacrostep(macrostep);
  }

  // ------------------------------------------------------------------------------ snapshots

  getSnapshot(): AnyMachineSnapshot {
    this.#snapshot ??= this.#logic.snapshotOf(this.#row, this.#context);
    return this.#snapshot;
  }

  getPersistedSnapshot(): unknown {
    return this.#logic.getPersistedSnapshot(this.getSnapshot());
  }
}
