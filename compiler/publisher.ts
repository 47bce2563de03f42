/**
 * What an actor shows to others: emitted events to listeners, snapshots to observers.
 *
 * Rule 1. An error of a listener or an observer never reaches the actor. It ends the process, like
 *         any unhandled error, as with XState's actors.
 * Rule 2. This is a base class, not a part, and has no private methods. So the actor has the lists in
 *         its own memory, which every event reads, and no field more than these.
 */
import {
  type AnyMachineSnapshot,
  type EventObject,
  type Observer,
  type Subscription,
  toObserver,
} from 'xstate';
import { EmitListener, withListener, withoutListener } from './listeners.js';
import { TimerOwner } from './timers.js';

const NONE: readonly never[] = [];

let subscriptions = 0;

export abstract class Publisher extends TimerOwner {
  /** Undefined without observers: most actors have none. */
  #observers: Set<Partial<Observer<AnyMachineSnapshot>>> | undefined = undefined;
  #listeners: EmitListener | undefined = undefined;

  /** Whether the actor takes no more events. */
  protected abstract readonly isOver: boolean;
  abstract getSnapshot(): AnyMachineSnapshot;

  /** Listens to emitted events of a type; `*` means all types. */
  on(type: string, handler: (event: EventObject) => void): Subscription {
    const id = subscriptions++;
    this.#listeners = withListener(this.#listeners, new EmitListener(type, handler, undefined, id));
    return {
      unsubscribe: () => {
        this.#listeners = withoutListener(this.#listeners, id);
      },
    };
  }

  emit(event: EventObject): void {
    for (let at = this.#listeners; at !== undefined; at = at.next) {
      const { type, handler } = at;
      if (type !== event.type && type !== '*') continue;
      try {
        handler(event);
      } catch (error) {
        report(error);
      }
    }
  }

  subscribe(...handlers: Parameters<typeof toObserver<AnyMachineSnapshot>>): Subscription {
    const observer = toObserver(...handlers);
    if (this.isOver) notifyLate(observer, this.getSnapshot());
    else {
      this.#observers ??= new Set();
      this.#observers.add(observer);
    }
    return {
      unsubscribe: () => {
        this.#observers?.delete(observer);
      },
    };
  }

  protected get hasObservers(): boolean {
    return this.#observers !== undefined;
  }

  /** Observers that change during the loop may or may not be called. */
  protected notifyNext(snapshot: AnyMachineSnapshot): void {
    for (const observer of this.#observers ?? NONE) attempt(() => observer.next?.(snapshot));
  }

  /** The last notification of an actor that is done or stopped. */
  protected notifyComplete(): void {
    for (const observer of this.#observers ?? NONE) attempt(() => observer.complete?.());
    this.#observers = undefined;
    this.#listeners = undefined;
  }

  /** The last notification of an actor that failed. */
  protected notifyError(error: unknown): void {
    let isUnhandled = (this.#observers?.size ?? 0) === 0;
    for (const observer of this.#observers ?? NONE) {
      isUnhandled ||= observer.error === undefined;
      attempt(() => observer.error?.(error));
    }
    if (isUnhandled) report(error);
    this.#observers = undefined;
    this.#listeners = undefined;
  }
}

/** Tells an observer that subscribes after the end how the actor ended. */
function notifyLate(
  observer: Partial<Observer<AnyMachineSnapshot>>,
  { status, error }: AnyMachineSnapshot,
): void {
  if (status === 'done') attempt(() => observer.complete?.());
  if (status !== 'error') return;
  if (observer.error === undefined) report(error);
  else attempt(() => observer.error?.(error));
}

function attempt(notify: () => void): void {
  try {
    notify();
  } catch (error) {
    report(error);
  }
}

/** Throws an error outside the actor, where it ends the process unless something handles it. */
function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
