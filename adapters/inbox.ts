/**
 * The inbox of a socket: messages that no call has asked for, or calls that no message has answered.
 *
 * Rule 1. A socket has one inbox. The inbox keeps every message, in order, until a call asks for it.
 * Rule 2. While `QUEUE_BYTES` or `QUEUE_MESSAGES` wait, the socket is paused.
 * Rule 3. A call gets the messages that came before the end before it gets the end.
 */
import { WebSocket } from 'ws';
import {
  type Blame,
  type Payload,
  type SocketEnded,
  type SocketFailed,
  sentenceOf,
} from '../machines/index.js';
import { type EndListener, onEnd } from './endOfStream.js';
import { MessageError, type MessageErrorCode } from './messageError.js';
import { Silence } from './silence.js';

/** Bytes that may wait in a queue before its socket is paused. One more read of the socket can still add to them. */
export const QUEUE_BYTES = 1024 * 1024;

/** Messages that may wait in a queue before its socket is paused. One more read of the socket can still add to them. */
export const QUEUE_MESSAGES = 1024;

/** The end of a stream, as every later call is told. */
interface End {
  code: MessageErrorCode;
  blame: Blame | null;
  message: string;
}

const CLOSED: End = {
  code: 'ERR_MISUSE',
  blame: 'local',
  message: sentenceOf({
    expected: 'an open socket',
    came: 'it is closed',
    remedy: 'ask for messages earlier',
  }),
};

/** A call that waits for a message. `take` returns whether the call got one. */
interface Waiting {
  take(): boolean;
  fail(error: MessageError): void;
}

/** The inbox of one socket. */
export class Inbox implements EndListener {
  readonly #ws: WebSocket;
  readonly #messages: Payload[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  readonly silence = new Silence();
  /** The end of the stream, once it is known. */
  end: End | undefined;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    if (ws.readyState === WebSocket.CLOSED) {
      this.#finish(CLOSED);
      return;
    }
    ws.binaryType = 'nodebuffer';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.silence.heardMessage();
      this.#messages.push(isBinary ? data : data.toString());
      this.#bytes += data.length;
      this.#settle();
    });
    onEnd(ws, this);
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

/** The error for a call that finds the stream ended. */
export function errorOf({ code, blame, message }: End): MessageError {
  return new MessageError(code, blame, message);
}

const inboxes = new WeakMap<WebSocket, Inbox>();

/** The inbox of a socket, if a call has asked for its messages before. */
export function existingInboxOf(ws: WebSocket): Inbox | undefined {
  return inboxes.get(ws);
}

/** The inbox of a socket, which takes the socket's messages over from now on. */
export function inboxOf(ws: WebSocket): Inbox {
  let inbox = inboxes.get(ws);
  if (inbox === undefined) {
    inbox = new Inbox(ws);
    inboxes.set(ws, inbox);
  }
  return inbox;
}
