/**
 * Probes: single connections on which experiments try something. A probe starts on an open socket.
 *
 * Rule 1. Every fact says when it happened: `at`, in ms since the connection was open.
 * Rule 2. `socket.gone` comes last and exactly once, with or without `socket.closed` before it.
 * Rule 3. A command to a socket that is already gone does nothing.
 */
import { assertEvent } from 'xstate';
import type { SocketClose, SocketTerminate } from '../commands.js';
import type { Payload } from '../payload.js';

/** The moment of a fact. */
interface Timed {
  /** In ms since the connection was open. */
  at: number;
}

/** One whole message has come. */
export interface ProbeReceived extends Timed {
  type: 'socket.received';
  data: Payload;
  /** The number of frames that it came in. */
  frames: number;
}

/** A ping has come. The platform has answered it. */
export interface ProbePinged extends Timed {
  type: 'socket.pinged';
  data: string;
}

/** A pong has come. */
export interface ProbePonged extends Timed {
  type: 'socket.ponged';
  data: string;
}

/** A Close frame has come. */
export interface ProbeClosed extends Timed {
  type: 'socket.closed';
  /** 1005 for none. */
  code: number;
  reason: string;
}

/**
 * The end of TCP: between messages, inside one, by a reset, because this end cut it, or because a message
 * was above the limit of this end.
 */
export type GoneBy = 'fin' | 'truncated' | 'reset' | 'cut' | 'limit';

/** The connection is over. */
export interface ProbeGone extends Timed {
  type: 'socket.gone';
  by: GoneBy;
  /** The words of the system or of ws, '' for none. */
  reason: string;
}

/** What a probe can be told. */
export type ProbeFact = ProbeReceived | ProbePinged | ProbePonged | ProbeClosed | ProbeGone;

/** Send one whole message. */
export interface ProbeSend {
  type: 'socket.send';
  data: Payload;
  /** The number of frames, 1 for an unfragmented message. */
  frames: number;
  /** A ping to send behind the first frame. */
  ping?: string;
}

/** Send a ping. */
export interface ProbePing {
  type: 'socket.ping';
  data: string;
}

/** What a probe can order. */
export type ProbeCommand = ProbeSend | ProbePing | SocketClose | SocketTerminate;

/** How a connection ended, as one end saw it. */
export interface SeenEnd {
  /** The Close frame that came, if any. */
  closed: { code: number; reason: string; at: number } | null;
  /** How TCP ended; null where it had not. */
  gone: { by: GoneBy; reason: string; at: number } | null;
}

/** Nothing has ended yet. */
export const NOT_ENDED: SeenEnd = { closed: null, gone: null };

/** The end that a fact adds to. */
export function endWith(end: SeenEnd, fact: ProbeClosed | ProbeGone): SeenEnd {
  const { at, reason } = fact;
  return fact.type === 'socket.closed'
    ? { ...end, closed: { code: fact.code, reason, at } }
    : { ...end, gone: { by: fact.by, reason, at } };
}

/** The part of a probe's context that the end of its connection changes. */
export function endAfter({ end }: { end: SeenEnd }, fact: ProbeFact): { end: SeenEnd } {
  assertEvent(fact, ['socket.closed', 'socket.gone']);
  return { end: endWith(end, fact) };
}

/** Says in words how a connection ended. */
export function seenEndInWords({ closed, gone }: SeenEnd): string {
  if (closed !== null) return `a Close frame ${closed.code}`;
  if (gone === null) return 'nothing';
  return {
    fin: 'a FIN',
    truncated: 'a FIN inside a message',
    reset: 'a reset',
    cut: 'a cut',
    limit: 'a limit on messages',
  }[gone.by];
}

/** The time between two facts, in ms with one decimal, as facts have them. */
export function msBetween(from: number, to: number): number {
  return Math.round((to - from) * 10) / 10;
}
