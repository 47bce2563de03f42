/**
 * How a session ends: the part of the context that becomes the output, and the guards, assignments and
 * events about it that both machines have in common. When they apply is in the machines.
 */
import { assertEvent } from 'xstate';
import type { SocketClose } from './commands.js';
import { blameFailure } from './errors.js';
import type { SessionFact } from './facts.js';
import type { SessionFaulted, SessionOutput } from './notices.js';
import { quote } from './payload.js';

/** The part of a context that becomes the output. */
export interface Ending {
  outcome: SessionOutput['outcome'] | null;
  end: SessionOutput['end'];
  fault: SessionOutput['fault'];
  /** Whether the end of the stream without a Close frame is an error, with this peer. */
  needsCloseFrame: boolean;
}

/** Whether the end of the stream without a Close frame is an error. */
export type CloseStrictness =
  | boolean
  /** Only where the peer said in the handshake that it ends every stream with one. */
  | 'auto';

/** What a session is given beside its settings. */
export interface PeerInput {
  /** Whether the peer said in the handshake that it ends every stream with a Close frame. */
  sendsCloseFrame?: boolean;
}

/** Whether an end of the stream needs a Close frame, from a peer that does or does not promise one. */
export function needsCloseFrame(strictClose: CloseStrictness, isPromised: boolean): boolean {
  return strictClose === 'auto' ? isPromised : strictClose;
}

/** What guards see. */
interface Seen {
  context: Ending;
  event: SessionFact;
}

/** Whether something has gone wrong already. */
export function isFaulted({ context }: Seen): boolean {
  return context.fault !== null;
}

/** Whether the peer ended the stream as it should. */
export function isGraceful({ context, event }: Seen): boolean {
  return event.type === 'socket.ended' && (event.closeFrame || !context.needsCloseFrame);
}

/** Whether the connection still stands and the peer is owed a close code. */
export function isOwedClose({ event }: Seen): boolean {
  return event.type === 'socket.failed' && event.failure.closeCode !== undefined;
}

/** The end of the stream as the peer made it. */
export function endOf(fact: SessionFact): Pick<Ending, 'end'> {
  assertEvent(fact, 'socket.ended');
  const { closeFrame, code, reason, silence } = fact;
  return { end: { closeFrame, code, reason, silence } };
}

/** The fault that an adapter reported; `unwritten` says whether a message of ours was on its way. */
export function failureOf(fact: SessionFact, unwritten: boolean): Pick<Ending, 'fault'> {
  assertEvent(fact, 'socket.failed');
  return { fault: blameFailure(fact.failure, unwritten) };
}

/** The Close frame for a recorded fault. */
export function closeFor({ fault }: Ending): SocketClose {
  return { type: 'socket.close', code: fault?.closeCode ?? 1011, reason: fault?.code ?? '' };
}

/** The notice of a recorded fault. */
export function faulted({ fault }: Ending): SessionFaulted {
  if (fault === null) throw new Error('noteFaulted needs a recorded fault');
  return { type: 'session.faulted', fault };
}

/** How long nobody had spoken when a fact came that ends the stream, in ms; 0 for others. */
export function silenceOf(fact: SessionFact): number {
  return fact.type === 'socket.ended' ? fact.silence : 0;
}

/** Says in words what came. */
export function inWords(fact: SessionFact): string {
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
