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
}

interface Timed {
  readonly clock: Clock;
  send(event: EventObject): void;
}

const running = new WeakMap<AnyActorScope, Timers>();

export class Timers {
  readonly #actor: Timed;
  /** What the clock has returned, and what it calls, by the slots of the timers. */
  readonly #handles: unknown[];
  readonly #calls: ((() => void) | undefined)[];

  constructor(actor: Timed, count: number) {
    this.#actor = actor;
    this.#handles = new Array(count).fill(undefined);
    this.#calls = new Array(count).fill(undefined);
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
    // What the clock calls is made once, not with every message.
    let call = this.#calls[slot];
    if (call === undefined) {
      call = () => {
        this.#handles[slot] = undefined;
        this.#actor.send(event);
      };
      this.#calls[slot] = call;
    }
    this.#handles[slot] = this.#actor.clock.setTimeout(call, ms);
  }

  clear({ slot }: Timer): void {
    const handle = this.#handles[slot];
    if (handle === undefined) return;
    this.#handles[slot] = undefined;
    this.#actor.clock.clearTimeout(handle);
  }

  clearAll(): void {
    for (const handle of this.#handles) {
      if (handle !== undefined) this.#actor.clock.clearTimeout(handle);
    }
    this.#handles.fill(undefined);
  }
}
