/**
 * An actor for a compiled machine: what `createActor` makes of it, without the actor system.
 *
 * Rule 1. What it does is what XState's actor does: events are taken one after the other, effects are
 *         had when the snapshot stands, an error ends it, and is reported if nobody listens.
 * Rule 2. It stands alone: no parent, no children, no inspection; its `system` is a scheduler.
 * Rule 3. It is on the path of every event: a snapshot is made when somebody asks for it.
 */
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type EventObject,
  type MachineContext,
  type Observer,
  type Subscription,
  toObserver,
} from 'xstate';
import { added, Listener, removed } from './listeners.js';
import { initEvent, type Logic } from './logic.js';
import type { Traveller } from './route.js';
import type { Row } from './row.js';
import { Run, type Self } from './run.js';
import type { Shape } from './shape.js';
import { type Clock, Timed } from './timers.js';

/** What an actor is given. */
export interface CompiledActorOptions {
  clock: Clock;
  /** The machine's, by default. */
  id?: string | undefined;
  input?: unknown;
  /** A persisted snapshot to go on from. */
  snapshot?: unknown;
  /** Where `log` actions go; nowhere by default. */
  logger?: ((...args: unknown[]) => void) | undefined;
}

const STOP: EventObject = { type: 'xstate.stop' };
const NONE: readonly never[] = [];

/** What actions find as `system`: delayed events of an actor, by their ids. */
const SYSTEM = {
  scheduler: {
    schedule(source: CompiledActor, _: unknown, event: EventObject, ms: number, id?: string): void {
      source.schedule(event, ms, id ?? `${anonymous++}`);
    },
    cancel: (source: CompiledActor, id: string): void => source.cancel(id),
  },
} as unknown as AnyActorScope['system'];
let anonymous = 0;

let subscriptions = 0;

/** What restoring a snapshot asks for. */
const SCOPE = { system: SYSTEM } as AnyActorScope;

export class CompiledActor extends Timed implements Traveller {
  // First what every event needs: it lies together in memory.
  #phase: 'created' | 'running' | 'over' = 'created';
  #isBusy = false;
  readonly #logic: Logic;
  #row: Row;
  #context: MachineContext;
  /** Undefined until somebody asks for it. */
  #snapshot: AnyMachineSnapshot | undefined = undefined;
  shape: Shape | null | undefined = undefined;
  /** Undefined where nobody has subscribed, as most do not. */
  #observers: Set<Partial<Observer<AnyMachineSnapshot>>> | undefined = undefined;
  #listeners: Listener | undefined = undefined;
  /** What was sent while it was busy, or had not started. */
  #queue: EventObject[] | undefined = undefined;
  readonly clock: Clock;
  readonly id: string;
  readonly logger: (...args: unknown[]) => void;
  /** What the initial states have to do, until the start. */
  #heldBack: (() => void) | undefined = undefined;
  #scheduled: Map<string, unknown> | undefined = undefined;

  constructor(logic: Logic, options: CompiledActorOptions) {
    const { clock, id = logic.id, input, snapshot, logger = () => {} } = options;
    super();
    this.#logic = logic;
    this.id = id;
    this.clock = clock;
    this.logger = logger;
    this.#row = logic.table.outset;
    this.#context = {};
    if (snapshot === undefined) this.#begin(input);
    else this.#restore(logic.restoreSnapshot(snapshot as AnyMachineSnapshot, SCOPE));
  }

  /** Goes into the initial states. */
  #begin(input: unknown): void {
    const { table } = this.#logic;
    try {
      this.#context = this.#logic.initialContext(this.#self, input);
      const event = initEvent(input);
      const route = table.beginning();
      if (route !== null) {
        route(this, event);
        return;
      }
      const run = this.runFrom(table.outset, event, this.#context);
      this.#logic.begin(run);
      this.#settle(run);
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

  start(): this {
    if (this.#phase !== 'created') return this;
    this.#phase = 'running';
    // Undefined for one that goes on, as most do.
    const first = this.#snapshot;
    if (first?.status === 'error') {
      this.#fail(first.error);
      return this;
    }
    this.#isBusy = true;
    try {
      this.#heldBack?.();
    } catch (fault) {
      this.#fail(fault);
      return this;
    } finally {
      this.#heldBack = undefined;
    }
    this.conclude(first?.status === 'done');
    this.#drain();
    return this;
  }

  /** Sends an event; what comes before the start waits for it, what comes after the end is ignored. */
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

  /** Ends it where it stands, without exit actions; listeners hear no more of it. */
  stop(): this {
    if (this.#phase === 'created') this.#phase = 'over';
    this.#queue = undefined;
    this.send(STOP);
    return this;
  }

  #drain(): void {
    while (this.#queue !== undefined && this.#queue.length > 0) {
      this.#take(this.#queue.shift() as EventObject);
    }
    this.#isBusy = false;
  }

  #take(event: EventObject): void {
    if (event.type === 'xstate.stop') {
      this.#snapshot = { ...this.getSnapshot(), status: 'stopped' } as AnyMachineSnapshot;
      this.#close();
      return;
    }
    const row = this.#row;
    try {
      const route = this.#logic.table.routeOf(row, event.type);
      if (route !== null) {
        route(this, event);
        return;
      }
      const run = this.runFrom(row, event, this.#context);
      const reported = this.#logic.react(run);
      if (reported !== undefined) this.#fail(reported.error);
      else this.#settle(run);
    } catch (error) {
      this.#fail(error);
    }
  }

  #settle(run: Run): void {
    if (run.changes > 0) {
      this.arrive(run.row, run.context);
      this.forgetShape();
      if (run.isDone) this.finish(run.output);
    }
    if (this.#phase === 'created') this.holdBack(() => run.start(this, this));
    else {
      if (run.hasEffects) run.carryOut(this, this);
      this.conclude(run.isDone);
    }
  }

  // --------------------------------------------------------------------- for routes, see there

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
    // One that has none is unlikely to get one.
    if (this.shape !== null) this.shape = undefined;
  }

  arrive(row: Row, context: MachineContext): void {
    this.#row = row;
    this.#context = context;
    this.#snapshot = undefined;
  }

  finish(output: unknown): void {
    this.#snapshot = this.#logic.snapshotOf(this.#row, this.#context, true, output);
  }

  holdBack(effects: () => void): void {
    this.#heldBack = effects;
  }

  conclude(isDone: boolean): void {
    if (isDone || this.#observers !== undefined) this.#show(isDone);
  }

  runFrom(row: Row, event: EventObject, context: MachineContext): Run {
    const isStarted = this.#phase !== 'created';
    return new Run(undefined, this.#self, SYSTEM, row, event, context, isStarted);
  }

  goOn(run: Run, isSettled: boolean, asked: number): void {
    this.#logic.rest(run, isSettled, asked);
    this.#settle(run);
  }

  // ------------------------------------------------------------------------------ snapshots

  getSnapshot(): AnyMachineSnapshot {
    this.#snapshot ??= this.#logic.snapshotOf(this.#row, this.#context);
    return this.#snapshot;
  }

  getPersistedSnapshot(): unknown {
    return this.#logic.getPersistedSnapshot(this.getSnapshot());
  }

  // ------------------------------------------------------------------------------ listeners

  /** Listens to emitted events of a type, or with `*` to all. */
  on(type: string, handler: (event: EventObject) => void): Subscription {
    const id = subscriptions++;
    this.#listeners = added(this.#listeners, new Listener(type, handler, undefined, id));
    return {
      unsubscribe: () => {
        this.#listeners = removed(this.#listeners, id);
      },
    };
  }

  emit(event: EventObject): void {
    for (let one = this.#listeners; one !== undefined; one = one.next) {
      const { type, handler } = one;
      if (type !== event.type && type !== '*') continue;
      try {
        handler(event);
      } catch (error) {
        report(error);
      }
    }
  }

  subscribe(...given: Parameters<typeof toObserver<AnyMachineSnapshot>>): Subscription {
    const observer = toObserver(...given);
    if (this.#phase !== 'over') {
      this.#observers ??= new Set();
      this.#observers.add(observer);
    } else if (this.getSnapshot().status === 'done') attempt(() => observer.complete?.());
    else if (this.getSnapshot().status === 'error') {
      const { error } = this.getSnapshot();
      if (observer.error === undefined) report(error);
      else attempt(() => observer.error?.(error));
    }
    return {
      unsubscribe: () => {
        this.#observers?.delete(observer);
      },
    };
  }

  /** Shows the snapshot to all observers; one that is done is the last. */
  #show(isDone: boolean): void {
    const snapshot = this.getSnapshot();
    // One that is added or taken away meanwhile is told, or is not.
    for (const observer of this.#observers ?? NONE) attempt(() => observer.next?.(snapshot));
    if (isDone) this.#close();
  }

  // ------------------------------------------------------------------------------- the end

  #close(): void {
    this.#cease();
    for (const observer of this.#observers ?? NONE) attempt(() => observer.complete?.());
    this.#forget();
  }

  #fail(error: unknown): void {
    this.#snapshot = { ...this.getSnapshot(), status: 'error', error } as AnyMachineSnapshot;
    this.#cease();
    const observers = this.#observers ?? NONE;
    let isUnheard = (this.#observers?.size ?? 0) === 0;
    for (const observer of observers) {
      isUnheard ||= observer.error === undefined;
      attempt(() => observer.error?.(error));
    }
    if (isUnheard) report(error);
    this.#forget();
  }

  #cease(): void {
    this.#phase = 'over';
    this.#queue = undefined;
    this.clearAll();
    for (const handle of this.#scheduled?.values() ?? NONE) this.clock.clearTimeout(handle);
    this.#scheduled = undefined;
  }

  #forget(): void {
    this.#observers = undefined;
    this.#listeners = undefined;
  }

  // ------------------------------------------------ delayed events, for the scheduler above

  schedule(event: EventObject, ms: number, id: string): void {
    this.#scheduled ??= new Map();
    const scheduled = this.#scheduled;
    const handle = this.clock.setTimeout(() => {
      scheduled.delete(id);
      this.send(event);
    }, ms);
    scheduled.set(id, handle);
  }

  cancel(id: string): void {
    const handle = this.#scheduled?.get(id);
    this.#scheduled?.delete(id);
    if (handle !== undefined) this.clock.clearTimeout(handle);
  }
}

function attempt(notify: () => void): void {
  try {
    notify();
  } catch (error) {
    report(error);
  }
}

/** An error that nobody takes ends the process, as an unhandled one does. */
function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
