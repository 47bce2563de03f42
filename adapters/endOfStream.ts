/**
 * The end of a `ws` connection, as facts.
 *
 * Rule 1. The end is told as soon as it is known: at the peer's Close frame, else when the socket is
 *         gone.
 * Rule 2. A rule that the peer broke is told at once. The connection still stands, and its end follows.
 * Rule 3. Only this file reads internals of ws (8.23; tests pin them): the TCP socket, the moment of
 *         the Close frame, and whether the receiver stands between two messages. Code 1006 alone
 *         does not tell a FIN from a message cut in half, nor from a reset. The file changes one
 *         internal: a receiver that has ended does not end again.
 * Rule 4. One case stays hidden. A reset that the operating system reports together with the last data
 *         reaches Node as an ordinary end: libuv makes a hang-up after a partial read an end of file.
 */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import type { ProbeGone } from '../machines/checks/index.js';
import {
  afterSilence,
  type Failure,
  looksIdle,
  quote,
  type SocketEnded,
  type SocketFailed,
} from '../machines/index.js';
import { Handshake } from './handshakeFailure.js';
import { reasonOf } from './reason.js';
import type { Silence } from './silence.js';

interface WsInternals {
  _socket: Socket | null;
  _receiver: Receiver | null;
}

interface Receiver {
  _state: number;
  _bufferedBytes: number;
  _fragmented: number;
  writableEnded: boolean;
  end(): unknown;
  on(event: 'conclude', listener: (code: number, reason: Buffer) => void): void;
}

function internalsOf(ws: WebSocket): WsInternals {
  return ws as unknown as WsInternals;
}

/** Whether the bytes so far stop inside a frame or a fragmented message. */
function isInsideMessage(ws: WebSocket): boolean {
  const receiver = internalsOf(ws)._receiver;
  if (receiver === null) return false;
  return receiver._state !== 0 || receiver._bufferedBytes !== 0 || receiver._fragmented !== 0;
}

/**
 * Whether the TCP socket was destroyed, as by a reset. Node 20 then reports the write under way as
 * written, without an error.
 */
export function isCut(ws: WebSocket): boolean {
  return internalsOf(ws)._socket?.destroyed === true;
}

/** Calls `tell` with the Close frame of the peer, in the moment in which it comes. */
export function onCloseFrame(ws: WebSocket, tell: (code: number, reason: string) => void): void {
  const { _receiver: receiver } = internalsOf(ws);
  receiver?.on('conclude', (code, reason) => tell(code, reason.toString()));
}

/** Calls `take` with all bytes from the peer, before ws reads them. */
export function onBytes(ws: WebSocket, take: (chunk: Buffer) => void): void {
  internalsOf(ws)._socket?.prependListener('data', take);
}

/** How the TCP connection of a socket ended that is gone; `error` is what ws told. */
export function howGone(ws: WebSocket, error: Error | undefined): Pick<ProbeGone, 'by' | 'reason'> {
  const tcp = internalsOf(ws)._socket;
  const lost = tcp?.errored ?? undefined;
  if (isAboveLimit(error)) return { by: 'limit', reason: reasonOf(error) };
  if (lost !== undefined) return { by: 'reset', reason: reasonOf(lost) };
  if (tcp?.readableEnded !== true) return { by: 'cut', reason: error ? reasonOf(error) : '' };
  return { by: isInsideMessage(ws) ? 'truncated' : 'fin', reason: '' };
}

/** Whether ws has refused a message above `maxPayload`. */
function isAboveLimit(error: Error | undefined): error is Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}

/** The receiver of a connection's end. */
export interface EndListener {
  /** Takes the end: at a Close frame or a broken rule, and once more when the socket `isGone`. */
  ended(fact: SocketEnded | SocketFailed, isGone: boolean): void;
  /** How long nobody has spoken. This file notes the bytes that come; the listener notes messages. */
  readonly silence: Silence;
}

/** Listens for broken rules and for the end of a connection that is open or still opens. */
export function onEnd(ws: WebSocket, listener: EndListener): void {
  const { silence } = listener;
  let told: SocketEnded | SocketFailed | undefined;
  let error: Error | undefined;
  let handshake: Handshake | undefined;
  const listen = (): void => {
    handshake = undefined;
    const { _receiver: receiver, _socket: tcp } = internalsOf(ws);
    if (tcp !== null) hearBytes(tcp, silence);
    receiver?.on('conclude', (code, reason) => {
      receiver.end = endOnce;
      told = closeFact(code, reason.toString(), silence.untilHeard());
      listener.ended(told, false);
    });
  };
  if (ws.readyState === WebSocket.CONNECTING) {
    handshake = new Handshake(ws);
    ws.once('open', listen);
  } else listen();
  ws.on('error', (reported) => {
    error = reported;
    const failure = violation(reported);
    if (failure) listener.ended({ type: 'socket.failed', failure }, false);
  });
  ws.on('close', () => {
    const failure = handshake?.failureOf(error);
    const gone = failure
      ? ({ type: 'socket.failed', failure } as const)
      : goneFact(ws, error, silence.untilNow());
    listener.ended(told ?? gone, true);
  });
}

/** The property of a TCP socket that holds the silence on its connection. */
const SILENCE = Symbol('silence');

type Heard = Socket & { [SILENCE]: Silence };

/** The listener of ws for data, and ours around it. ws has one for all sockets. */
let readByWs: ((this: Socket, chunk: Buffer) => void) | undefined;
let hearAndRead: ((this: Heard, chunk: Buffer) => void) | undefined;

/**
 * Notes the bytes that come, before ws reads them: a ping, or a part of a message, ends a silence as a
 * message does. One listener does both, since Node copies a list of listeners at every chunk. `off` finds
 * it by the listener within, as it finds those of `once`.
 */
function hearBytes(tcp: Socket, silence: Silence): void {
  const [read] = tcp.listeners('data') as [NonNullable<typeof readByWs>];
  if (readByWs !== read) {
    readByWs = read;
    const listener = function (this: Heard, chunk: Buffer): void {
      this[SILENCE].heard();
      read.call(this, chunk);
    };
    hearAndRead = Object.assign(listener, { listener: read });
  }
  (tcp as Heard)[SILENCE] = silence;
  tcp.off('data', read);
  tcp.on('data', hearAndRead as (chunk: Buffer) => void);
}

/**
 * Ends a receiver that has not ended yet. ws ends a receiver three times: at the Close frame, at the end
 * of the stream and when the socket is gone. After the first time Node makes an error with its stack,
 * which nobody sees. Those errors are a twentieth of the cost of a short conversation.
 */
function endOnce(this: Receiver): void {
  if (!this.writableEnded) Writable.prototype.end.apply(this as unknown as Writable);
}

/** The fact of a Close frame. */
function closeFact(code: number, reason: string, silence: number): SocketEnded | SocketFailed {
  if (code === 1000 || code === 1001 || code === 1005) {
    return { type: 'socket.ended', closeFrame: true, code, reason, silence };
  }
  const why = reason === '' ? '' : ` ${quote(reason)}`;
  return {
    type: 'socket.failed',
    failure: {
      blame: 'remote',
      code: 'ERR_PEER_CLOSED',
      expected: 'a normal end',
      came: `the peer closed with ${code}${why}${afterSilence(silence)}`,
      remedy: "see the peer's log",
    },
  };
}

/** The fact of a socket that is gone without a Close frame. */
function goneFact(
  ws: WebSocket,
  error: Error | undefined,
  silence: number,
): SocketEnded | SocketFailed {
  const tcp = internalsOf(ws)._socket;
  const lost = tcp?.errored ?? error;
  const hasEnded = tcp?.readableEnded === true;
  if (!lost && hasEnded && !isInsideMessage(ws)) {
    return { type: 'socket.ended', closeFrame: false, code: 1006, reason: '', silence };
  }
  return { type: 'socket.failed', failure: lossOf(lost, hasEnded, silence) };
}

function lossOf(error: Error | undefined, hasEnded: boolean, silence: number): Failure {
  const how = afterSilence(silence);
  if (error) {
    return {
      blame: 'transport',
      code: 'ERR_TRANSPORT',
      expected: 'the connection to last',
      came: `it broke (${reasonOf(error)})${how}`,
      remedy: `see the path between the two ends${looksIdle(silence)}`,
    };
  }
  if (hasEnded) {
    return {
      blame: 'transport',
      code: 'ERR_TRUNCATED',
      expected: 'a whole message',
      came: `the stream ended inside one${how}`,
      remedy: `see whether the peer crashed or the path cut it off${looksIdle(silence)}`,
    };
  }
  return {
    blame: 'transport',
    code: 'ERR_TRANSPORT',
    expected: 'the peer to end the stream',
    came: `this side cut it${how}`,
    remedy: 'the application did, or a limit of ws, such as one on unanswered pings',
  };
}

/** The rule that the peer broke; undefined if ws's 'error' event tells something else. */
function violation(error: Error): Failure | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || !/^(?:WS_ERR|Z)_/.test(code)) return undefined;
  const because = `(${error.message})`;
  const blame = 'remote';
  // An error of zlib: ws reports it as it is, and answers with 1007.
  if (code.startsWith('Z_')) {
    return {
      blame,
      code: 'ERR_PROTOCOL',
      expected: 'a compressed message that inflates',
      came: `other bytes came ${because}`,
      remedy: 'mend the peer, or see what on the path alters them',
      closeCode: 1007,
    };
  }
  switch (code) {
    case 'WS_ERR_INVALID_UTF8':
      return {
        blame,
        code: 'ERR_INVALID_TEXT',
        expected: 'text in UTF-8',
        came: `other bytes came ${because}`,
        remedy: 'the peer must send them as binary',
        closeCode: 1007,
      };
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return {
        blame,
        code: 'ERR_TOO_BIG',
        expected: 'a message within the limit',
        came: `a larger one came ${because}`,
        remedy: 'send less, or take more',
        setting: 'maxPayload',
        closeCode: 1009,
      };
    default:
      return {
        blame,
        code: 'ERR_PROTOCOL',
        expected: 'frames as RFC 6455 has them',
        came: `others came ${because}`,
        remedy: 'mend the peer, or see what on the path alters them',
        // This limit of ws is no rule of the protocol, so it has its own close code.
        closeCode: code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS' ? 1008 : 1002,
      };
  }
}
