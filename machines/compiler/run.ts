/**
 * One macrostep under way: an event, and all that follows from it before the machine rests again.
 *
 * Rule 1. What the outside sees (emits, timers) is done when the snapshot stands: an actor's
 *         listeners read the new one. So it is collected, and handed to the actor once.
 * Rule 2. An actor that has not started, and a pure `transition()`, get every action through
 *         XState's own `actionExecutor` instead, which keeps them.
 */
import type { AnyActor, AnyActorScope, EventObject, MachineContext } from 'xstate';
import type { Configuration } from './configuration.js';

/** What an action is told beside its parameters. */
export interface ActionInfo {
  context: MachineContext;
  event: EventObject;
  self: AnyActorScope['self'];
  system: AnyActorScope['system'];
}

/** What an action does to a macrostep. */
export type Operation = (run: Run) => void;

/** A timer of an `after`: armed when its state is entered, cleared when it is left. */
export class Timer {
  /** Its place among the timers of the machine. */
  readonly slot: number;
  readonly event: EventObject;

  constructor(slot: number, event: EventObject) {
    this.slot = slot;
    this.event = event;
  }
}

/** Clears a timer; the counterpart of `Timer` among the effects. */
export class Clearing {
  readonly slot: number;
  readonly id: string;

  constructor(slot: number, id: string) {
    this.slot = slot;
    this.id = id;
  }
}

/** An emitted event; a timer, with its delay in ms behind it; a clearing; or a call. */
export type Effect = EventObject | Timer | number | Clearing | (() => void);

/** The timers of one running actor. */
export class Timers {
  readonly #actor: AnyActor;
  readonly #handles: unknown[] = [];

  constructor(actor: AnyActor) {
    this.#actor = actor;
  }

  set({ slot, event }: Timer, delay: number): void {
    this.#handles[slot] = this.#actor.clock.setTimeout(() => {
      this.#handles[slot] = undefined;
      this.#actor.send(event);
    }, delay);
  }

  clear({ slot, id }: Clearing): void {
    const handle = this.#handles[slot];
    this.#handles[slot] = undefined;
    if (handle !== undefined) this.#actor.clock.clearTimeout(handle);
    // Armed before the actor started, when XState's own scheduler took it.
    else this.#actor.system.scheduler.cancel(this.#actor, id);
  }

  clearAll(): void {
    for (const handle of this.#handles) {
      if (handle !== undefined) this.#actor.clock.clearTimeout(handle);
    }
    this.#handles.length = 0;
  }
}

export class Run {
  readonly scope: AnyActorScope;
  /** The timers of an actor that runs; undefined for one that does not. */
  readonly timers: Timers | undefined;
  /** The states that were active when the current step began. */
  active: Configuration;
  event: EventObject;
  context: MachineContext;
  /** How often something has changed that a new snapshot has to show. */
  changes = 0;
  isDone = false;
  output: unknown = undefined;
  #raised: EventObject[] | undefined = undefined;
  #effects: Effect[] | undefined = undefined;
  #info: ActionInfo | undefined = undefined;

  constructor(
    scope: AnyActorScope,
    timers: Timers | undefined,
    active: Configuration,
    event: EventObject,
    context: MachineContext,
  ) {
    this.scope = scope;
    this.timers = timers;
    this.active = active;
    this.event = event;
    this.context = context;
  }

  /** What actions are told: the same object until the context or the event changes. */
  get info(): ActionInfo {
    const { self, system } = this.scope;
    this.#info ??= { context: this.context, event: this.event, self, system };
    return this.#info;
  }

  assign(context: MachineContext): void {
    this.context = context;
    this.changes++;
    this.#info = undefined;
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
    this.#info = undefined;
    return true;
  }

  finish(output: unknown): void {
    this.isDone = true;
    this.changes++;
    this.output = output;
  }

  /** Keeps an effect until the snapshot stands. */
  defer(effect: Effect): void {
    if (this.#effects === undefined) this.#effects = [effect];
    else this.#effects.push(effect);
  }

  /** Hands all effects to the actor. */
  flush(): void {
    const { scope, timers } = this;
    const effects = this.#effects;
    if (effects !== undefined && timers !== undefined) {
      scope.defer(() => perform(effects, scope, timers));
    }
  }
}

function perform(effects: readonly Effect[], scope: AnyActorScope, timers: Timers): void {
  for (let i = 0; i < effects.length; i++) {
    const effect = effects[i] as Effect;
    if (effect instanceof Timer) timers.set(effect, effects[++i] as number);
    else if (effect instanceof Clearing) timers.clear(effect);
    else if (typeof effect === 'function') effect();
    else scope.emit(effect as EventObject);
  }
}
