/**
 * What a chart says in words: the cause, the guard and the actions of a transition, and what a state
 * invokes. What has a name is called by it; what has none is called `inline`.
 *
 * Rule 1. Nothing is run: a guard, a delay or an input is a function that is only named.
 * Rule 2. Nothing is asked of `instanceof`: the machine may come from another copy of XState.
 */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** The names that a function gets from where it stands in a machine, which say nothing. */
const PLACES = new Set(['', 'guard', 'actions', 'entry', 'exit', 'src', 'type']);

/** What causes a transition: an event's type, `after` a delay, `always`, or that something is done. */
export function causeOf(transition: AnyTransitionDefinition): string {
  const { eventType, source } = transition;
  const { delay } = transition as { delay?: number | string };
  if (eventType === '') return 'always';
  if (delay !== undefined) return `after ${typeof delay === 'number' ? `${delay} ms` : delay}`;
  if (eventType === `xstate.done.state.${source.id}`) return 'done';
  for (const [prefix, word] of ACTOR_EVENTS) {
    if (!eventType.startsWith(prefix)) continue;
    const id = eventType.slice(prefix.length);
    const invoke = source.invoke.find((one) => one.id === id);
    return invoke === undefined ? eventType : `${word} ${invokeInWords(invoke)}`;
  }
  return eventType;
}

const ACTOR_EVENTS = [
  ['xstate.done.actor.', 'done'],
  ['xstate.error.actor.', 'error'],
  ['xstate.snapshot.', 'snapshot'],
] as const;

/** What a state invokes: the name of the logic, the id where it has one that is not the name. */
export function invokeInWords({ id, src }: AnyStateNode['invoke'][number]): string {
  const name = String(src);
  const isNamed = !name.startsWith('xstate.invoke.');
  const isIdGiven = !/^\d+\./.test(id);
  if (!isNamed) return isIdGiven ? id : 'inline';
  return isIdGiven && id !== name ? `${name} as ${id}` : name;
}

/** A guard, with the operands of `and`, `or` and `not`. */
export function guardInWords(guard: unknown): string {
  if (typeof guard !== 'function') return referenceInWords(guard);
  const { guards, stateValue } = guard as { guards?: unknown[]; stateValue?: unknown };
  if (stateValue !== undefined) {
    return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
  }
  if (!Array.isArray(guards)) return nameOf(guard);
  const operands = guards.map((one) => {
    const words = guardInWords(one);
    return isCombined(one) ? `(${words})` : words;
  });
  if (guard.name === 'not') return `not ${operands.join(' ')}`;
  return operands.join(guard.name === 'or' ? ' or ' : ' and ');
}

function isCombined(guard: unknown): boolean {
  const { guards } = guard as { guards?: unknown[] };
  return Array.isArray(guards) && guards.length > 1;
}

/** An action. XState's own are called by what they do, with the event where it is a fixed one. */
export function actionInWords(action: unknown): string {
  const { type, event } = action as { type?: unknown; event?: { type?: unknown } };
  if (typeof type === 'string' && type.startsWith('xstate.')) {
    const words = type.slice('xstate.'.length);
    return typeof event?.type === 'string' ? `${words} ${event.type}` : words;
  }
  return typeof action === 'function' ? nameOf(action) : referenceInWords(action);
}

/** What `setup()` knows by a name: a string, or an object with its parameters. */
function referenceInWords(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type, params } = reference as { type?: unknown; params?: unknown };
  if (typeof type !== 'string') return 'inline';
  if (typeof params !== 'object' || params === null) return type;
  const pairs = Object.entries(params).map(([name, value]) => `${name}: ${valueInWords(value)}`);
  return pairs.length === 0 ? type : `${type}(${pairs.join(', ')})`;
}

function valueInWords(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  return typeof value === 'function' ? nameOf(value) : String(value);
}

function nameOf({ name }: { name: string }): string {
  return PLACES.has(name) ? 'inline' : name;
}
