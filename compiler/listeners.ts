/**
 * The listeners of an actor's emitted events: an immutable list, because listeners may come and go
 * while an event is emitted. The list is linked: an array would be two more places in memory for
 * every event.
 */
import type { EventObject } from 'xstate';

type Handler = (event: EventObject) => void;

/** A listener, and the rest of its list. */
export class EmitListener {
  /** The event type that it listens to, or `*` for all. */
  readonly type: string;
  readonly handler: Handler;
  readonly next: EmitListener | undefined;
  /** Identifies the listener; lists share it. */
  readonly id: number;

  constructor(type: string, handler: Handler, next: EmitListener | undefined, id: number) {
    this.type = type;
    this.handler = handler;
    this.next = next;
    this.id = id;
  }
}

/** Returns a list with one listener more. Listeners of one type precede listeners of all types. */
export function withListener(list: EmitListener | undefined, listener: EmitListener): EmitListener {
  const before = toArray(list);
  const ofAll = listener.type === '*' ? -1 : before.findIndex(({ type }) => type === '*');
  const at = ofAll === -1 ? before.length : ofAll;
  return linked([...before.slice(0, at), listener, ...before.slice(at)]) as EmitListener;
}

export function withoutListener(
  list: EmitListener | undefined,
  id: number,
): EmitListener | undefined {
  return linked(toArray(list).filter((listener) => listener.id !== id));
}

function toArray(list: EmitListener | undefined): EmitListener[] {
  const listeners: EmitListener[] = [];
  for (let at = list; at !== undefined; at = at.next) listeners.push(at);
  return listeners;
}

function linked(listeners: readonly EmitListener[]): EmitListener | undefined {
  let first: EmitListener | undefined;
  for (const { type, handler, id } of listeners.toReversed()) {
    first = new EmitListener(type, handler, first, id);
  }
  return first;
}
