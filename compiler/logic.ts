/**
 * The logic of a compiled machine: the interpreter of its table.
 *
 * Rule 1. It is an `ActorLogic`: XState's actors run it like the machine. Whatever is not here, the
 *         machine does itself: persist, restore and compare snapshots.
 */
import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventObject,
  MachineContext,
} from 'xstate';
import { canGenerateCode } from './codegen.js';
import { FastPaths } from './fastPaths.js';
import { Macrostep, type Self } from './macrostep.js';
import type { Operation } from './operation.js';
import { Shape } from './shape.js';
import type { Microstep, TableRow } from './terms.js';
import { ActorTimers } from './timers.js';
import { TransitionTable } from './transitionTable.js';
import { unsupported } from './unsupported.js';

type Snapshot = AnyMachineSnapshot;
type Methods = Pick<Snapshot, 'matches' | 'hasTag' | 'can' | 'getMeta' | 'toJSON'>;

/** The number of uses before a fast path is made. To make one takes as long as some 100 events. */
const USES_BEFORE_FAST_PATH = 50;

/** The most shapes of a machine's contexts. Most machines have one, or a few. */
const MOST_SHAPES = 4;

export class Logic {
  readonly id: string;
  readonly config: unknown;
  readonly table: TransitionTable;
  readonly fastPaths: FastPaths;
  readonly #machine: AnyStateMachine;
  readonly #maxIterations: number;
  /** The methods of a snapshot are XState's own. */
  readonly #methods: Methods;

  readonly #shapes: Shape[] = [];

  constructor(machine: AnyStateMachine, usesBeforeFastPath = USES_BEFORE_FAST_PATH) {
    this.id = machine.id;
    this.config = machine.config;
    this.table = new TransitionTable(machine);
    const threshold = canGenerateCode ? usesBeforeFastPath : Number.POSITIVE_INFINITY;
    this.fastPaths = new FastPaths(this.table, threshold);
    this.#machine = machine;
    this.#maxIterations = machine.options.maxIterations as number;
    const { value } = this.table.initialMicrostep.next;
    const { matches, hasTag, can, getMeta, toJSON } = machine.resolveState({ value, context: {} });
    this.#methods = { matches, hasTag, can, getMeta, toJSON };
  }

  // ------------------------------------------------------------------------- an ActorLogic

  getPersistedSnapshot(snapshot: Snapshot, options?: unknown): unknown {
    return this.#machine.getPersistedSnapshot(snapshot, options);
  }

  restoreSnapshot(persisted: Snapshot, scope: AnyActorScope): Snapshot {
    return this.#machine.restoreSnapshot(persisted, scope as never);
  }

  start(_: Snapshot, scope: AnyActorScope): void {
    ActorTimers.create(scope);
  }

  getInitialSnapshot(scope: AnyActorScope, input: unknown): Snapshot {
    let context: MachineContext = {};
    try {
      const { system } = scope;
      const self = scope.self as Self;
      context = this.initialContext(self, input);
      const row = this.table.preInitialRow;
      const macrostep = new Macrostep(scope, self, system, row, initEvent(input), context, false);
      this.enterInitialStates(macrostep);
      return this.#snapshotAfter(macrostep);
    } catch (error) {
      return this.failedSnapshotOf(context, error);
    }
  }

  transition(before: Snapshot, event: EventObject, scope: AnyActorScope): Snapshot {
    const timers = ActorTimers.of(scope);
    if (event.type === 'xstate.stop') {
      timers?.clearAll();
      return { ...before, status: 'stopped' } as Snapshot;
    }
    const row = this.table.rowOf(before._nodes, before.historyValue);
    // Without timers the transition is pure: XState's executor keeps the actions.
    const executor = timers === undefined ? scope : undefined;
    const { self, system } = scope;
    const { context } = before;
    const macrostep = new Macrostep(executor, self as Self, system, row, event, context, true);
    try {
      const fault = this.takeEvent(macrostep);
      if (fault !== undefined) {
        timers?.clearAll();
        return { ...before, status: 'error', error: fault.error } as Snapshot;
      }
      if (timers !== undefined && macrostep.hasEffects) {
        scope.defer(() => macrostep.performEffects(scope, timers));
      }
      return macrostep.changes === 0 ? before : this.#snapshotAfter(macrostep, before.children);
    } catch (error) {
      timers?.clearAll();
      throw error;
    }
  }

  // ------------------------------------------------------------------------------- contexts

  initialContext(self: Self, input: unknown): MachineContext {
    const { context } = this.#machine.config;
    if (typeof context !== 'function') return (context ?? {}) as MachineContext;
    const spawn = (): never => unsupported(this.#machine.id, 'its context spawns an actor');
    const args = { spawn, input, self };
    return { ...(context as (given: typeof args) => MachineContext)(args) };
  }

  /** The shape of a context; null if it has none, or if the machine has too many shapes. */
  shapeOf(context: MachineContext): Shape | null {
    for (const shape of this.#shapes) if (shape.fits(context)) return shape;
    const shape = this.#shapes.length < MOST_SHAPES ? Shape.of(context) : null;
    if (shape !== null) this.#shapes.push(shape);
    return shape;
  }

  // ---------------------------------------------------------------------------- macrosteps

  enterInitialStates(macrostep: Macrostep<TableRow>): void {
    perform(this.table.initialMicrostep, macrostep);
    this.runToCompletion(macrostep, false, 0);
  }

  /** Takes the event of a macrostep; returns the error that the event reports if nothing takes it. */
  takeEvent(macrostep: Macrostep<TableRow>): { error: unknown } | undefined {
    const { event } = macrostep;
    // As in XState, the event that starts a machine is ignored by a machine that runs.
    const isIgnored = event.type === 'xstate.init';
    const microstep = isIgnored ? undefined : this.table.microstepOnEvent(macrostep);
    if (microstep === undefined && event.type.startsWith('xstate.error.actor')) {
      return { error: (event as { error?: unknown }).error };
    }
    if (microstep !== undefined) perform(microstep, macrostep);
    this.runToCompletion(macrostep, false, 0);
    return undefined;
  }

  /**
   * Takes eventless transitions and raised events until the machine rests. A macrostep is settled
   * after eventless transitions that changed nothing: it asks for them again only after the next
   * raised event. `iterations` counts the questions so far.
   */
  runToCompletion(
    macrostep: Macrostep<TableRow>,
    isSettledAlready: boolean,
    iterations: number,
  ): void {
    const { table } = this;
    let isSettled = isSettledAlready;
    let count = iterations;
    while (!macrostep.isDone) {
      if (++count > this.#maxIterations) this.#giveUp();
      const { changes } = macrostep;
      const eventless = isSettled ? undefined : table.microstepWithoutEvent(macrostep);
      isSettled = false;
      if (eventless !== undefined) {
        perform(eventless, macrostep);
        isSettled = macrostep.changes === changes;
      } else {
        if (!macrostep.takeRaised()) return;
        const microstep = table.microstepOnEvent(macrostep);
        if (microstep !== undefined) perform(microstep, macrostep);
      }
    }
  }

  #giveUp(): never {
    throw new Error(
      `expected the machine to rest after at most ${this.#maxIterations} steps, but it goes on: see whether eventless transitions or raised events go round in a circle`,
    );
  }

  // ------------------------------------------------------------------------------ snapshots

  #snapshotAfter(
    { configuration, context, isDone, output }: Macrostep<TableRow>,
    children?: Snapshot['children'],
  ): Snapshot {
    return this.snapshotOf(configuration, context, isDone, output, children);
  }

  /** The snapshot of a machine that failed on the way into its initial states. */
  failedSnapshotOf(context: MachineContext, error: unknown): Snapshot {
    const { initialMicrostep, preInitialRow } = this.table;
    // As in XState, it shows the value of the initial states, which were not entered.
    const { value } = initialMicrostep.next;
    return {
      ...this.snapshotOf(preInitialRow, context),
      value,
      status: 'error',
      error,
    } as Snapshot;
  }

  snapshotOf(
    row: TableRow,
    context: MachineContext,
    isDone = false,
    output: unknown = undefined,
    children: Snapshot['children'] = {},
  ): Snapshot {
    const { matches, hasTag, can, getMeta, toJSON } = this.#methods;
    const snapshot = {
      status: isDone ? 'done' : 'active',
      output,
      error: undefined,
      machine: this.#machine,
      context,
      _nodes: row.nodes,
      value: row.value,
      tags: row.tags,
      children,
      historyValue: row.history,
      matches,
      hasTag,
      can,
      getMeta,
      toJSON,
    };
    return snapshot as unknown as Snapshot;
  }
}

/** The event that starts a machine. */
export function initEvent(input: unknown): EventObject {
  return { type: 'xstate.init', input } as EventObject;
}

function perform({ operations, next, isChange }: Microstep, macrostep: Macrostep<TableRow>): void {
  for (let i = 0; i < operations.length; i++) (operations[i] as Operation).perform(macrostep);
  if (isChange) macrostep.changes++;
  macrostep.configuration = next;
}
