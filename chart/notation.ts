/**
 * How a chart writes the parts of a machine: causes, guards, actions and invoked actors. A part with a name
 * is written by its name, any other part as `inline`.
 *
 * Rule 1. This file runs no function of a machine: a guard, a delay or an input is only named.
 * Rule 2. This file does not use `instanceof`: the machine may come from another copy of XState.
 */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** The names that JavaScript gives a function for its place in a machine. They say nothing. */
const PLACES = new Set(['', 'guard', 'actions', 'entry', 'exit', 'src', 'type']);

/** The cause of a transition: an event's type, `after` a delay, `always`, or `done`. */
export function causeText(transition: AnyTransitionDefinition): string {
  const { eventType, source } = transition;
  const { delay } = transition as { delay?: number | string };
  if (eventType === '') return 'always';
  if (delay !== undefined) return `after ${typeof delay === 'number' ? `${delay} ms` : delay}`;
  if (eventType === `xstate.done.state.${source.id}`) return 'done';
  for (const [prefix, word] of ACTOR_EVENTS) {
    if (!eventType.startsWith(prefix)) continue;
    const id = eventType.slice(prefix.length);
    const invoke = source.invoke.find((one) => one.id === id);
    return invoke === undefined ? eventType : `${word} ${invokeText(invoke)}`;
  }
  return eventType;
}

const ACTOR_EVENTS = [
  ['xstate.done.actor.', 'done'],
  ['xstate.error.actor.', 'error'],
  ['xstate.snapshot.', 'snapshot'],
] as const;

/** An invoked actor: the name of its logic, and its id where that differs. */
export function invokeText({ id, src }: AnyStateNode['invoke'][number]): string {
  const name = String(src);
  const isNamed = !name.startsWith('xstate.invoke.');
  const isIdGiven = !/^\d+\./.test(id);
  if (!isNamed) return isIdGiven ? id : 'inline';
  return isIdGiven && id !== name ? `${name} as ${id}` : name;
}

/** A guard, with the operands of `and`, `or` and `not`. */
export function guardText(guard: unknown): string {
  if (typeof guard !== 'function') return referenceText(guard);
  const { guards, stateValue } = guard as { guards?: unknown[]; stateValue?: unknown };
  if (stateValue !== undefined) {
    return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
  }
  if (!Array.isArray(guards)) return nameOf(guard);
  const operands = guards.map((one) => {
    const words = guardText(one);
    return isCombined(one) ? `(${words})` : words;
  });
  if (guard.name === 'not') return `not ${operands.join(' ')}`;
  return operands.join(guard.name === 'or' ? ' or ' : ' and ');
}

function isCombined(guard: unknown): boolean {
  const { guards } = guard as { guards?: unknown[] };
  return Array.isArray(guards) && guards.length > 1;
}

/** An action. One of XState's own is written by its kind, with the type of a fixed event. */
export function actionText(action: unknown): string {
  const { type, event } = action as { type?: unknown; event?: { type?: unknown } };
  if (typeof type === 'string' && type.startsWith('xstate.')) {
    const words = type.slice('xstate.'.length);
    return typeof event?.type === 'string' ? `${words} ${event.type}` : words;
  }
  return typeof action === 'function' ? nameOf(action) : referenceText(action);
}

/** A reference to an implementation in `setup()`: a string, or an object with parameters. */
function referenceText(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type, params } = reference as { type?: unknown; params?: unknown };
  if (typeof type !== 'string') return 'inline';
  if (typeof params !== 'object' || params === null) return type;
  const pairs = Object.entries(params).map(([name, value]) => `${name}: ${valueText(value)}`);
  return pairs.length === 0 ? type : `${type}(${pairs.join(', ')})`;
}

function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  return typeof value === 'function' ? nameOf(value) : String(value);
}

function nameOf({ name }: { name: string }): string {
  return PLACES.has(name) ? 'inline' : name;
}
