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

/** Renders the message of a round: every `{n}` of the template becomes the round's number. */
export function renderMessage(template: string, round: number, binary: boolean): Payload {
  const text = template.replaceAll('{n}', String(round)).toWellFormed();
  return binary ? encoder.encode(text) : text;
}

/** Says whether two payloads are of the same kind and content. */
export function isSamePayload(a: Payload, b: Payload): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
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

/** Returns the text with every character that could drive a terminal or forge a line made visible. */
export function escapeControls(text: string): string {
  return text.replace(EVERY_UNSAFE, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
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
  const isInsidePair = /[\ud800-\udbff]/.test(payload.charAt(limit - 1));
  const start = payload.slice(0, isInsidePair ? limit - 1 : limit);
  return `"${escapeControls(start)}"… (${payload.length} characters)`;
}
