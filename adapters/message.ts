/**
 * Whole messages, one call each, as the book's `Message.Send` and `Message.Receive`.
 *
 * Rule 1. The first call on a socket takes over its messages: make it in the tick in which you got
 *         the socket, and none is lost. From then on every message is kept, in order, until asked for.
 *         `inbox.ts` keeps them, and bounds their memory.
 * Rule 2. Text is received as text and bytes as bytes, unless the caller says otherwise.
 */
import type { WebSocket } from 'ws';
import { type Payload, sentenceOf, textOf } from '../machines/index.js';
import { errorOf, existingInboxOf, inboxOf } from './inbox.js';
import { MessageError, messageErrorOf } from './messageError.js';
import { written } from './messageWriter.js';
import { reasonOf } from './reason.js';

export { QUEUE_BYTES, QUEUE_MESSAGES } from './inbox.js';
export { MessageError, type MessageErrorCode } from './messageError.js';

/** How a message is sent. */
export interface SendOptions {
  /** The most bytes of payload in one frame; without it the message is one frame. */
  frameSize?: number;
}

/** The conversions of a received message, by the name that a caller gives. */
const asItCame = (message: Payload): Payload => message;

function asText(message: Payload): string {
  if (typeof message === 'string') return message;
  const text = textOf(message);
  if (text !== undefined) return text;
  throw messageErrorOf('ERR_INVALID_TEXT', 'remote', {
    expected: 'text',
    came: `${message.length} bytes came that are not UTF-8`,
    remedy: 'receive them as bytes',
  });
}

function asBytes(message: Payload): Uint8Array {
  return typeof message === 'string' ? Buffer.from(message) : message;
}

function converterOf(as: 'text' | 'bytes' | undefined): (message: Payload) => Payload {
  if (as === undefined) return asItCame;
  return as === 'text' ? asText : asBytes;
}

/** Throws at arguments that cannot be sent. */
function assertSendable(data: unknown, frameSize: number): void {
  const isSize = Number.isSafeInteger(frameSize) && frameSize > 0;
  if (frameSize !== Number.POSITIVE_INFINITY && !isSize) {
    const expected = 'frameSize to be a whole number above 0';
    const remedy = 'give one, or leave frameSize out';
    throw new RangeError(sentenceOf({ expected, came: `it is ${frameSize}`, remedy }));
  }
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
    const came = `got ${typeof data}`;
    const remedy = 'encode it first';
    throw new TypeError(sentenceOf({ expected: 'a string or a Uint8Array to send', came, remedy }));
  }
}

/**
 * Sends one whole message: a string as text, bytes as binary. Resolves when the message is written;
 * waits for a socket that still connects. Rejects with a `MessageError` if the socket is closed or
 * fails first, with a `RangeError` if `frameSize` is not a whole number above 0, and with a
 * `TypeError` for anything but a string or bytes.
 *
 * Unless another listener takes the socket's messages, they are queued from now on: a reply that
 * comes before you ask for it is not lost.
 */
async function send(ws: WebSocket, data: Payload, options: SendOptions = {}): Promise<void> {
  const { frameSize = Number.POSITIVE_INFINITY } = options;
  assertSendable(data, frameSize);
  const inbox = ws.listenerCount('message') === 0 ? inboxOf(ws) : existingInboxOf(ws);
  inbox?.silence.spoke();
  const failed = await written(ws, data, frameSize);
  if (failed === undefined) return;
  const end = inbox?.end;
  if (end && end.code !== 'ERR_END_OF_STREAM') throw errorOf(end);
  throw messageErrorOf('ERR_TRANSPORT', 'transport', {
    expected: 'to write the message',
    came: `could not (${reasonOf(failed)})`,
    remedy: 'see why the connection ended',
  });
}

/**
 * Resolves with the next whole message: as it came, or, if you say so, as 'text' (bytes must be
 * UTF-8, else the call rejects and the message stays next) or as 'bytes' (text becomes UTF-8).
 * Rejects with a `MessageError`: `ERR_END_OF_STREAM` at the graceful end, any other code on failure.
 */
function receive(ws: WebSocket): Promise<Payload>;
function receive(ws: WebSocket, as: 'text'): Promise<string>;
function receive(ws: WebSocket, as: 'bytes'): Promise<Uint8Array>;
function receive(ws: WebSocket, as?: 'text' | 'bytes'): Promise<Payload> {
  return inboxOf(ws).next(converterOf(as));
}

/** Sends and receives whole messages. */
export const Message = { send, receive };

/**
 * Yields the messages of a socket until the graceful end; throws a `MessageError` on any other end.
 * `as` is that of `Message.receive`.
 */
export function messages(ws: WebSocket): AsyncGenerator<Payload, void, undefined>;
export function messages(ws: WebSocket, as: 'text'): AsyncGenerator<string, void, undefined>;
export function messages(ws: WebSocket, as: 'bytes'): AsyncGenerator<Uint8Array, void, undefined>;
export function messages(ws: WebSocket, as?: 'text' | 'bytes'): AsyncGenerator<Payload, void> {
  const inbox = inboxOf(ws);
  return (async function* () {
    const convert = converterOf(as);
    while (true) {
      try {
        yield await inbox.next(convert);
      } catch (error) {
        if (error instanceof MessageError && error.code === 'ERR_END_OF_STREAM') return;
        throw error;
      }
    }
  })();
}
