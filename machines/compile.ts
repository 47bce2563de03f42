/**
 * Compiles a machine to a table: the same behaviour, with everything that depends on the machine
 * alone looked up beforehand.
 *
 * Rule 1. The machine stays the single source; a compiled logic has nothing of its own to say.
 * Rule 2. Whatever a subscriber, a listener, a clock or a persisted snapshot can tell is the same.
 *         Inspectors see events and snapshots, but neither microsteps nor actions: give them the
 *         machine.
 * Rule 3. What is not supported is refused when compiling, with the name of the state: actors that
 *         are invoked or spawned, and actions that address other actors. Where only a call can tell
 *         (`spawn` in an assigner, `enqueue.sendTo`), it is refused in that call.
 */
import type {
  ActorLogic,
  ActorSystem,
  ActorSystemInfo,
  AnyActor,
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EmittedFrom,
  EventFrom,
  EventObject,
  InputFrom,
  MachineContext,
  SnapshotFrom,
} from 'xstate';
import { refuse } from './compiler/refuse.js';
import { Run, Timers } from './compiler/run.js';
import { type Row, type Step, Table } from './compiler/table.js';

/** A compiled machine, for `createActor`. */
export type CompiledLogic<M extends AnyStateMachine> = ActorLogic<
  SnapshotFrom<M>,
  EventFrom<M>,
  InputFrom<M>,
  ActorSystem<ActorSystemInfo>,
  EmittedFrom<M>
>;

/**
 * Compiles a machine. The logic behaves as the machine does, several times as fast. Throws an error
 * that names the state if the machine uses what is not supported.
 */
export function compile<M extends AnyStateMachine>(machine: M): CompiledLogic<M> {
  return new Compiled(machine) as unknown as CompiledLogic<M>;
}

/** A snapshot as XState makes it. */
type Snapshot = AnyMachineSnapshot;
type Methods = Pick<Snapshot, 'matches' | 'hasTag' | 'can' | 'getMeta' | 'toJSON'>;

class Compiled {
  readonly config: unknown;
  readonly #machine: AnyStateMachine;
  readonly #table: Table;
  readonly #maxSteps: number;
  /** The methods of a snapshot are XState's own. */
  readonly #methods: Methods;
  /** The actors that run, with their timers. */
  readonly #running = new WeakMap<AnyActorScope, Timers>();

  constructor(machine: AnyStateMachine) {
    this.config = machine.config;
    this.#machine = machine;
    this.#table = new Table(machine);
    this.#maxSteps = machine.options.maxIterations ?? Number.POSITIVE_INFINITY;
    const { value } = this.#table.initial.next;
    const { matches, hasTag, can, getMeta, toJSON } = machine.resolveState({ value, context: {} });
    this.#methods = { matches, hasTag, can, getMeta, toJSON };
  }

  getPersistedSnapshot(snapshot: Snapshot, options?: unknown): unknown {
    return this.#machine.getPersistedSnapshot(snapshot, options);
  }

  restoreSnapshot(persisted: Snapshot, scope: AnyActorScope): Snapshot {
    return this.#machine.restoreSnapshot(persisted, scope as never);
  }

  start(_: Snapshot, scope: AnyActorScope): void {
    this.#running.set(scope, new Timers(scope.self as AnyActor));
  }

  transition(before: Snapshot, event: EventObject, scope: AnyActorScope): Snapshot {
    if (event.type === '*') throw new Error("An event cannot have the wildcard type ('*')");
    const timers = this.#running.get(scope);
    if (event.type === 'xstate.stop') {
      timers?.clearAll();
      return { ...before, status: 'stopped' } as Snapshot;
    }
    try {
      const table = this.#table;
      const row = table.rowOf(before._nodes, before.historyValue);
      const run = new Run(scope, timers, row, event, before.context);
      const step = table.stepOnEvent(row, run);
      if (step === undefined && event.type.startsWith('xstate.error.actor')) {
        timers?.clearAll();
        return {
          ...before,
          status: 'error',
          error: (event as { error?: unknown }).error,
        } as Snapshot;
      }
      this.#macrostep(run, step);
      run.flush();
      return run.changes === 0 ? before : this.#snapshot(run, run.active as Row, before.children);
    } catch (error) {
      timers?.clearAll();
      throw error;
    }
  }

  getInitialSnapshot(scope: AnyActorScope, input: unknown): Snapshot {
    const { initial, outset } = this.#table;
    let context: MachineContext = {};
    try {
      context = this.#initialContext(scope, input);
      const run = new Run(
        scope,
        undefined,
        outset,
        { type: 'xstate.init', input } as EventObject,
        context,
      );
      this.#macrostep(run, initial);
      return this.#snapshot(run, run.active as Row, {});
    } catch (error) {
      // As XState has it: the value it would have, of states that were not entered.
      const run = new Run(scope, undefined, outset, { type: 'xstate.init' }, context);
      const { value } = initial.next;
      return { ...this.#snapshot(run, outset, {}), value, status: 'error', error } as Snapshot;
    }
  }

  #initialContext(scope: AnyActorScope, input: unknown): MachineContext {
    const { context } = this.#machine.config;
    if (typeof context !== 'function') return (context ?? {}) as MachineContext;
    const spawn = (): never => refuse(this.#machine.id, 'its context spawns an actor');
    const args = { spawn, input, self: scope.self };
    return { ...(context as (given: typeof args) => MachineContext)(args) };
  }

  /** Takes a step, and all that follow from it until the machine rests. */
  #macrostep(run: Run, first: Step | undefined): void {
    if (first !== undefined) take(first, run);
    // An eventless step that changed nothing is not asked for again before the next event.
    let isSettled = false;
    let count = 0;
    while (!run.isDone) {
      if (++count > this.#maxSteps)
        throw new Error(
          `no rest after ${this.#maxSteps} steps: do eventless transitions, or raised events, go round in a circle?`,
        );
      const row = run.active as Row;
      const { changes } = run;
      const eventless = isSettled ? undefined : this.#table.stepWithoutEvent(row, run);
      isSettled = false;
      if (eventless !== undefined) {
        take(eventless, run);
        isSettled = run.changes === changes;
      } else {
        if (!run.proceed()) return;
        const step = this.#table.stepOnEvent(row, run);
        if (step !== undefined) take(step, run);
      }
    }
  }

  #snapshot(run: Run, row: Row, children: Snapshot['children']): Snapshot {
    const { matches, hasTag, can, getMeta, toJSON } = this.#methods;
    const snapshot = {
      status: run.isDone ? 'done' : 'active',
      output: run.output,
      error: undefined,
      machine: this.#machine,
      context: run.context,
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

function take({ operations, next, isChange }: Step, run: Run): void {
  for (const operation of operations) operation(run);
  if (isChange) run.changes++;
  run.active = next;
}
