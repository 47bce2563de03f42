/**
 * Facts: the only inputs of a machine. A fact says what has already happened outside.
 *
 * Rule 1. The name is source.pastParticiple; the source is the socket or the application.
 * Rule 2. A connection ends with exactly one of `socket.ended` and `socket.failed`
 *         without a `closeCode`, and nothing follows it. A `socket.failed` *with* a `closeCode`
 *         may come earlier: the peer broke a rule, the connection still stands, and the peer is owed
 *         that code.
 * Rule 3. Facts are told in the order in which they happened, each as soon as it is known.
 */
import type { Failure } from './errors.js';
import type { Payload } from './payload.js';
import type { Phases } from './phases.js';
import type { Attempt } from './stages.js';

/** The opening has begun a stage. The same stage comes again when `peer` says more. */
export interface SocketAttempted extends Attempt {
  type: 'socket.attempted';
  /** The phases finished so far; left out by adapters that measure none. */
  phases?: Phases;
}

/** The server answered the handshake with a redirect that can be followed. The connection is gone. */
export interface SocketRedirected {
  type: 'socket.redirected';
  status: number;
  /** The URL that it leads to, without secrets. */
  to: string;
  /** The failure that the answer is, where it is not followed. */
  failure: Failure;
  phases?: Phases;
}

/** The opening handshake succeeded. */
export interface SocketOpened {
  type: 'socket.opened';
  /** The subprotocol the server chose, '' for none. */
  subprotocol: string;
  phases?: Phases;
}

/** The oldest `socket.send` not yet answered has been written: told once for each, in order. */
export interface SocketSent {
  type: 'socket.sent';
}

/** One whole message has come. It may overtake the `socket.sent` of the message that it answers. */
export interface SocketReceived {
  type: 'socket.received';
  data: Payload;
}

/** The stream ended cleanly: between messages, and with a normal Close frame or with none at all. */
export interface SocketEnded {
  type: 'socket.ended';
  /** Whether a Close frame came before the end of the TCP stream. */
  closeFrame: boolean;
  /** 1000, 1001, 1005 (a Close frame without a code) or 1006 (no Close frame); RFC 6455, 7.4.1. */
  code: number;
  /** The peer's reason, '' for none. */
  reason: string;
  /** How long nobody had spoken when the end came, in ms: no byte had come, and no message was sent. */
  silence: number;
}

/** The connection failed, or is about to: see rule 2. */
export interface SocketFailed {
  type: 'socket.failed';
  failure: Failure;
  /** Of an opening: the phases that it finished. */
  phases?: Phases;
}

/** The pong to the last ping has come. */
export interface SocketPonged {
  type: 'socket.ponged';
  /** The round trip, in ms. */
  ms: number;
}

/** The application wants the opening, the session or the pings to end early. */
export interface AppStopRequested {
  type: 'app.stopRequested';
}

/** What an opening can be told. */
export type OpeningFact =
  | SocketAttempted
  | SocketRedirected
  | SocketOpened
  | SocketFailed
  | AppStopRequested;

/** What pings can be told. The end of their session is a stop to them. */
export type PingsFact = SocketPonged | AppStopRequested;

/** What a session can be told. */
export type SessionFact =
  | SocketSent
  | SocketReceived
  | SocketEnded
  | SocketFailed
  | AppStopRequested;
