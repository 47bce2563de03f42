/**
 * What is said: one whole message, as text or as bytes.
 *
 * Rule 1. A payload's kind is part of it: text is never the echo of bytes.
 * Rule 2. Text is well-formed Unicode. RFC 6455 (8.1) forbids anything else on the wire, so a lone
 *         surrogate becomes U+FFFD before it is sent, as in the browser's WebSocket.
 * Rule 3. What a peer sent is shown to people only through `quote` or `escapeControls`.
 */

/** One whole message: a string for a text message, bytes for a binary one. */
export type Payload = string | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a server says: text in which `{n}` stands for the round, or the same bytes in every round. */
export type Template = string | { base64: string };

// The template that was parsed last is kept: nearly every process sends one template, round after round.
let text: { of: string; parts: readonly string[]; bytes?: Uint8Array } = { of: '', parts: [''] };
let base64: { of: string; bytes: Uint8Array } = { of: '', bytes: new Uint8Array() };

/** Renders the message of a round; `binary` sends text as bytes, in UTF-8. Leave the bytes as they are. */
export function renderMessage(template: Template, round: number, binary: boolean): Payload {
  if (typeof template !== 'string') return decode(template.base64);
  if (text.of !== template) {
    const parts = template.split('{n}').map((part) => part.toWellFormed());
    text = { of: template, parts };
  }
  const { parts } = text;
  let message = parts[0] as string;
  for (let i = 1; i < parts.length; i++) message += round + (parts[i] as string);
  if (!binary) return message;
  if (parts.length > 1) return encoder.encode(message);
  text.bytes ??= encoder.encode(message);
  return text.bytes;
}

function decode(encoded: string): Uint8Array {
  if (base64.of !== encoded) {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    base64 = { of: encoded, bytes };
  }
  return base64.bytes;
}

/** Bytes with a method that compares them. Node's Buffer has one, many times as fast as a loop. */
interface Comparable extends Uint8Array {
  equals(other: Uint8Array): boolean;
}

/** Says whether two payloads are of the same kind and content. */
export function isSamePayload(a: Payload, b: Payload): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if ('equals' in a) return (a as Comparable).equals(b);
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Says in words where two payloads begin to differ. Characters are counted as people count them: from
 * 1, and one outside the Basic Multilingual Plane once. Bytes have offsets, from 0.
 */
export function differenceOf(a: Payload, b: Payload): string {
  if (typeof a !== typeof b) return 'one is text, the other bytes';
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at++;
  if (typeof a !== 'string') return `they differ from byte offset ${at} on`;
  const start = isInsidePair(a, at) ? at - 1 : at;
  return `they differ from character ${characterCount(a.slice(0, start)) + 1} on`;
}

/** Whether the characters before `end` stop inside a surrogate pair. */
function isInsidePair(text: string, end: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(end - 1));
}

/** How many code points a text has. */
function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Decodes bytes as UTF-8; undefined where they are not valid UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

// Control characters, line and paragraph separators, the marks that reorder text on a terminal, and
// lone surrogates.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const EVERY_UNSAFE = new RegExp(UNSAFE, 'gu');

/** Whether a text holds no character that could drive a terminal or forge a line. */
export function isPrintable(text: string): boolean {
  return !UNSAFE.test(text);
}

/**
 * Returns the text with every character that could drive a terminal or forge a line made visible, in
 * the shortest form, or in the one that JSON knows.
 */
export function escapeControls(text: string, form: 'short' | 'json' = 'short'): string {
  return text.replace(EVERY_UNSAFE, (char) => {
    const code = char.charCodeAt(0).toString(16);
    const isShort = form === 'short' && code.length <= 2;
    return isShort ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** Shows bytes as their count and hexadecimal digits, cut after `limit` bytes. */
export function hexOf(bytes: Uint8Array, limit = 32): string {
  const digits = Array.from(bytes.subarray(0, limit), (byte) => byte.toString(16).padStart(2, '0'));
  const cut = bytes.length > limit ? ' …' : '';
  return `[${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}${digits.length > 0 ? `: ${digits.join(' ')}` : ''}${cut}]`;
}

/** Quotes a payload for a sentence or a trace line: escaped, and cut after `limit` characters. */
export function quote(payload: Payload, limit = 60): string {
  if (typeof payload !== 'string') return hexOf(payload, 16);
  if (payload.length <= limit) return `"${escapeControls(payload)}"`;
  const start = payload.slice(0, isInsidePair(payload, limit) ? limit - 1 : limit);
  return `"${escapeControls(start)}"… (${characterCount(payload)} characters)`;
}
