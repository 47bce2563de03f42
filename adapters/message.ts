/**
 * Whole messages, one call each, as the book's `Message.Send` and `Message.Receive`.
 *
 * Rule 1. The first call on a socket takes over its messages: make it in the tick in which you got
 *         the socket, and none is lost. From then on every message is kept, in order, until asked for.
 * Rule 2. Memory is bounded: while `QUEUE_BYTES` or `QUEUE_MESSAGES` wait, the socket is paused.
 * Rule 3. Messages that came before the end are received before the end is reported.
 * Rule 4. Text is received as text and bytes as bytes, unless the caller says otherwise.
 */
import { WebSocket } from 'ws';
import {
  type Blame,
  type Explanation,
  type FailureCode,
  type Payload,
  type SocketEnded,
  type SocketFailed,
  sentenceOf,
  textOf,
} from '../machines/index.js';
import { type EndListener, onEnd } from './endOfStream.js';
import { reasonOf } from './reason.js';

/** Bytes that may wait in a queue before its socket is paused. One read more can still come. */
export const QUEUE_BYTES = 1024 * 1024;

/** Messages that may wait in a queue before its socket is paused. One read more can still come. */
export const QUEUE_MESSAGES = 1024;

/** Why a call failed; `ERR_END_OF_STREAM` is the graceful end, as the book's `io.EOF`. */
export type MessageErrorCode = FailureCode | 'ERR_END_OF_STREAM';

/** What the promises here reject with. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly code: MessageErrorCode;
  /** Whose fault it was; null at the graceful end. */
  readonly blame: Blame | null;

  constructor(code: MessageErrorCode, blame: Blame | null, message: string) {
    super(message);
    this.code = code;
    this.blame = blame;
  }
}

/** How a message is sent. */
export interface SendOptions {
  /** The most bytes of payload in one frame; without it the message is one frame. */
  frameSize?: number;
}

type End = { code: MessageErrorCode; blame: Blame | null; message: string };

const CLOSED: End = {
  code: 'ERR_MISUSE',
  blame: 'local',
  message: sentenceOf({
    expected: 'an open socket',
    came: 'it is closed',
    remedy: 'ask for messages earlier',
  }),
};

interface Waiting {
  take(): boolean;
  fail(error: MessageError): void;
}

/** The messages of one socket that nobody has asked for yet, or the calls that no message has answered. */
class Inbox implements EndListener {
  readonly #ws: WebSocket;
  readonly #messages: Payload[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #spokenAt = performance.now();
  end: End | undefined;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    if (ws.readyState === WebSocket.CLOSED) {
      this.#finish(CLOSED);
      return;
    }
    ws.binaryType = 'nodebuffer';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.spoke();
      this.#messages.push(isBinary ? data : data.toString());
      this.#bytes += data.length;
      this.#settle();
    });
    onEnd(ws, this);
  }

  /** A message goes either way now. */
  spoke(): void {
    this.#spokenAt = performance.now();
  }

  silence(): number {
    return Math.round(performance.now() - this.#spokenAt);
  }

  ended(fact: SocketEnded | SocketFailed): void {
    if (fact.type === 'socket.failed') {
      this.#finish({ ...fact.failure, message: sentenceOf(fact.failure) });
    } else this.#finish({ code: 'ERR_END_OF_STREAM', blame: null, message: 'the stream ended' });
  }

  /** Resolves with the next message as `convert` makes it; where that throws, the message stays. */
  next<T extends Payload>(convert: (message: Payload) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const take = (): boolean => {
        const message = this.#messages[0];
        if (message === undefined) return false;
        try {
          resolve(convert(message));
        } catch (error) {
          reject(error);
          return true;
        }
        this.#messages.shift();
        this.#bytes -= typeof message === 'string' ? Buffer.byteLength(message) : message.length;
        return true;
      };
      this.#waiting.push({ take, fail: reject });
      this.#settle();
    });
  }

  #settle(): void {
    while (this.#waiting[0]?.take()) this.#waiting.shift();
    if (this.end && this.#messages.length === 0) {
      for (const { fail } of this.#waiting.splice(0)) fail(errorOf(this.end));
    }
    const isFull = this.#bytes >= QUEUE_BYTES || this.#messages.length >= QUEUE_MESSAGES;
    if (isFull !== this.#ws.isPaused) isFull ? this.#ws.pause() : this.#ws.resume();
  }

  #finish(end: End): void {
    this.end ??= end;
    this.#settle();
  }
}

function errorOf({ code, blame, message }: End): MessageError {
  return new MessageError(code, blame, message);
}

const inboxes = new WeakMap<WebSocket, Inbox>();

function inboxOf(ws: WebSocket): Inbox {
  let inbox = inboxes.get(ws);
  if (inbox === undefined) {
    inbox = new Inbox(ws);
    inboxes.set(ws, inbox);
  }
  return inbox;
}

const asItCame = (message: Payload): Payload => message;

function asText(message: Payload): string {
  if (typeof message === 'string') return message;
  const text = textOf(message);
  if (text !== undefined) return text;
  const explanation: Explanation = {
    expected: 'text',
    came: `${message.length} bytes came that are not UTF-8`,
    remedy: 'receive them as bytes',
  };
  throw new MessageError('ERR_INVALID_TEXT', 'remote', sentenceOf(explanation));
}

function asBytes(message: Payload): Uint8Array {
  return typeof message === 'string' ? Buffer.from(message) : message;
}

function converterOf(as: 'text' | 'bytes' | undefined): (message: Payload) => Payload {
  if (as === undefined) return asItCame;
  return as === 'text' ? asText : asBytes;
}

/**
 * Sends one whole message: a string as text, bytes as binary. Resolves when it is written; waits
 * for a socket that is still connecting. Rejects with a `MessageError` where the socket is closed,
 * or fails first; with a `RangeError` where `frameSize` is not a whole number above 0; with a
 * `TypeError` for anything but a string or bytes.
 *
 * Unless somebody else listens to the socket's messages, they are queued from now on, so that a
 * reply that comes before you ask for it is not lost.
 */
async function send(ws: WebSocket, data: Payload, options: SendOptions = {}): Promise<void> {
  const { frameSize = Number.POSITIVE_INFINITY } = options;
  if (
    frameSize !== Number.POSITIVE_INFINITY &&
    !(Number.isSafeInteger(frameSize) && frameSize > 0)
  ) {
    throw new RangeError(`expected frameSize to be a whole number above 0, but got ${frameSize}`);
  }
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
    throw new TypeError(`expected a string or a Uint8Array to send, but got ${typeof data}`);
  }
  const inbox = ws.listenerCount('message') === 0 ? inboxOf(ws) : inboxes.get(ws);
  inbox?.spoke();
  const failed = await written(ws, data, frameSize);
  if (failed === undefined) return;
  const end = inbox?.end;
  if (end && end.code !== 'ERR_END_OF_STREAM') throw errorOf(end);
  const explanation: Explanation = {
    expected: 'to write the message',
    came: `could not (${reasonOf(failed)})`,
    remedy: 'see why the connection ended',
  };
  throw new MessageError('ERR_TRANSPORT', 'transport', sentenceOf(explanation));
}

/** What waits for sockets to open, in order: all of it goes out in the 'open' event itself. */
const waitingToOpen = new WeakMap<WebSocket, (() => void)[]>();

/** Calls back once the socket is open, or has failed to; at once where it no longer connects. */
function whenOpen(ws: WebSocket, call: () => void): void {
  if (ws.readyState !== WebSocket.CONNECTING) {
    call();
    return;
  }
  const waiting = waitingToOpen.get(ws);
  if (waiting) {
    waiting.push(call);
    return;
  }
  const calls = [call];
  waitingToOpen.set(ws, calls);
  const release = (): void => {
    for (const each of calls.splice(0)) each();
  };
  ws.prependOnceListener('open', release);
  ws.once('close', release);
}

/** Writes a message in frames of at most `frameSize` bytes; resolves with the error, if any. */
function written(ws: WebSocket, data: Payload, frameSize: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const done = (error?: Error | null): void => resolve(error ?? undefined);
    whenOpen(ws, () => write(ws, data, frameSize, done));
  });
}

function write(
  ws: WebSocket,
  data: Payload,
  frameSize: number,
  done: (error?: Error | null) => void,
): void {
  const binary = typeof data !== 'string';
  const length = binary ? data.length : Buffer.byteLength(data);
  if (length <= frameSize) {
    ws.send(data, { binary }, done);
    return;
  }
  // Frames go out in one go, so that no other message comes between them (RFC 6455, 5.4).
  const bytes = binary ? data : Buffer.from(data);
  for (let start = 0; start < length; start += frameSize) {
    const end = start + frameSize;
    const fin = end >= length;
    ws.send(bytes.subarray(start, end), { binary, fin }, fin ? done : undefined);
  }
}

/**
 * Resolves with the next whole message: as it came, or, if you say so, as 'text' (bytes must be
 * UTF-8, else it rejects and the message stays next) or as 'bytes' (text becomes UTF-8). Rejects
 * with a `MessageError`: `ERR_END_OF_STREAM` at the graceful end, any other code on failure.
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
 * The messages of a socket, until the graceful end; throws a `MessageError` on any other. `as` is
 * that of `Message.receive`.
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
