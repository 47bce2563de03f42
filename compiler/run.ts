/**
 * One macrostep under way: an event, and all that follows from it before the machine rests again.
 *
 * Rule 1. What the outside sees (emits, timers) is done when the snapshot stands: an actor's
 *         listeners read the new one. So it is collected here, in order.
 * Rule 2. An actor that has not started, and a pure `transition()`, get every action through
 *         XState's own `actionExecutor` instead, which keeps them.
 * Rule 3. It is on the path of every event: no object is made here that need not be.
 */
import type { Actor, AnyActorLogic, AnyActorScope, EventObject, MachineContext } from 'xstate';
import type { Row } from './row.js';
import type { Timed } from './timers.js';

/** What guards and actions are told beside their parameters. */
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

/** The actor itself, as its actions see it. */
export type Self = Actor<AnyActorLogic>;

// What an actor has to do when the snapshot stands: the kind, and behind it what it is done with.
export const EMIT = 0;
/** The event of a timer, and behind it its delay in ms. */
export const ARM = 1;
export const CLEAR = 2;
const CALL = 3;

export class Run {
  /** Where actions go that XState keeps for the start, or for `transition()`. */
  readonly scope: AnyActorScope | undefined;
  readonly self: Self;
  readonly system: AnyActorScope['system'];
  /** The states that were active when the current step began. */
  row: Row;
  event: EventObject;
  context: MachineContext;
  /** How often something has changed that a new snapshot has to show. */
  changes = 0;
  isDone = false;
  output: unknown = undefined;
  /** Whether the actor has been started. */
  readonly isStarted: boolean;
  /** Kinds and what they are done with, in turn: the first `#used` of them. */
  #effects: unknown[] | undefined = undefined;
  #used = 0;
  #raised: EventObject[] | undefined = undefined;
  /** What waits for the start. */
  #actions: (() => void)[] | undefined = undefined;
  #args: Args | undefined = undefined;

  constructor(
    scope: AnyActorScope | undefined,
    self: Self,
    system: AnyActorScope['system'],
    row: Row,
    event: EventObject,
    context: MachineContext,
    isStarted: boolean,
  ) {
    this.isStarted = isStarted;
    this.scope = scope;
    this.self = self;
    this.system = system;
    this.row = row;
    this.event = event;
    this.context = context;
  }

  /** The same object until the context or the event changes. */
  get args(): Args {
    this.#args ??= new Args(this.context, this.event, this.self, this.system);
    return this.#args;
  }

  emit(event: EventObject): void {
    this.#add(EMIT, event);
  }

  /** Sends the event of an `after` in so many ms, unless it is cleared. */
  arm(event: EventObject, ms: number): void {
    this.#add(ARM, event);
    (this.#effects as unknown[])[this.#used++] = ms;
  }

  clear(event: EventObject): void {
    this.#add(CLEAR, event);
  }

  call(effect: () => void): void {
    this.#add(CALL, effect);
  }

  /** Does what an action itself does: at once, but not before the start. */
  act(action: () => void): void {
    if (this.isStarted) action();
    else {
      this.#actions ??= [];
      this.#actions.push(action);
    }
  }

  /** Does what waited for the start: the actions first, then the effects, all in order. */
  start(actor: { emit(event: EventObject): void }, timers: Timed): void {
    for (const action of this.#actions ?? []) action();
    if (this.hasEffects) this.carryOut(actor, timers);
  }

  /** Has these wait, with nothing before them. */
  adopt(effects: unknown[]): void {
    this.#effects = effects;
    this.#used = effects.length;
  }

  #add(kind: number, effect: unknown): void {
    // Room for what a step usually has, so that the array need not grow.
    this.#effects ??= [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    this.#effects[this.#used] = kind;
    this.#effects[this.#used + 1] = effect;
    this.#used += 2;
  }

  /** Whether anything waits for the snapshot. */
  get hasEffects(): boolean {
    return this.#used > 0;
  }

  /** Does all that waited for the snapshot, in order; there must be something. */
  carryOut(actor: { emit(event: EventObject): void }, timers: Timed): void {
    const effects = this.#effects as unknown[];
    for (let i = 0; i < this.#used; i += 2) {
      const effect = effects[i + 1];
      switch (effects[i]) {
        case EMIT:
          actor.emit(effect as EventObject);
          break;
        case ARM:
          timers.arm(effect as EventObject, effects[i + 2] as number);
          i++;
          break;
        case CLEAR:
          timers.clear(effect as EventObject);
          break;
        default:
          (effect as () => void)();
      }
    }
  }

  /** Sets some keys of the context. */
  update(update: object): void {
    this.context = { ...this.context, ...update };
    this.changes++;
    this.#args = undefined;
  }

  raise(event: EventObject): void {
    this.#raised ??= [];
    this.#raised.push(event);
  }

  /** Turns to the next raised event; false if there is none. */
  proceed(): boolean {
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
