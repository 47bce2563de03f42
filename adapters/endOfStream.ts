/**
 * How a `ws` connection ended, told as a fact.
 *
 * Rule 1. The end is told when it is known: at the peer's Close frame, or else when the socket is gone.
 * Rule 2. A rule that the peer broke is told at once; the connection still stands, and its end follows.
 * Rule 3. What ws keeps to itself is read here and nowhere else (ws 8.23; tests pin it): the TCP
 *         socket, the moment of the Close frame, and whether the receiver stands between two messages.
 *         One thing is changed: a receiver that has ended is not ended again.
 *         Code 1006 alone would not tell a peer that simply left from a message cut in half, or from a
 *         reset. One case stays hidden: a reset that the operating system reports together with the
 *         last data reaches Node as an ordinary end (libuv makes a hang-up after a partial read an end
 *         of file).
 */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { type Failure, quote, type SocketEnded, type SocketFailed } from '../machines/index.js';

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

/** Whether the bytes that came so far stop inside a frame or a fragmented message. */
function isInsideMessage(ws: WebSocket): boolean {
  const receiver = internalsOf(ws)._receiver;
  if (receiver === null) return false;
  return receiver._state !== 0 || receiver._bufferedBytes !== 0 || receiver._fragmented !== 0;
}

/** Told of the end, once while the socket may still be there, and once when it is gone. */
export type EndListener = (fact: SocketEnded | SocketFailed, isGone: boolean) => void;

/** Listens for broken rules and for the end of a connection that is open or being opened. */
export function onEnd(ws: WebSocket, tell: EndListener): void {
  let told: SocketEnded | SocketFailed | undefined;
  let error: Error | undefined;
  const listen = (): void => {
    const receiver = internalsOf(ws)._receiver;
    receiver?.on('conclude', (code, reason) => {
      receiver.end = endOnce;
      told = closeFact(code, reason.toString());
      tell(told, false);
    });
  };
  if (ws.readyState === WebSocket.CONNECTING) ws.once('open', listen);
  else listen();
  ws.on('error', (reported) => {
    error = reported;
    const failure = violation(reported);
    if (failure) tell({ type: 'socket.failed', failure }, false);
  });
  ws.on('close', () => tell(told ?? goneFact(ws, error), true));
}

/**
 * Ends a receiver that has not ended yet. ws ends it at the Close frame, again at the end of the stream
 * and again when the socket is gone, and Node would make an error, with its stack, for each time after
 * the first, which nobody sees: a twentieth of what a short conversation costs.
 */
function endOnce(this: Receiver): void {
  if (!this.writableEnded) Writable.prototype.end.apply(this as unknown as Writable);
}

/** The fact of a Close frame. */
function closeFact(code: number, reason: string): SocketEnded | SocketFailed {
  if (code === 1000 || code === 1001 || code === 1005) {
    return { type: 'socket.ended', closeFrame: true, code, reason };
  }
  const why = reason === '' ? '' : ` ${quote(reason)}`;
  return {
    type: 'socket.failed',
    failure: {
      blame: 'remote',
      code: 'ERR_PEER_CLOSED',
      message: `expected a normal end, but the peer closed with ${code}${why}: see the peer's log`,
    },
  };
}

/** The fact of a socket that is gone without a Close frame. */
function goneFact(ws: WebSocket, error: Error | undefined): SocketEnded | SocketFailed {
  const tcp = internalsOf(ws)._socket;
  if (tcp === null) {
    const reason = error ?? new Error('the handshake was broken off');
    return { type: 'socket.failed', failure: handshakeFailure(reason) };
  }
  const lost = tcp.errored ?? error;
  if (!lost && tcp.readableEnded && !isInsideMessage(ws)) {
    return { type: 'socket.ended', closeFrame: false, code: 1006, reason: '' };
  }
  return { type: 'socket.failed', failure: lossOf(lost, tcp.readableEnded) };
}

function lossOf(error: Error | undefined | null, hasEnded: boolean): Failure {
  if (error) {
    return {
      blame: 'transport',
      code: 'ERR_TRANSPORT',
      message: `expected the connection to last, but it broke (${reasonOf(error)}): see the path between the two ends`,
    };
  }
  if (hasEnded) {
    return {
      blame: 'transport',
      code: 'ERR_TRUNCATED',
      message:
        'expected a whole message, but the stream ended inside one: see whether the peer crashed or the path cut it off',
    };
  }
  return {
    blame: 'transport',
    code: 'ERR_TRANSPORT',
    message:
      'expected the peer to end the stream, but this side cut it: the application did, or a limit of ws, such as one on unanswered pings',
  };
}

/** The rule that the peer broke, where that is what ws's 'error' event tells. */
function violation(error: Error): Failure | undefined {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return undefined;
  const because = `(${error.message})`;
  switch (code) {
    case 'WS_ERR_INVALID_UTF8':
      return {
        blame: 'remote',
        code: 'ERR_INVALID_TEXT',
        message: `expected text in UTF-8, but other bytes came ${because}: the peer must send them as binary`,
        closeCode: 1007,
      };
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return {
        blame: 'remote',
        code: 'ERR_TOO_BIG',
        message: `expected a message within the limit, but a larger one came ${because}: send less, or raise maxPayload`,
        closeCode: 1009,
      };
    default:
      return {
        blame: 'remote',
        code: 'ERR_PROTOCOL',
        message: `expected frames as RFC 6455 has them, but others came ${because}: mend the peer, or see what on the path alters them`,
        // The one limit of ws that is not a rule of the protocol has its own code.
        closeCode: code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS' ? 1008 : 1002,
      };
  }
}

/** Why the connection never opened. */
export function handshakeFailure(error: Error): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
  if (status !== undefined) {
    return {
      blame: 'remote',
      code: 'ERR_HANDSHAKE',
      message: `expected status 101 (Switching Protocols), but the server answered ${status}: see whether the URL is that of a WebSocket service`,
    };
  }
  if (/SSL|TLS|CERT|SIGNATURE|^EPROTO$/.test(code)) {
    return {
      blame: 'transport',
      code: 'ERR_TLS',
      message: `expected a TLS connection with a certificate this machine trusts, but it failed (${reasonOf(error)}): check the certificate, or name its authority`,
    };
  }
  if (code.startsWith('E')) {
    return {
      blame: 'transport',
      code: 'ERR_CONNECT',
      message: `expected to reach the server, but could not (${reasonOf(error)}): check the address, and that the server runs`,
    };
  }
  return {
    blame: 'remote',
    code: 'ERR_HANDSHAKE',
    message: `expected a WebSocket handshake, but got something else (${reasonOf(error)}): see whether the URL is that of a WebSocket service`,
  };
}

/** An error in one line; several attempts to connect are joined. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code === '' || error.message.includes(code) ? error.message : `${error.message}, ${code}`;
}
