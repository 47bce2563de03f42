/**
 * How a `ws` connection ended, told as a fact.
 *
 * Rule 1. Every connection yields exactly one end: `endFact`, asked for at its 'close' event.
 * Rule 2. A rule that the peer broke is told at once, as `violation` of its 'error' event, because
 *         the connection still stands; the end follows.
 * Rule 3. What ws keeps to itself is read here and nowhere else (ws 8.23; a test pins it): the TCP
 *         socket, and whether its receiver stands between two messages. Code 1006 alone would not
 *         tell a peer that simply left from a message cut in half, or from a reset. One case stays
 *         hidden: a reset that the operating system reports together with the last data reaches
 *         Node as an ordinary end (libuv makes a hang-up after a partial read an end of file).
 */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Failure, SocketEnded, SocketFailed } from '../machines/index.js';

interface WsInternals {
  _socket: Socket | null;
  _receiver: { _state: number; _bufferedBytes: number; _fragmented: number } | null;
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

/** The fact that ends the session, from the arguments of ws's 'close' event. */
export function endFact(
  ws: WebSocket,
  code: number,
  reason: string,
  error: Error | undefined,
): SocketEnded | SocketFailed {
  if (code === 1000 || code === 1001 || code === 1005) {
    return { type: 'socket.ended', closeFrame: true, code, reason };
  }
  const tcp = internalsOf(ws)._socket;
  if (code === 1006 && tcp?.readableEnded && !tcp.errored && !error && !isInsideMessage(ws)) {
    return { type: 'socket.ended', closeFrame: false, code, reason: '' };
  }
  return { type: 'socket.failed', failure: failureOf(ws, code, reason, error) };
}

function failureOf(ws: WebSocket, code: number, reason: string, error: Error | undefined): Failure {
  const tcp = internalsOf(ws)._socket;
  if (code !== 1006) {
    const why = reason === '' ? '' : ` ${JSON.stringify(reason)}`;
    return {
      blame: 'remote',
      code: 'ERR_PEER_CLOSED',
      message: `expected a normal end, but the peer closed with ${code}${why}: see the peer's log`,
    };
  }
  if (tcp === null) return handshakeFailure(error ?? new Error('the handshake was broken off'));
  const lost = tcp.errored ?? error;
  if (lost) {
    return {
      blame: 'transport',
      code: 'ERR_TRANSPORT',
      message: `expected the connection to last, but it broke (${reasonOf(lost)}): see the path between the two ends`,
    };
  }
  if (tcp.readableEnded) {
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
    message: 'expected the peer to end the stream, but this side cut it first',
  };
}

/** The rule that the peer broke, where that is what ws's 'error' event tells on an open socket. */
export function violation(error: Error): Failure | undefined {
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
