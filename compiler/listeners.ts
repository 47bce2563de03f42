/**
 * Who listens to what an actor emits: a list that is never changed, since listeners may come and go
 * while they are told. It is linked: an array would be two more places in memory for every event.
 */
import type { EventObject } from 'xstate';

type Handler = (event: EventObject) => void;

/** A listener, and those that are told after it. */
export class Listener {
  /** The type of event it listens to, or `*` for all. */
  readonly type: string;
  readonly handler: Handler;
  readonly next: Listener | undefined;
  /** The same in all lists. */
  readonly id: number;

  constructor(type: string, handler: Handler, next: Listener | undefined, id: number) {
    this.type = type;
    this.handler = handler;
    this.next = next;
    this.id = id;
  }
}

/** A list with one more: those of one type are told first, then those of all. */
export function added(list: Listener | undefined, one: Listener): Listener {
  const before = each(list);
  const ofAll = one.type === '*' ? -1 : before.findIndex(({ type }) => type === '*');
  const at = ofAll === -1 ? before.length : ofAll;
  return linked([...before.slice(0, at), one, ...before.slice(at)]) as Listener;
}

export function removed(list: Listener | undefined, id: number): Listener | undefined {
  return linked(each(list).filter((one) => one.id !== id));
}

function each(list: Listener | undefined): Listener[] {
  const all: Listener[] = [];
  for (let one = list; one !== undefined; one = one.next) all.push(one);
  return all;
}

function linked(all: readonly Listener[]): Listener | undefined {
  let first: Listener | undefined;
  for (const { type, handler, id } of all.toReversed()) {
    first = new Listener(type, handler, first, id);
  }
  return first;
}
