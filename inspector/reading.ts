/**
 * What is read of machines, events and snapshots for the records: copies, cut to their bounds.
 *
 * Rule 1. Whatever is inspected is somebody else's: a getter, a proxy or a `toJSON` may throw. A value
 *         that does is told as unreadable, alone.
 * Rule 2. Objects with keys from outside are made by `Object.fromEntries`: a key may be `__proto__`.
 */

import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { deadlineOf } from '../chart/names.js';
import { MORE, NAME_CHARS, STEP_ENTRIES } from './bounds.js';
import {
  type Budget,
  type Json,
  newBudget,
  preview,
  previewFields,
  shownKey,
  UNREADABLE,
} from './preview.js';
import type { Armed, Status, Told } from './records.js';
import { wordsOf } from './session.js';

/** The most characters of a machine's config as JSON; a larger one is only named. */
const DEFINITION_LIMIT = 128 * 1024;

/** A step as far as it has been told. */
export interface Pending {
  /** When its event was sent; 0 before, and where that was in the middle of another step. */
  began: number;
  /** How many characters may still be told of what it emits. */
  left: number;
  taken: string[];
  emitted: Told[];
  armed: Armed[];
  cancelled: string[];
}

/** A snapshot as far as it is read. */
export interface Shot {
  value: unknown;
  status: Status;
  context?: Record<string, unknown>;
  error?: unknown;
}

/** The most characters that are told of all that one step emits. */
const EMITTED_CHARS = 16_000;

/** A step of which nothing has been told. */
export function nothing(): Pending {
  return { began: 0, left: EMITTED_CHARS, taken: [], emitted: [], armed: [], cancelled: [] };
}

/** Adds to a list of a step; `more` stands for what is too many. */
export function add<T>(list: T[], item: T, more: T): void {
  if (list.length < STEP_ENTRIES) list.push(item);
  else list[STEP_ENTRIES - 1] = more;
}

/** A name, cut as what reads it wants it. */
export function cut(name: string): string {
  return name.length > NAME_CHARS / 2 ? `${name.slice(0, NAME_CHARS / 2)}${MORE}` : name;
}

/** What was thrown, in words; reading it may throw too. */
export function reasonOf(error: unknown): string {
  return wordsOf(preview(error, newBudget())).replace(/^Error: /, '');
}

/** Adds what an action of XState's own emits, sets or cancels; other actions are not told. */
export function addAction(pending: Pending, action: { type: string; params: unknown }): void {
  const { event, delay, sendId } = (action.params ?? {}) as {
    event?: AnyEventObject;
    delay?: number;
    sendId?: string;
  };
  if (action.type === 'xstate.emit' && event) {
    const budget = newBudget(pending.left);
    pending.left -= budget.left;
    add(pending.emitted, told(event, budget), { type: MORE });
    pending.left += budget.left;
  }
  if (action.type === 'xstate.raise' && event && delay !== undefined) {
    add(
      pending.armed,
      { name: cut(deadlineOf(event.type) ?? event.type), ms: delay },
      { name: MORE, ms: 0 },
    );
  }
  if (action.type === 'xstate.cancel' && sendId) {
    add(pending.cancelled, cut(deadlineOf(sendId) ?? sendId), MORE);
  }
}

/** An event as a record has it. */
export function told(event: AnyEventObject, budget: Budget): Told {
  const shown = previewFields(event, budget);
  const { type } = shown;
  return { ...shown, type: typeof type === 'string' ? type : typeOf(event) };
}

/** The type of an event whose preview has none: it is long, or the event cannot be read. */
function typeOf(event: AnyEventObject): string {
  const type = valueIn(event, 'type') as string;
  return type.length > TYPE_CHARS ? `${type.slice(0, TYPE_CHARS)}…` : type;
}

const TYPE_CHARS = 60;

/**
 * What changed in the context since the last step: XState makes a new one, of old and new parts. `seen` has
 * the values that were told last.
 */
export function changesOf(
  seen: Map<string, unknown>,
  { context = {}, error }: Shot,
): { [key: string]: Json } {
  const changes: [key: string, value: Json][] = [];
  const budget = newBudget();
  try {
    for (const key in context) {
      const value = valueIn(context, key);
      if (value === seen.get(key)) continue;
      if (changes.length === STEP_ENTRIES) {
        changes.push([MORE, MORE]);
        break;
      }
      seen.set(key, value);
      changes.push([shownKey(key), preview(value, budget)]);
    }
  } catch {
    changes.push([MORE, UNREADABLE]);
  }
  // A machine that threw: nothing else says why.
  if (error !== undefined) changes.push(['error', preview(error, budget)]);
  return Object.fromEntries(changes);
}

function valueIn(object: Record<string, unknown>, key: string): unknown {
  try {
    return object[key];
  } catch {
    return UNREADABLE;
  }
}

/**
 * The config of a machine as JSON, without its context, which may be anything. Where that is too long, or
 * the config holds what JSON does not, such as a bigint or a circle: the id alone.
 */
export function definitionOf({ config, id }: AnyStateMachine): string {
  try {
    const whole = JSON.stringify({ ...config, context: undefined }, withoutFunctions);
    if (whole.length <= DEFINITION_LIMIT) return whole;
  } catch {
    // Nobody is helped by a sentence: the chart shows all there is to see.
  }
  return JSON.stringify({ id: cut(id) });
}

/** JSON has no functions: they become what Stately shows, their names. */
function withoutFunctions(_: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name } : value;
}
