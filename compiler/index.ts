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
  AnyStateMachine,
  EmittedFrom,
  EventFrom,
  InputFrom,
  Observer,
  Snapshot,
  SnapshotFrom,
  Subscription,
} from 'xstate';
import { CompiledActor } from './actor.js';
import { Logic } from './logic.js';
import type { Clock } from './timers.js';

/** A compiled machine, for `createActor` or `createCompiledActor`. */
export type CompiledLogic<M extends AnyStateMachine> = ActorLogic<
  SnapshotFrom<M>,
  EventFrom<M>,
  InputFrom<M>,
  ActorSystem<ActorSystemInfo>,
  EmittedFrom<M>
>;

/** What every actor of a machine can do, whichever way it runs. */
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

/** What a compiled actor is given. */
export interface CompiledActorOptions<M extends AnyStateMachine> {
  /** Where its timers come from. */
  clock: Clock;
  input?: InputFrom<M> | undefined;
  /** Its name; the machine's by default. */
  id?: string | undefined;
  /** A persisted snapshot to go on from, of the machine or of its compiled logic. */
  snapshot?: Snapshot<unknown> | undefined;
  /** Where `log` actions go; nowhere by default. */
  logger?: ((...args: unknown[]) => void) | undefined;
}

/**
 * Compiles a machine. The logic behaves as the machine does, many times as fast. Throws an error that
 * names the state where the machine uses what is not supported.
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
 * Creates an actor of a compiled machine that stands alone: as `createActor` does, but without the
 * actor system, which costs more than the machine. Its actions find neither parent nor children.
 */
export function createCompiledActor<M extends AnyStateMachine>(
  logic: CompiledLogic<M>,
  options: CompiledActorOptions<M>,
): MachineActor<M> {
  if (!(logic instanceof Logic)) throw new Error('expected what compile() returns');
  return new CompiledActor(logic, options) as unknown as MachineActor<M>;
}
