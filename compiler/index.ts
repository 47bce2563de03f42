/**
 * Compiles a machine to a table and to code: the same behaviour, with everything that depends on the
 * machine alone computed beforehand. README.md tells how.
 *
 * Rule 1. The machine stays the single source. A compiled logic adds nothing.
 * Rule 2. Subscribers, listeners, clocks and persisted snapshots see no difference. Inspectors see
 *         events and snapshots, but neither microsteps nor actions: give them the machine.
 * Rule 3. `compile` refuses a machine with unsupported features, and names the state: actors that
 *         are invoked or spawned, and actions that address other actors. Some features show only in
 *         a call (`spawn` in an assigner, `enqueue.sendTo`). That call throws.
 */
import type {
  ActorLogic,
  ActorSystem,
  ActorSystemInfo,
  AnyStateMachine,
  EmittedFrom,
  EventFrom,
  InputFrom,
  Observer,
  Snapshot,
  SnapshotFrom,
  Subscription,
} from 'xstate';
import { type ActorOptions, CompiledActor } from './actor.js';
import { Logic } from './logic.js';

/** A compiled machine, for `createActor` or `createCompiledActor`. */
export type CompiledLogic<M extends AnyStateMachine> = ActorLogic<
  SnapshotFrom<M>,
  EventFrom<M>,
  InputFrom<M>,
  ActorSystem<ActorSystemInfo>,
  EmittedFrom<M>
>;

/** The common interface of a compiled actor and of XState's actor. */
export interface MachineActor<M extends AnyStateMachine> {
  readonly id: string;
  start(): this;
  stop(): this;
  send(event: EventFrom<M>): void;
  on<T extends EmittedFrom<M>['type'] | '*'>(
    type: T,
    handler: (event: EmittedFrom<M> & (T extends '*' ? unknown : { type: T })) => void,
  ): Subscription;
  subscribe(observer: Observer<SnapshotFrom<M>>): Subscription;
  subscribe(
    next?: (snapshot: SnapshotFrom<M>) => void,
    error?: (error: unknown) => void,
    complete?: () => void,
  ): Subscription;
  getSnapshot(): SnapshotFrom<M>;
  getPersistedSnapshot(): Snapshot<unknown>;
}

/** The options of a compiled actor. */
export interface CompiledActorOptions<M extends AnyStateMachine> extends ActorOptions {
  input?: InputFrom<M> | undefined;
  snapshot?: Snapshot<unknown> | undefined;
}

/**
 * Compiles a machine. The logic behaves like the machine, and is many times as fast. Throws an error
 * that names the state if the machine uses an unsupported feature.
 */
export function compile<M extends AnyStateMachine>(machine: M): CompiledLogic<M> {
  if ((machine as Partial<M> | undefined)?.root === undefined) {
    throw new Error(
      `expected a machine of XState 5, but got ${typeof machine}: pass what createMachine() returns`,
    );
  }
  return new Logic(machine) as unknown as CompiledLogic<M>;
}

/**
 * Creates an actor of a compiled machine, like `createActor`, but without the actor system, which
 * costs more than the machine. Its actions find neither parent nor children.
 */
export function createCompiledActor<M extends AnyStateMachine>(
  logic: CompiledLogic<M>,
  options: CompiledActorOptions<M>,
): MachineActor<M> {
  if (!(logic instanceof Logic)) throw new Error('expected what compile() returns');
  return new CompiledActor(logic, options) as unknown as MachineActor<M>;
}
