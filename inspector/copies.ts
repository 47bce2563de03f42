/**
 * Copies of machines, events and snapshots for the records, cut to their bounds.
 *
 * Rule 1. A getter, a proxy or a `toJSON` of an inspected value may throw. The copy then says that this value,
 *         and no other, is unreadable.
 * Rule 2. `Object.fromEntries` makes all objects with keys from outside: a key may be `__proto__`.
 */

import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { deadlineOf } from '../chart/names.js';
import { MORE, NAME_CHARS, STEP_ENTRIES } from './bounds.js';
import { type Budget, type Json, newBudget, preview, previewFields, shownKey } from './preview.js';
import type { ArmedDeadline, EventPreview, Status } from './records.js';
import { previewText } from './sessionView.js';
import { UNREADABLE, UNREADABLE_WORDS } from './unreadable.js';

/** The most characters of a machine's config as JSON. Of a larger one the record has the id alone. */
const DEFINITION_LIMIT = 128 * 1024;

/** A step of which some inspection events have come. */
export interface PendingStep {
  /** When its event was sent; 0 where that was in the middle of another step, and before. */
  began: number;
  /** How many more characters of emitted events the record may have. */
  left: number;
  taken: string[];
  emitted: EventPreview[];
  armed: ArmedDeadline[];
  cancelled: string[];
}

/** The fields of a snapshot that are read. */
export interface InspectedSnapshot {
  value: unknown;
  status: Status;
  context?: Record<string, unknown>;
  error?: unknown;
}

/** The most characters of all emitted events of one step. */
const EMITTED_CHARS = 16_000;

/** A step of which no inspection event has come. */
export function emptyStep(): PendingStep {
  return { began: 0, left: EMITTED_CHARS, taken: [], emitted: [], armed: [], cancelled: [] };
}

/** Adds to a list of a step. `more` stands for all items beyond `STEP_ENTRIES`. */
export function addBounded<T>(list: T[], item: T, more: T): void {
  if (list.length < STEP_ENTRIES) list.push(item);
  else list[STEP_ENTRIES - 1] = more;
}

/** A name, cut for `readRecord`. */
export function cutName(name: string): string {
  return name.length > NAME_CHARS / 2 ? `${name.slice(0, NAME_CHARS / 2)}${MORE}` : name;
}

/** A thrown value in words. Reading it may throw too. */
export function reasonOf(error: unknown): string {
  return previewText(preview(error, newBudget())).replace(/^Error: /, '');
}

/** Adds the event that an action emits, or the deadline that it sets or cancels. Other actions add nothing. */
export function addAction(pending: PendingStep, action: { type: string; params: unknown }): void {
  const { event, delay, sendId } = (action.params ?? {}) as {
    event?: AnyEventObject;
    delay?: number;
    sendId?: string;
  };
  if (action.type === 'xstate.emit' && event) {
    const budget = newBudget(pending.left);
    pending.left -= budget.left;
    addBounded(pending.emitted, eventPreview(event, budget), { type: MORE });
    pending.left += budget.left;
  }
  if (action.type === 'xstate.raise' && event && delay !== undefined) {
    // JSON has no infinite number. Such a deadline passes at once: Node's timers cannot wait that long.
    const ms = Number.isFinite(delay) ? delay : 0;
    const name = cutName(deadlineOf(event.type) ?? event.type);
    addBounded(pending.armed, { name, ms }, { name: MORE, ms: 0 });
  }
  if (action.type === 'xstate.cancel' && sendId) {
    addBounded(pending.cancelled, cutName(deadlineOf(sendId) ?? sendId), MORE);
  }
}

/** The copy of an event. */
export function eventPreview(event: AnyEventObject, budget: Budget): EventPreview {
  const shown = previewFields(event, budget);
  const { type } = shown;
  return { ...shown, type: typeof type === 'string' ? type : typeOf(event) };
}

/** The type of an event whose preview has no type as text: it is long, unreadable, or no text. */
function typeOf(event: AnyEventObject): string {
  try {
    const type: unknown = event.type;
    const words = typeof type === 'string' ? type : `a ${typeof type}`;
    return words.length > TYPE_CHARS ? `${words.slice(0, TYPE_CHARS)}${MORE}` : words;
  } catch {
    return UNREADABLE_WORDS;
  }
}

const TYPE_CHARS = 60;

/**
 * The values of the context that changed since the last step. XState replaces changed values. `seen` has the
 * values of the last record, of keys that the context has.
 */
export function changesOf(
  seen: Map<string, unknown>,
  { context = {}, error }: InspectedSnapshot,
): { [key: string]: Json } {
  const changes: [key: string, value: Json][] = [];
  const budget = newBudget();
  try {
    addChanges(changes, seen, context, budget);
  } catch {
    changes.push([MORE, UNREADABLE]);
  }
  // Only this entry says why a machine failed.
  if (error !== undefined) changes.push(['error', preview(error, budget)]);
  return Object.fromEntries(changes);
}

function addChanges(
  changes: [key: string, value: Json][],
  seen: Map<string, unknown>,
  context: Record<string, unknown>,
  budget: Budget,
): void {
  let keys = 0;
  for (const key in context) {
    keys++;
    const value = valueIn(context, key);
    if (value === seen.get(key)) continue;
    if (changes.length === STEP_ENTRIES) {
      changes.push([MORE, MORE]);
      break;
    }
    seen.set(key, value);
    changes.push([shownKey(key), previewIn(value, budget)]);
  }
  if (seen.size <= keys) return;
  for (const key of seen.keys()) if (!(key in context)) seen.delete(key);
}

/** A value that throws, when it is read. */
const THROWS = Symbol('throws');

function valueIn(object: Record<string, unknown>, key: string): unknown {
  try {
    return object[key];
  } catch {
    return THROWS;
  }
}

function previewIn(value: unknown, budget: Budget): Json {
  return value === THROWS ? UNREADABLE : preview(value, budget);
}

/**
 * The config of a machine as JSON, without its context. Where the config is too long, or is no JSON (a bigint,
 * a circle), the result has the id alone.
 */
export function definitionOf({ config, id }: AnyStateMachine): string {
  try {
    const whole = JSON.stringify({ ...config, context: undefined }, withoutFunctions);
    if (whole.length <= DEFINITION_LIMIT) return whole;
  } catch {
    // No sentence is needed: the chart shows the whole machine.
  }
  return JSON.stringify({ id: cutName(id) });
}

/** JSON has no functions. Their names replace them, which Stately shows. */
function withoutFunctions(_: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name } : value;
}
