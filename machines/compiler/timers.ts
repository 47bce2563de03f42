/**
 * The timers of XState's actors that run a compiled logic. XState's own scheduler would be the most
 * costly part of an event; that of other delayed events is left to it.
 */
import type { AnyActor, AnyActorScope } from 'xstate';
import type { Timer } from './run.js';

const running = new WeakMap<AnyActorScope, Timers>();

export class Timers {
  readonly #actor: AnyActor;
  readonly #handles: unknown[] = [];

  private constructor(actor: AnyActor) {
    this.#actor = actor;
  }

  /** The timers of an actor that runs; undefined for one that does not. */
  static of(scope: AnyActorScope): Timers | undefined {
    return running.get(scope);
  }

  /** An actor starts. */
  static begin(scope: AnyActorScope): void {
    running.set(scope, new Timers(scope.self as AnyActor));
  }

  set({ slot, event }: Timer, delay: number): void {
    this.#handles[slot] = this.#actor.clock.setTimeout(() => {
      this.#handles[slot] = undefined;
      this.#actor.send(event);
    }, delay);
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
    this.#handles.length = 0;
  }
}
