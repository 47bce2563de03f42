/**
 * Payloads as the output shows them, whole up to a limit.
 *
 * Rule 1. A longer payload is cut, and its length stands behind it: the messages of peers do not fill
 *         the memory while nobody reads.
 */
import { hexOf, isPrintable, type Payload, textOf } from '../machines/index.js';

/** The most characters of a text in one line. */
const MOST = 64 * 1024;

/** The most bytes in one line of JSON: in base64 they are `MOST` characters. */
const MOST_BYTES = (MOST / 4) * 3;

/** A payload as the transcript shows it: text as it is, and so printable bytes; others as length and hex. */
export function shown(payload: Payload): string {
  if (typeof payload !== 'string') {
    const text = textOf(payload);
    return text !== undefined && isPrintable(text) ? shown(text) : hexOf(payload);
  }
  return payload.length <= MOST
    ? payload
    : `${startOf(payload)}… (cut: ${payload.length} characters)`;
}

/**
 * Makes JSON of what it does not know, for `JSON.stringify`: bytes become `{"base64": …}`. Payloads that
 * are cut become `{"text": …, "length": …}` and `{"base64": …, "length": …}`.
 */
export function forJson(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= MOST ? value : { text: startOf(value), length: value.length };
  }
  // Buffers have been turned into plain objects by the time `value` comes: ask the holder.
  const raw = (this as Record<string, unknown>)[key];
  if (!(raw instanceof Uint8Array)) return value;
  const base64 = Buffer.from(raw.subarray(0, MOST_BYTES)).toString('base64');
  return raw.length <= MOST_BYTES ? { base64 } : { base64, length: raw.length };
}

/** The first characters of a text, without half a surrogate pair at their end. */
function startOf(text: string): string {
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(MOST - 1));
  return text.slice(0, isHalf ? MOST - 1 : MOST);
}
