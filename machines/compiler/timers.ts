/**
 * The timers of one actor that runs a compiled machine, whichever kind of actor. XState's own scheduler
 * would be the most costly part of an event; other delayed events are left to it.
 */
import type { AnyActor, AnyActorScope, EventObject } from 'xstate';
import type { Timer } from './run.js';

/** Where the timers come from: as XState's `Clock`. */
export interface Clock {
  readonly setTimeout: (call: () => void, ms: number) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: each clock has handles of its own kind
  readonly clearTimeout: (handle: any) => void;
  /** Makes a timer that can be set again and again, for a clock that has such. */
  readonly timer?: (target: Timed, event: EventObject) => Resettable;
}

/** A timer that can be set again and again. */
export interface Resettable {
  /** Sends its event in so many ms; it is not running yet. */
  start(ms: number): void;
  stop(): void;
  /** Stops it for good. */
  end(): void;
}

interface Timed {
  readonly clock: Clock;
  send(event: EventObject): void;
}

/** A timer of a clock that knows none. */
class Timeout implements Resettable {
  readonly #target: Timed;
  readonly #event: EventObject;
  #handle: unknown = undefined;

  constructor(target: Timed, event: EventObject) {
    this.#target = target;
    this.#event = event;
  }

  start(ms: number): void {
    this.#handle = this.#target.clock.setTimeout(() => {
      this.#handle = undefined;
      this.#target.send(this.#event);
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

const running = new WeakMap<AnyActorScope, Timers>();

export class Timers {
  readonly #actor: Timed;
  /** By the slots of the timers; each is made when it is first armed, not with every message. */
  readonly #timers: (Resettable | undefined)[];

  constructor(actor: Timed, count: number) {
    this.#actor = actor;
    this.#timers = new Array(count);
  }

  /** The timers of an actor of XState's that runs; undefined for one that does not. */
  static of(scope: AnyActorScope): Timers | undefined {
    return running.get(scope);
  }

  /** An actor of XState's starts. */
  static begin(scope: AnyActorScope, count: number): void {
    running.set(scope, new Timers(scope.self as AnyActor, count));
  }

  arm({ slot, event }: Timer, ms: number): void {
    let timer = this.#timers[slot];
    if (timer === undefined) {
      const { clock } = this.#actor;
      timer = clock.timer?.(this.#actor, event) ?? new Timeout(this.#actor, event);
      this.#timers[slot] = timer;
    }
    timer.start(ms);
  }

  clear({ slot }: Timer): void {
    this.#timers[slot]?.stop();
  }

  clearAll(): void {
    for (const timer of this.#timers) timer?.end();
  }
}
