/**
 * The logic of a compiled machine: macrosteps by the table.
 *
 * Rule 1. It is an `ActorLogic`: XState's actors run it as they run the machine. What is not said
 *         here, the machine itself says: how a snapshot is persisted, restored, compared.
 */
import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventObject,
  MachineContext,
} from 'xstate';
import type { Operation } from './actions.js';
import { canMakeCode } from './code.js';
import { refuse } from './refuse.js';
import type { Row, Step } from './row.js';
import { Run, type Self } from './run.js';
import { Shape } from './shape.js';
import { Table } from './table.js';
import { ActorTimers } from './timers.js';

type Snapshot = AnyMachineSnapshot;
type Methods = Pick<Snapshot, 'matches' | 'hasTag' | 'can' | 'getMeta' | 'toJSON'>;

/** Making code takes as long as some hundred events without it. */
const USES_BEFORE_ROUTE = 50;

/** Contexts of one machine have one shape as a rule, or a few. */
const MOST_SHAPES = 4;

export class Logic {
  readonly id: string;
  readonly config: unknown;
  readonly table: Table;
  readonly #machine: AnyStateMachine;
  readonly #maxSteps: number;
  /** The methods of a snapshot are XState's own. */
  readonly #methods: Methods;

  readonly #shapes: Shape[] = [];

  /** `usesBeforeRoute`: how often a machine does a thing before code is made for it. */
  constructor(machine: AnyStateMachine, usesBeforeRoute = USES_BEFORE_ROUTE) {
    this.id = machine.id;
    this.config = machine.config;
    this.table = new Table(machine, canMakeCode ? usesBeforeRoute : Number.POSITIVE_INFINITY);
    this.#machine = machine;
    this.#maxSteps = machine.options.maxIterations as number;
    const { value } = this.table.initial.next;
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
    ActorTimers.begin(scope);
  }

  getInitialSnapshot(scope: AnyActorScope, input: unknown): Snapshot {
    let context: MachineContext = {};
    try {
      context = this.initialContext(scope.self as Self, input);
      const { outset } = this.table;
      const event = initEvent(input);
      const run = new Run(scope, scope.self as Self, scope.system, outset, event, context, false);
      this.begin(run);
      return this.snapshotOf(run.row, run.context, run.isDone, run.output);
    } catch (error) {
      return this.failedSnapshotOf(context, error);
    }
  }

  /** Takes a machine into its initial states. */
  begin(run: Run): void {
    take(this.table.initial, run);
    this.rest(run, false, 0);
  }

  transition(before: Snapshot, event: EventObject, scope: AnyActorScope): Snapshot {
    const timers = ActorTimers.of(scope);
    if (event.type === 'xstate.stop') {
      timers?.clearAll();
      return { ...before, status: 'stopped' } as Snapshot;
    }
    const row = this.table.rowOf(before._nodes, before.historyValue);
    const keeper = timers === undefined ? scope : undefined;
    const { self, system } = scope;
    const { context } = before;
    const run = new Run(keeper, self as Self, system, row, event, context, true);
    try {
      const fault = this.react(run);
      if (fault !== undefined) {
        timers?.clearAll();
        return { ...before, status: 'error', error: fault.error } as Snapshot;
      }
      if (timers !== undefined && run.hasEffects) {
        scope.defer(() => run.carryOut(scope, timers));
      }
      if (run.changes === 0) return before;
      return this.snapshotOf(run.row, run.context, run.isDone, run.output, before.children);
    } catch (error) {
      timers?.clearAll();
      throw error;
    }
  }

  /** The shape of a context; null where it has none, or the machine has too many. */
  shapeOf(context: MachineContext): Shape | null {
    for (const shape of this.#shapes) if (shape.fits(context)) return shape;
    const shape = this.#shapes.length < MOST_SHAPES ? Shape.of(context) : null;
    if (shape !== null) this.#shapes.push(shape);
    return shape;
  }

  initialContext(self: Self, input: unknown): MachineContext {
    const { context } = this.#machine.config;
    if (typeof context !== 'function') return (context ?? {}) as MachineContext;
    const spawn = (): never => refuse(this.#machine.id, 'its context spawns an actor');
    const args = { spawn, input, self };
    return { ...(context as (given: typeof args) => MachineContext)(args) };
  }

  // ---------------------------------------------------------------------------- macrosteps

  /** Has a run take its event; returns the error that the event reports, if nothing handles it. */
  react(run: Run): { error: unknown } | undefined {
    // As in XState: what starts a machine is no event to one that runs.
    const step = run.event.type === 'xstate.init' ? undefined : this.table.stepOnEvent(run);
    if (step === undefined && run.event.type.startsWith('xstate.error.actor')) {
      return { error: (run.event as { error?: unknown }).error };
    }
    if (step !== undefined) take(step, run);
    this.rest(run, false, 0);
    return undefined;
  }

  /**
   * Takes all steps until the machine rests. An eventless one that changed nothing is not asked for
   * again before the next event: then it is settled. `count` is how often it was asked already.
   */
  rest(run: Run, settled: boolean, asked: number): void {
    const { table } = this;
    let isSettled = settled;
    let count = asked;
    while (!run.isDone) {
      if (++count > this.#maxSteps) this.#giveUp();
      const { changes } = run;
      const eventless = isSettled ? undefined : table.stepWithoutEvent(run);
      isSettled = false;
      if (eventless !== undefined) {
        take(eventless, run);
        isSettled = run.changes === changes;
      } else {
        if (!run.proceed()) return;
        const step = table.stepOnEvent(run);
        if (step !== undefined) take(step, run);
      }
    }
  }

  #giveUp(): never {
    throw new Error(
      `expected the machine to rest after at most ${this.#maxSteps} steps, but it goes on: see whether eventless transitions or raised events go round in a circle`,
    );
  }

  /** One that did not come into its initial states. */
  failedSnapshotOf(context: MachineContext, error: unknown): Snapshot {
    const { initial, outset } = this.table;
    // As XState has it: the value it would have, of states that were not entered.
    const { value } = initial.next;
    return { ...this.snapshotOf(outset, context), value, status: 'error', error } as Snapshot;
  }

  snapshotOf(
    row: Row,
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

/** What starts a machine. */
export function initEvent(input: unknown): EventObject {
  return { type: 'xstate.init', input } as EventObject;
}

function take({ operations, next, isChange }: Step, run: Run): void {
  for (let i = 0; i < operations.length; i++) (operations[i] as Operation).perform(run);
  if (isChange) run.changes++;
  run.row = next;
}
