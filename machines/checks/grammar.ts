/**
 * The subprotocol of checks: what the near end may ask, and what the far end tells. README.md has it as a
 * grammar. An ask is a text message `lockstep? ` with JSON behind it, a tell is `lockstep! ` with JSON.
 * Every other message is a payload: the far end tells what came, and then returns it.
 *
 * Rule 1. An ask has bounds. A public server cannot be used against itself or others.
 * Rule 2. Nothing is thrown: an ask that cannot be read is flawed.
 */
import type { Payload } from '../payload.js';
import type { SeenEnd } from './probe.js';

/** The name of the subprotocol in the handshake. */
export const CHECK_PROTOCOL = 'lockstep-check.1';

/** The reason beside 1008 where an ask is flawed. */
export const FLAWED_ASK = 'ERR_FLAWED_ASK';

/** The bounds of an ask. */
export const BOUNDS = {
  /** The most bytes in a message that is asked for. */
  size: 16 * 1024 * 1024,
  /** The most frames in it. */
  frames: 64,
  /** The most bytes in all messages that one connection asks for. */
  asked: 64 * 1024 * 1024,
  /** The longest silence before an answer, in ms. */
  laterMs: 600_000,
  /** The shortest and the longest interval of pings or messages that are asked for, in ms. */
  everyMs: [100, 600_000],
  /** The longest life of a connection, in ms. */
  lifetimeMs: 900_000,
  /** The most characters of an ask, of a name, and of a reason or ping (RFC 6455, 5.5: 125 bytes). */
  ask: 1_000,
  name: 40,
  control: 120,
} as const;

/** An answer that can be asked for at once, or later. */
export type Prompt =
  /** The request as the far end saw it. */
  | { ask: 'handshake' }
  /** How the connection with this name ended. */
  | { ask: 'end'; name: string }
  /** A Close frame. */
  | { ask: 'close'; code: number; reason: string }
  /** A message made of the pattern; `ping` goes behind its first frame. */
  | { ask: 'send'; kind: Kind; size: number; frames: number; ping?: string }
  /** A ping; the pong to it is told. */
  | { ask: 'ping'; data: string };

/** What the near end may ask. */
export type Ask =
  | Prompt
  /** Remember the end of this connection under a name. */
  | { ask: 'name'; name: string }
  /** Tell payloads, and return no more of them. */
  | { ask: 'tellOnly' }
  /** Tell and return no more payloads. */
  | { ask: 'quiet' }
  /** Send a ping, or a small message, at every interval. */
  | { ask: Beats; everyMs: number }
  /** Stay silent, then answer. */
  | { ask: 'later'; ms: number; prompt: Prompt };

/** What can go out at every interval. */
export type Beats = 'pings' | 'messages';

export type Kind = 'text' | 'binary';

/** What the far end tells. */
export type Tell =
  | { tell: 'handshake'; peer: string; path: string; headers: { readonly [name: string]: string } }
  | { tell: 'end'; name: string; end: Remembered | null }
  | { tell: 'message'; kind: Kind; size: number; hash: number; frames: number; at: number }
  | { tell: 'pong'; data: string; at: number }
  /** A message of those that go out at every interval. */
  | { tell: 'beat' };

/** The end of a connection as the far end saw it, and the pings that had come before. */
export interface Remembered extends SeenEnd {
  pings: number;
  /** How long nothing had come before the end, in ms. */
  silence: number;
}

/** Stands for a header's value that the far end does not tell. */
export const HIDDEN = '…';

const ASK = 'lockstep? ';
const TELL = 'lockstep! ';

/** Writes an ask. */
export function asking(ask: Ask): string {
  return ASK + JSON.stringify(ask);
}

/** Writes a tell. */
export function telling(tell: Tell): string {
  return TELL + JSON.stringify(tell);
}

/** Whether a message is an ask, well-formed or not. */
export function isAsk(data: Payload): data is string {
  return typeof data === 'string' && data.startsWith(ASK);
}

/** Reads an ask; undefined for one that is flawed or out of bounds. */
export function readAsk(data: string): Ask | undefined {
  if (data.length > BOUNDS.ask) return undefined;
  const value = parsed(data.slice(ASK.length));
  return isPrompt(value) || isStanding(value) ? (value as Ask) : undefined;
}

/** Reads a tell; undefined for any other message. */
export function readTell(data: Payload): Tell | undefined {
  if (typeof data !== 'string' || !data.startsWith(TELL)) return undefined;
  const value = parsed(data.slice(TELL.length));
  return typeof value['tell'] === 'string' ? (value as unknown as Tell) : undefined;
}

type Fields = { readonly [name: string]: unknown };

function parsed(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function isPrompt(value: Fields): boolean {
  switch (value['ask']) {
    case 'handshake':
      return true;
    case 'end':
      return isText(value['name'], BOUNDS.name);
    case 'close':
      return isCloseCode(value['code']) && isText(value['reason'], BOUNDS.control);
    case 'send':
      return (
        (value['kind'] === 'text' || value['kind'] === 'binary') &&
        isBetween(value['size'], 0, BOUNDS.size) &&
        isBetween(value['frames'], 1, BOUNDS.frames) &&
        isText(value['ping'] ?? '', BOUNDS.control)
      );
    case 'ping':
      return isText(value['data'], BOUNDS.control);
    default:
      return false;
  }
}

function isStanding(value: Fields): boolean {
  switch (value['ask']) {
    case 'name':
      return isText(value['name'], BOUNDS.name);
    case 'tellOnly':
    case 'quiet':
      return true;
    case 'pings':
    case 'messages':
      return isBetween(value['everyMs'], ...BOUNDS.everyMs);
    case 'later':
      return isBetween(value['ms'], 0, BOUNDS.laterMs) && isPrompt(Object(value['prompt']));
    default:
      return false;
  }
}

function isText(value: unknown, most: number): boolean {
  return typeof value === 'string' && /^[\x20-\x7e]*$/.test(value) && value.length <= most;
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** The codes that an endpoint may send (RFC 6455, 7.4). */
function isCloseCode(value: unknown): boolean {
  if (!Number.isInteger(value)) return false;
  const code = value as number;
  const isDefined = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return isDefined || (code >= 3000 && code <= 4999);
}

const PATTERN = 'The quick brown fox jumps over the lazy dog. 0123456789\n';

/** A message of this kind and size in bytes, made of a pattern that both ends know. */
export function patternOf(kind: Kind, size: number): Payload {
  if (kind === 'text') return PATTERN.repeat(Math.ceil(size / PATTERN.length)).slice(0, size);
  const bytes = new Uint8Array(size);
  let filled = new TextEncoder().encodeInto(PATTERN.slice(0, size), bytes).written;
  // The filled part is copied behind itself: 16 MiB take 20 copies.
  for (; filled < size; filled *= 2) bytes.copyWithin(filled, 0, filled);
  return bytes;
}

/** The kind of a payload, its size in bytes, and its hash (FNV-1a, 32 bits): enough to see a change. */
export function digestOf(data: Payload): { kind: Kind; size: number; hash: number } {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  let hash = 0x811c9dc5;
  // An index takes a twentieth of the time of an iterator: 16 MiB block the process for 30 ms.
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ Number(bytes[at]), 0x01000193);
  return {
    kind: typeof data === 'string' ? 'text' : 'binary',
    size: bytes.length,
    hash: hash >>> 0,
  };
}
