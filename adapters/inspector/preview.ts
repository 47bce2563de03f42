/**
 * Values as people see them in the inspector: plain JSON, cut to a budget.
 *
 * Rule 1. Nothing is walked that could be large: bytes become their count and the first few in hex,
 *         text is cut before it is escaped, and what has a class is only named.
 * Rule 2. What a peer sent is escaped: control characters and marks that reorder text become visible.
 * Rule 3. A budget bounds the whole: what is over it becomes `…`.
 */
import { escapeControls } from '../../machines/index.js';

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Characters of one text that are shown. */
const TEXT_LIMIT = 200;
/** Bytes of one payload that are shown. */
const BYTES_LIMIT = 32;
/** Entries of one object or list, and levels of them. */
const ENTRIES_LIMIT = 40;
const DEPTH_LIMIT = 6;

/** How many characters may still be spent, on one record. */
export interface Budget {
  left: number;
}

/** The budget of one event or context, in characters. */
export function newBudget(): Budget {
  return { left: 4_000 };
}

/** Bytes are `{ bytes, hex }`, text that was cut is `{ text, length }`. */
export function preview(value: unknown, budget: Budget, depth = 0): Json {
  if (budget.left <= 0) return '…';
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
      // Its digits can be many: they are counted before they are written.
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
  // A pair of surrogates is not cut in two.
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
  if (prototype !== Object.prototype && prototype !== null) return `a ${classOf(prototype)}`;
  const shown: { [key: string]: Json } = {};
  let entries = 0;
  for (const key in value) {
    if (entries++ === ENTRIES_LIMIT || budget.left <= 0) {
      shown['…'] = '…';
      break;
    }
    const name = key.length > TEXT_LIMIT ? `${key.slice(0, TEXT_LIMIT)}…` : key;
    budget.left -= name.length;
    shown[name] = preview((value as Record<string, unknown>)[key], budget, depth + 1);
  }
  return shown;
}

function classOf(prototype: unknown): string {
  const { constructor: made } = prototype as { constructor?: unknown };
  return typeof made === 'function' && made.name !== '' ? made.name : 'thing';
}

function listOf(list: unknown[], budget: Budget, depth: number): Json {
  const shown = list.slice(0, ENTRIES_LIMIT).map((one) => preview(one, budget, depth + 1));
  if (list.length > ENTRIES_LIMIT) shown.push(`… ${list.length - ENTRIES_LIMIT} more`);
  return shown;
}

function bytesOf(bytes: Uint8Array, budget: Budget): Json {
  const start = bytes.subarray(0, BYTES_LIMIT);
  budget.left -= 3 * start.length + 16;
  const hex = Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { bytes: bytes.length, hex: bytes.length > BYTES_LIMIT ? `${hex} …` : hex };
}
