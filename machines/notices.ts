/**
 * Notices: what an opening and a session tell their user. Nobody has to listen.
 *
 * Rule 1. The name is session.pastParticiple, opening.pastParticiple or pings.pastParticiple.
 * Rule 2. `session.ended` comes last and exactly once, with the output; so do
 *         `opening.ended` and `pings.ended`.
 * Rule 3. A session that ends in `error` has told `session.faulted` exactly once before; an opening,
 *         `opening.faulted`.
 */
import type { Failure, Fault } from './errors.js';
import type { Payload } from './payload.js';
import type { Phases } from './phases.js';

/** The connection does not open. */
export interface OpeningFaulted {
  type: 'opening.faulted';
  fault: Fault;
}

/** The opening is over. */
export interface OpeningEnded {
  type: 'opening.ended';
  output: OpeningOutput;
}

/** How an opening ended. */
export interface OpeningOutput {
  /** The final state: the socket is open, the application stopped it, or something went wrong. */
  outcome: 'opened' | 'stopped' | 'error';
  /** The subprotocol the server chose, '' for none; null unless the outcome is `opened`. */
  subprotocol: string | null;
  /** The redirects that were followed. */
  redirects: readonly Redirect[];
  /** The finished phases since the last redirect. */
  phases: Phases;
  /** What went wrong; null unless the outcome is `error`. */
  fault: Fault | null;
}

/** A redirect that was followed. */
export interface Redirect {
  status: number;
  /** The URL that it led to, without secrets. */
  to: string;
  /** The finished phases up to the redirect. */
  phases: Phases;
}

/** A redirect is being followed. */
export interface OpeningRedirected {
  type: 'opening.redirected';
  status: number;
  to: string;
}

export type OpeningNotice = OpeningRedirected | OpeningFaulted | OpeningEnded;

/** A pong has come in time. */
export interface PingsAnswered {
  type: 'pings.answered';
  /** Which ping, counted from 0. */
  ping: number;
  ms: number;
}

/** A pong is missing. The session on the socket is to be told this failure. */
export interface PingsFailed {
  type: 'pings.failed';
  failure: Failure;
}

/** No more pings are sent. */
export interface PingsEnded {
  type: 'pings.ended';
  output: PingsOutput;
}

/** The round trips of all pings, in ms; all 0 where no pong came. */
export interface PingsOutput {
  /** How many pings were sent, and how many were answered. */
  sent: number;
  count: number;
  min: number;
  avg: number;
  max: number;
}

export type PingsNotice = PingsAnswered | PingsFailed | PingsEnded;

/** The conversation begins. */
export interface SessionStarted {
  type: 'session.started';
}

/** Server: a round begins; `data` is the message it sends. */
export interface SessionRoundStarted {
  type: 'session.roundStarted';
  /** Counted from 0. */
  round: number;
  data: Payload;
}

/** Server: the reply of a round is the message that was sent. */
export interface SessionEchoed {
  type: 'session.echoed';
  round: number;
  data: Payload;
}

/** Server: the reply of a round differs from the message that was sent. */
export interface SessionMismatched {
  type: 'session.mismatched';
  round: number;
  data: Payload;
  expected: Payload;
}

/** Client: a message has come and is being returned. */
export interface SessionReceived {
  type: 'session.received';
  /** Counted from 0. */
  round: number;
  data: Payload;
}

/** Client: a message has been returned. */
export interface SessionReturned {
  type: 'session.returned';
  round: number;
}

/** Something went wrong; the session ends in `error` as soon as the connection is gone. */
export interface SessionFaulted {
  type: 'session.faulted';
  fault: Fault;
}

/** The session is over. */
export interface SessionEnded {
  type: 'session.ended';
  output: SessionOutput;
}

/** How a session ended. */
export interface SessionOutput {
  /** The final state: all was said, the application stopped it, or something went wrong. */
  outcome: 'done' | 'stopped' | 'error';
  /** Server: replies that came. Client: messages that were returned. */
  exchanges: number;
  /** Server: replies that were not the message sent. Client: always 0. */
  mismatches: number;
  /** The end of the stream as the peer made it; null where it failed or was cut by us. */
  end: { closeFrame: boolean; code: number; reason: string; silence: number } | null;
  /** What went wrong; null unless the outcome is `error`. */
  fault: Fault | null;
}

export type ServerNotice =
  | SessionStarted
  | SessionRoundStarted
  | SessionEchoed
  | SessionMismatched
  | SessionFaulted
  | SessionEnded;

export type ClientNotice =
  | SessionStarted
  | SessionReceived
  | SessionReturned
  | SessionFaulted
  | SessionEnded;
