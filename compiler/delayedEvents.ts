/**
 * The actor system of a compiled actor: nothing but a scheduler of delayed events, which `raise` and
 * `cancel` look for. The timers of `after` are elsewhere: timers.ts.
 */
import type { AnyActorScope, EventObject } from 'xstate';
import type { Clock } from './timers.js';

/** An actor that has delayed events. */
export interface DelayedEventsOwner {
  readonly clock: Clock;
  /** Undefined until the first delayed event: most actors have none. */
  delayedEvents: DelayedEvents | undefined;
  send(event: EventObject): void;
}

/** The delayed events of one actor, by their ids. */
export class DelayedEvents {
  readonly #owner: DelayedEventsOwner;
  readonly #handles = new Map<string, unknown>();

  constructor(owner: DelayedEventsOwner) {
    this.#owner = owner;
  }

  schedule(event: EventObject, ms: number, id: string): void {
    const handle = this.#owner.clock.setTimeout(() => {
      this.#handles.delete(id);
      this.#owner.send(event);
    }, ms);
    this.#handles.set(id, handle);
  }

  cancel(id: string): void {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    if (handle !== undefined) this.#owner.clock.clearTimeout(handle);
  }

  cancelAll(): void {
    for (const id of this.#handles.keys()) this.cancel(id);
  }
}

let anonymous = 0;

/** The `system` of all compiled actors. An event without an id gets a unique one. */
export const SCHEDULING_SYSTEM = {
  scheduler: {
    schedule(
      owner: DelayedEventsOwner,
      _: unknown,
      event: EventObject,
      ms: number,
      id?: string,
    ): void {
      owner.delayedEvents ??= new DelayedEvents(owner);
      owner.delayedEvents.schedule(event, ms, id ?? `${anonymous++}`);
    },
    cancel(owner: DelayedEventsOwner, id: string): void {
      owner.delayedEvents?.cancel(id);
    },
  },
} as unknown as AnyActorScope['system'];
