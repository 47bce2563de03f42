/**
 * Timers: the delayed events of `after`, for any actor that runs a compiled machine. XState's own
 * scheduler would cost more than the rest of an event. It keeps the other delayed events.
 *
 * Rule 1. A compiled actor is its own timer owner: that saves one place in memory for every event.
 */
import type { ActorOptions, AnyActor, AnyActorLogic, AnyActorScope, EventObject } from 'xstate';

type XStateClock = NonNullable<ActorOptions<AnyActorLogic>['clock']>;

/** The source of timers: XState's `Clock`, which may also make resettable timers. */
export interface Clock extends Pick<XStateClock, 'setTimeout' | 'clearTimeout'> {
  /** Makes a timer that sends its events to the target. */
  readonly timer?: (target: Pick<TimerOwner, 'send'>) => ResettableTimer;
}

/** A timer that can be started again and again. */
export interface ResettableTimer {
  /** The event of the running timer; undefined if the timer is free for any event. */
  readonly event: EventObject | undefined;
  /** Sends the event after `ms`. A start replaces the start before. */
  start(event: EventObject, ms: number): void;
  stop(): void;
  /** Stops the timer for good. */
  end(): void;
}

/**
 * A timer of a clock that makes no resettable ones. It serves one event, as XState's scheduler does:
 * an event started twice comes twice, and the first to come makes the timer forget the second.
 */
class OneEventTimer implements ResettableTimer {
  readonly #target: TimerOwner;
  readonly event: EventObject;
  #handle: unknown = undefined;

  constructor(target: TimerOwner, event: EventObject) {
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

/** An object that owns timers and receives their events. */
export abstract class TimerOwner {
  /** The first timer. Most actors need one at a time, and start it for one `after` after another. */
  #first: ResettableTimer | undefined = undefined;
  #others: ResettableTimer[] | undefined = undefined;

  abstract readonly clock: Clock;
  abstract send(event: EventObject): void;

  /** Sends this event after `ms`. */
  arm(event: EventObject, ms: number): void {
    const timer = this.findTimer(event) ?? this.findTimer(undefined) ?? this.makeTimer(event);
    timer.start(event, ms);
  }

  /** Cancels this event. */
  clear(event: EventObject): void {
    this.findTimer(event)?.stop();
  }

  clearAll(): void {
    this.#first?.end();
    for (const timer of this.#others ?? []) timer.end();
  }

  // These are not `#private`: methods of that kind add a field to every actor.

  /** The timer of an event; for undefined, a timer that is free. */
  protected findTimer(event: EventObject | undefined): ResettableTimer | undefined {
    if (this.#first === undefined || this.#first.event === event) return this.#first;
    return this.#others?.find((timer) => timer.event === event);
  }

  protected makeTimer(event: EventObject): ResettableTimer {
    const timer = this.clock.timer?.(this) ?? new OneEventTimer(this, event);
    if (this.#first === undefined) this.#first = timer;
    else {
      this.#others ??= [];
      this.#others.push(timer);
    }
    return timer;
  }
}

const running = new WeakMap<AnyActorScope, ActorTimers>();

/** The timers of an XState actor that runs a compiled machine. */
export class ActorTimers extends TimerOwner {
  readonly #actor: AnyActor;

  private constructor(actor: AnyActor) {
    super();
    this.#actor = actor;
  }

  /** The timers of an actor; undefined before the actor starts. */
  static of(scope: AnyActorScope): ActorTimers | undefined {
    return running.get(scope);
  }

  static create(scope: AnyActorScope): void {
    running.set(scope, new ActorTimers(scope.self as AnyActor));
  }

  get clock(): Clock {
    return this.#actor.clock;
  }

  send(event: EventObject): void {
    this.#actor.send(event);
  }
}
