/**
 * The timers of one actor that runs a compiled machine, whichever kind of actor. XState's own scheduler
 * would be the most costly part of an event; other delayed events are left to it.
 *
 * Rule 1. A compiled actor has them in itself: one place in memory fewer to go to for every event.
 */
import type { AnyActor, AnyActorScope, EventObject } from 'xstate';

/** Where the timers come from: as XState's `Clock`. */
export interface Clock {
  readonly setTimeout: (call: () => void, ms: number) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: each clock has handles of its own kind
  readonly clearTimeout: (handle: any) => void;
  /** Makes a timer that can be set again and again, for a clock that has such. */
  readonly timer?: (target: Pick<Timed, 'send'>) => Resettable;
}

/** A timer that can be set again and again. */
export interface Resettable {
  /** What it is to send; undefined where it can be set to send anything. */
  readonly event: EventObject | undefined;
  /** Sends an event in so many ms; one that is set anew sends nothing that it was set for before. */
  start(event: EventObject, ms: number): void;
  stop(): void;
  /** Stops it for good. */
  end(): void;
}

/**
 * A timer of a clock that knows none. It sends one event for ever, as XState's scheduler has it: what is
 * armed twice comes twice, and the first that comes makes it forget the second.
 */
class Timeout implements Resettable {
  readonly #target: Timed;
  readonly event: EventObject;
  #handle: unknown = undefined;

  constructor(target: Timed, event: EventObject) {
    this.#target = target;
    this.event = event;
  }

  start(event: EventObject, ms: number): void {
    this.#handle = this.#target.clock.setTimeout(() => {
      this.#handle = undefined;
      this.#target.send(event);
    }, ms);
  }

  stop(): void {
    if (this.#handle !== undefined) this.#target.clock.clearTimeout(this.#handle);
    this.#handle = undefined;
  }

  end(): void {
    this.stop();
  }
}

/** What has timers, which send it their events. */
export abstract class Timed {
  /** The one timer that most actors need at a time, which is set for one `after` after the other. */
  #first: Resettable | undefined = undefined;
  #others: Resettable[] | undefined = undefined;

  abstract readonly clock: Clock;
  abstract send(event: EventObject): void;

  /** Sends this event in so many ms. */
  arm(event: EventObject, ms: number): void {
    const timer = this.#find(event) ?? this.#find(undefined) ?? this.#make(event);
    timer.start(event, ms);
  }

  /** Does not send this event. */
  clear(event: EventObject): void {
    this.#find(event)?.stop();
  }

  clearAll(): void {
    this.#first?.end();
    for (const timer of this.#others ?? []) timer.end();
  }

  /** The timer that is to send an event; for undefined, one that can be set to send any. */
  #find(event: EventObject | undefined): Resettable | undefined {
    if (this.#first === undefined || this.#first.event === event) return this.#first;
    return this.#others?.find((timer) => timer.event === event);
  }

  #make(event: EventObject): Resettable {
    const timer = this.clock.timer?.(this) ?? new Timeout(this, event);
    if (this.#first === undefined) this.#first = timer;
    else {
      this.#others ??= [];
      this.#others.push(timer);
    }
    return timer;
  }
}

const running = new WeakMap<AnyActorScope, ActorTimers>();

/** The timers of an actor of XState's. */
export class ActorTimers extends Timed {
  readonly #actor: AnyActor;

  private constructor(actor: AnyActor) {
    super();
    this.#actor = actor;
  }

  /** Those of one that runs; undefined for one that does not. */
  static of(scope: AnyActorScope): ActorTimers | undefined {
    return running.get(scope);
  }

  static begin(scope: AnyActorScope): void {
    running.set(scope, new ActorTimers(scope.self as AnyActor));
  }

  get clock(): Clock {
    return this.#actor.clock;
  }

  send(event: EventObject): void {
    this.#actor.send(event);
  }
}
