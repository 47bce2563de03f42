/**
 * Previews: values as plain JSON for people, cut to a budget.
 *
 * Rule 1. A preview never walks a large value. Bytes become their count and the first few in hex. Text is cut
 *         before it is escaped. An object with a class becomes the name of the class.
 * Rule 2. Text is escaped: control characters and marks that reorder text become visible.
 * Rule 3. A budget bounds the whole preview: its characters, and thereby its values. `…` stands for the values
 *         beyond it.
 * Rule 4. A value that throws when it is read, such as a getter or a revoked proxy, is shown as unreadable,
 *         alone. No function of this file throws.
 */
import { escapeControls } from '../machines/index.js';
import { UNREADABLE, UNREADABLE_WORDS } from './unreadable.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Characters of one text that are shown. */
const TEXT_LIMIT = 200;
/** Bytes of one payload that are shown. */
const BYTES_LIMIT = 32;
/** Entries of one object or list, and levels of them. */
const ENTRIES_LIMIT = 40;
const DEPTH_LIMIT = 6;

/** The characters that a record may still spend. */
export interface Budget {
  left: number;
}

/** The budget of one event or context, in characters; at most the `left` of several. */
export function newBudget(left = Number.POSITIVE_INFINITY): Budget {
  return { left: Math.min(4_000, left) };
}

/**
 * The preview of a value. Bytes are `{ bytes, hex }`, cut text is `{ text, length }`, and a value that throws is
 * `UNREADABLE`.
 */
export function preview(value: unknown, budget: Budget): Json {
  return previewOf(() => value, budget, 0);
}

/** The preview of the enumerable fields of an object of any class. */
export function previewFields(value: object, budget: Budget, depth = 0): { [key: string]: Json } {
  const shown: [key: string, value: Json][] = [];
  try {
    for (const key in value) {
      if (shown.length === ENTRIES_LIMIT || budget.left <= 0) {
        shown.push(['…', '…']);
        break;
      }
      const name = shownKey(key);
      budget.left -= name.length;
      shown.push([
        name,
        previewOf(() => (value as Record<string, unknown>)[key], budget, depth + 1),
      ]);
    }
  } catch {
    shown.push(['…', UNREADABLE]);
  }
  // An assignment would not set a key `__proto__`.
  return Object.fromEntries(shown);
}

/** The preview of a key. */
export function shownKey(key: string): string {
  return escapeControls(key.length > TEXT_LIMIT ? `${key.slice(0, TEXT_LIMIT)}…` : key);
}

function previewOf(read: () => unknown, budget: Budget, depth: number): Json {
  if (budget.left <= 0) return '…';
  // Every value costs something: lists of empty lists would be endless otherwise.
  budget.left--;
  try {
    return shownOf(read(), budget, depth);
  } catch {
    budget.left -= UNREADABLE_WORDS.length;
    return UNREADABLE;
  }
}

function shownOf(value: unknown, budget: Budget, depth: number): Json {
  switch (typeof value) {
    case 'string':
      return textOf(value, budget);
    case 'number':
      budget.left -= 8;
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      budget.left -= 5;
      return value;
    case 'object':
      return value === null ? null : objectOf(value, budget, depth);
    case 'bigint':
      // A bigint can have very many digits: only one of 64 bits is written.
      budget.left -= 24;
      return value === BigInt.asIntN(64, value) ? `${value}n` : 'a bigint';
    case 'undefined':
      return null;
    default:
      return `a ${typeof value}`;
  }
}

function textOf(text: string, budget: Budget): Json {
  const limit = Math.min(TEXT_LIMIT, budget.left);
  if (text.length <= limit) {
    budget.left -= text.length;
    return escapeControls(text);
  }
  budget.left -= limit;
  // The cut does not split a surrogate pair.
  const isInsidePair = /[\ud800-\udbff]/.test(text.charAt(limit - 1));
  const start = text.slice(0, isInsidePair ? limit - 1 : limit);
  return { text: escapeControls(start), length: text.length };
}

function objectOf(value: object, budget: Budget, depth: number): Json {
  if (value instanceof Uint8Array) return bytesOf(value, budget);
  if (value instanceof Error) return textOf(`${value.name}: ${value.message}`, budget);
  if (depth >= DEPTH_LIMIT) return '…';
  if (Array.isArray(value)) return listOf(value, budget, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return textOf(`a ${classOf(prototype)}`, budget);
  }
  return previewFields(value, budget, depth);
}

function classOf(prototype: unknown): string {
  const { constructor: made } = prototype as { constructor?: unknown };
  const name: unknown = typeof made === 'function' ? made.name : '';
  return typeof name === 'string' && name !== '' ? name : 'thing';
}

function listOf(list: unknown[], budget: Budget, depth: number): Json {
  const length = Math.min(list.length, ENTRIES_LIMIT);
  const shown = Array.from({ length }, (_, n) => previewOf(() => list[n], budget, depth + 1));
  if (list.length > length) shown.push(`… ${list.length - length} more`);
  return shown;
}

function bytesOf(bytes: Uint8Array, budget: Budget): Json {
  const start = bytes.subarray(0, BYTES_LIMIT);
  budget.left -= 3 * start.length + 16;
  const hex = Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { bytes: bytes.length, hex: bytes.length > BYTES_LIMIT ? `${hex} …` : hex };
}
