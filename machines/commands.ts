/**
 * Commands: what a machine wants done. The adapter does it at once and decides nothing.
 *
 * Rule 1. The name is target.verb, and the target is always the socket.
 * Rule 2. Every command has an answer. `socket.send` is answered by `socket.sent`, or by the fact
 *         that ends the connection; `socket.close` and `socket.terminate` by the latter alone;
 *         `socket.ping` by `socket.ponged`, if at all; `socket.handOver` by nothing: the socket has a new owner then. `socket.follow` begins an
 *         opening anew.
 * Rule 3. A command to a socket that is already gone does nothing.
 */
import type { Payload } from './payload.js';

/** Send one whole message. */
export interface SocketSend {
  type: 'socket.send';
  data: Payload;
}

/** Start the closing handshake. */
export interface SocketClose {
  type: 'socket.close';
  /** The close code, RFC 6455, 7.4. */
  code: number;
  /** At most 123 bytes of UTF-8, RFC 6455, 5.5.1. */
  reason: string;
}

/** Drop the connection at once, without a handshake. */
export interface SocketTerminate {
  type: 'socket.terminate';
}

/** Hand the open socket to its conversation, in this tick. */
export interface SocketHandOver {
  type: 'socket.handOver';
}

/** Dial the URL that the last redirect named. */
export interface SocketFollow {
  type: 'socket.follow';
}

/** Send a ping, whose pong can be told from that of another. */
export interface SocketPing {
  type: 'socket.ping';
  /** Counted from 0. */
  ping: number;
}

/** What pings can order. */
export type PingsCommand = SocketPing;

/** What an opening can order. */
export type OpeningCommand = SocketHandOver | SocketFollow | SocketTerminate;

/** What a session can order. */
export type Command = SocketSend | SocketClose | SocketTerminate;
