/**
 * What the two sessions have in common: the deadlines, the part of the context that says how it
 * ended, and words for the fact that came. No behaviour: that is in the machines.
 */
import type { ClientFact, SocketEnded } from './facts.js';
import type { SessionOutput } from './notices.js';
import { quote } from './payload.js';

/** How long a session waits, in ms. */
export interface Deadlines {
  /** For one message to be written, and then for what the peer owes. */
  replyTimeout: number;
  /** For the peer to leave after our Close frame. */
  closeTimeout: number;
}

/** The longest delay that timers can take, in ms (24.8 days): told a longer one, they run at once. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** A delay that timers can take. */
export function longest(ms: number): number {
  return Math.min(ms, LONGEST_DELAY);
}

/** The part of a context that becomes the output. */
export interface Ending {
  outcome: SessionOutput['outcome'] | null;
  end: SessionOutput['end'];
  fault: SessionOutput['fault'];
}

/** Whether the end of the stream without a Close frame is an error. */
export type CloseStrictness =
  | boolean
  /** Only where the peer said in the handshake that it ends every stream with one. */
  | 'auto';

/** The end of the stream as the peer made it. */
export function endOf({ closeFrame, code, reason, silence }: SocketEnded): SessionOutput['end'] {
  return { closeFrame, code, reason, silence };
}

/** How long nobody had spoken when a fact came that ends the stream, in ms; 0 for others. */
export function silenceOf(fact: ClientFact): number {
  return fact.type === 'socket.ended' ? fact.silence : 0;
}

/** Says in words what came. */
export function inWords(fact: ClientFact): string {
  switch (fact.type) {
    case 'socket.received':
      return quote(fact.data);
    case 'socket.ended':
      return endInWords(fact);
    default:
      return fact.type;
  }
}

/** Says in words how the peer ended the stream. */
export function endInWords(end: Omit<NonNullable<SessionOutput['end']>, 'silence'>): string {
  if (!end.closeFrame) return 'no Close frame';
  if (end.code === 1005) return 'Close frame without a code';
  return `Close frame ${end.code}${end.reason === '' ? '' : ` ${quote(end.reason)}`}`;
}
