/**
 * Macrosteps: an event under way, and all that follows from it until the machine rests again.
 *
 * Rule 1. Effects that the outside sees (emits, timers) happen after the new snapshot: an actor's
 *         listeners read it. A macrostep collects them in order.
 * Rule 2. An actor before its start, and a pure `transition()`, hand every action to XState's own
 *         `actionExecutor` instead, which keeps the actions.
 * Rule 3. This is on the path of every event: it makes no object that it can do without.
 */
import type { Actor, AnyActorLogic, AnyActorScope, EventObject, MachineContext } from 'xstate';
import type { Configuration } from './configuration.js';
import type { TimerOwner } from './timers.js';

/** The arguments of guards and actions, beside their parameters. */
export class Args {
  readonly context: MachineContext;
  readonly event: EventObject;
  readonly self: Self;
  readonly system: AnyActorScope['system'];

  constructor(
    context: MachineContext,
    event: EventObject,
    self: Self,
    system: AnyActorScope['system'],
  ) {
    this.context = context;
    this.event = event;
    this.self = self;
    this.system = system;
  }
}

/** The actor, as its actions see it. */
export type Self = Actor<AnyActorLogic>;

// The kinds of effects. An effect is a kind, followed by its operand.
export const EMIT = 0;
/** Its operands are the event of a timer and a delay in ms. */
export const ARM = 1;
export const CLEAR = 2;
const CALL = 3;

/** `C` is what the caller knows of a configuration: operations need less of it than the table. */
export class Macrostep<C extends Configuration = Configuration> {
  /** The destination of actions before the start, and in `transition()`; otherwise undefined. */
  readonly scope: AnyActorScope | undefined;
  readonly self: Self;
  readonly system: AnyActorScope['system'];
  /** The states that were active when the current microstep began. */
  configuration: C;
  event: EventObject;
  context: MachineContext;
  /** The number of changes that a new snapshot has to show. */
  changes = 0;
  isDone = false;
  output: unknown = undefined;
  /** Whether the actor has started. */
  readonly isStarted: boolean;
  /** Kinds and operands in turn; the first `#used` elements count. */
  #effects: unknown[] | undefined = undefined;
  #used = 0;
  #raised: EventObject[] | undefined = undefined;
  /** Actions that wait for the start. */
  #actions: (() => void)[] | undefined = undefined;
  #args: Args | undefined = undefined;

  constructor(
    scope: AnyActorScope | undefined,
    self: Self,
    system: AnyActorScope['system'],
    configuration: C,
    event: EventObject,
    context: MachineContext,
    isStarted: boolean,
  ) {
    this.isStarted = isStarted;
    this.scope = scope;
    this.self = self;
    this.system = system;
    this.configuration = configuration;
    this.event = event;
    this.context = context;
  }

  /** Returns the same object until the context or the event changes. */
  get args(): Args {
    this.#args ??= new Args(this.context, this.event, this.self, this.system);
    return this.#args;
  }

  emit(event: EventObject): void {
    this.#addEffect(EMIT, event);
  }

  /** Sends the event of an `after` in `ms`, unless it is cleared before. */
  arm(event: EventObject, ms: number): void {
    this.#addEffect(ARM, event);
    (this.#effects as unknown[])[this.#used++] = ms;
  }

  clear(event: EventObject): void {
    this.#addEffect(CLEAR, event);
  }

  /** Calls a function after the new snapshot. */
  call(effect: () => void): void {
    this.#addEffect(CALL, effect);
  }

  /** Executes an action at once; before the start, the action waits. */
  execute(action: () => void): void {
    if (this.isStarted) action();
    else {
      this.#actions ??= [];
      this.#actions.push(action);
    }
  }

  /** Does everything that waits for the start: actions first, then effects, both in order. */
  performHeld(actor: { emit(event: EventObject): void }, timers: TimerOwner): void {
    for (const action of this.#actions ?? []) action();
    if (this.hasEffects) this.performEffects(actor, timers);
  }

  /** Takes over effects from a fast path; the macrostep has none before. */
  adoptEffects(effects: unknown[]): void {
    this.#effects = effects;
    this.#used = effects.length;
  }

  #addEffect(kind: number, operand: unknown): void {
    // Twelve elements hold the effects of a usual step, so that the array need not grow.
    this.#effects ??= [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    this.#effects[this.#used] = kind;
    this.#effects[this.#used + 1] = operand;
    this.#used += 2;
  }

  /** Whether any effect waits for the snapshot. */
  get hasEffects(): boolean {
    return this.#used > 0;
  }

  /** Performs all effects in order. The caller has checked that there is one. */
  performEffects(actor: { emit(event: EventObject): void }, timers: TimerOwner): void {
    const effects = this.#effects as unknown[];
    for (let i = 0; i < this.#used; i += 2) {
      const operand = effects[i + 1];
      switch (effects[i]) {
        case EMIT:
          actor.emit(operand as EventObject);
          break;
        case ARM:
          timers.arm(operand as EventObject, effects[i + 2] as number);
          i++;
          break;
        case CLEAR:
          timers.clear(operand as EventObject);
          break;
        default:
          (operand as () => void)();
      }
    }
  }

  /** Gives some keys of the context new values. */
  update(update: object): void {
    this.context = { ...this.context, ...update };
    this.changes++;
    this.#args = undefined;
  }

  raise(event: EventObject): void {
    this.#raised ??= [];
    this.#raised.push(event);
  }

  /** Turns to the next raised event; returns false if there is none. */
  takeRaised(): boolean {
    const event = this.#raised?.shift();
    if (event === undefined) return false;
    this.event = event;
    this.#args = undefined;
    return true;
  }

  finish(output: unknown): void {
    this.isDone = true;
    this.changes++;
    this.output = output;
  }
}
