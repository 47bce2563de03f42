/**
 * What can go wrong, and whose fault it was. Inside the machines an error is a value.
 *
 *   Fault
 *   ├── local      we broke the rules: ERR_MISUSE
 *   ├── remote     the peer did: ERR_WRONG_ECHO, ERR_OUT_OF_TURN, ERR_ENDED_EARLY, ERR_NO_CLOSE_FRAME,
 *   │              ERR_PEER_CLOSED, ERR_PROTOCOL, ERR_INVALID_TEXT, ERR_TOO_BIG, ERR_HANDSHAKE
 *   ├── transport  the path did: ERR_CONNECT, ERR_TLS, ERR_TRUNCATED, ERR_TRANSPORT
 *   └── deadline   nothing came in time: ERR_CONNECT_TIMEOUT, ERR_SEND_TIMEOUT, ERR_REPLY_TIMEOUT,
 *                  ERR_MESSAGE_TIMEOUT, ERR_CLOSE_TIMEOUT
 *
 * Rule 1. Codes are stable; messages are for people: what was expected, what came, what to do.
 * Rule 2. A fault with a `closeCode` is answered with that code (RFC 6455, 7.4.1) while the
 *         connection still stands.
 */

/** Whose fault it was. */
export type Blame = 'local' | 'remote' | 'transport' | 'deadline';

/** What an adapter reports in `socket.failed`. */
export interface Failure {
  blame: Exclude<Blame, 'deadline'>;
  code: FailureCode;
  message: string;
  /** Present exactly while the connection still stands and the peer is owed this close code. */
  closeCode?: number;
}

/** The codes that an adapter finds. */
export type FailureCode =
  | 'ERR_MISUSE'
  | 'ERR_PEER_CLOSED'
  | 'ERR_PROTOCOL'
  | 'ERR_INVALID_TEXT'
  | 'ERR_TOO_BIG'
  | 'ERR_HANDSHAKE'
  | 'ERR_CONNECT'
  | 'ERR_TLS'
  | 'ERR_TRUNCATED'
  | 'ERR_TRANSPORT';

/** The codes that a machine finds by itself. */
export type VerdictCode = keyof typeof verdicts;

/** What went wrong in a session, where, and on which fact. */
export interface Fault {
  blame: Blame;
  code: FailureCode | VerdictCode;
  message: string;
  /** The state the session was in. */
  state: string;
  /** The type of the fact, or of the deadline, that brought it. */
  fact: string;
  /** The close code the peer is owed. */
  closeCode?: number;
}

/** What a verdict's sentence can speak of. */
export interface Circumstances {
  /** Which exchange, counted from 0. */
  round: number;
  /** The session's deadlines, in ms. */
  deadlines: { connectTimeout?: number; replyTimeout: number; closeTimeout: number };
  /** The fact that came, or the payload in it, in words. */
  came: string;
  /** The payload that should have come, in words. */
  expected: string;
  /** Where it differs from what came, in words. */
  difference: string;
}

interface Verdict {
  blame: Blame;
  closeCode?: number;
  sentence(at: Circumstances): string;
}

const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** Every fault a machine finds by itself. */
export const verdicts = {
  ERR_MISUSE: {
    blame: 'local',
    closeCode: INTERNAL_ERROR,
    sentence: (at) =>
      `expected a fact that can happen in this state, but ${at.came} came: mend the adapter`,
  },
  ERR_WRONG_ECHO: {
    blame: 'remote',
    closeCode: POLICY_VIOLATION,
    sentence: (at) =>
      `expected message ${at.round} back as ${at.expected}, but ${at.came} came (${at.difference}): see whether the peer or the path alters messages`,
  },
  ERR_OUT_OF_TURN: {
    blame: 'remote',
    closeCode: POLICY_VIOLATION,
    sentence: (at) =>
      `expected one reply a round, but ${at.came} came before round ${at.round} began: the peer must wait for a message before it answers`,
  },
  ERR_ENDED_EARLY: {
    blame: 'remote',
    sentence: (at) =>
      `expected a reply in every round, but the stream ended in round ${at.round} (${at.came}): see why the peer or the path closed it`,
  },
  ERR_NO_CLOSE_FRAME: {
    blame: 'remote',
    sentence: () =>
      'expected a Close frame before the end of the stream, but none came: mend the peer or the path, or do without strictClose',
  },
  ERR_CONNECT_TIMEOUT: {
    blame: 'deadline',
    sentence: (at) =>
      `expected the connection to open within ${at.deadlines.connectTimeout} ms, but it did not: check the address and the path, or raise connectTimeout`,
  },
  ERR_SEND_TIMEOUT: {
    blame: 'deadline',
    closeCode: POLICY_VIOLATION,
    sentence: (at) =>
      `expected a message to be written within ${at.deadlines.replyTimeout} ms, but it was not: the peer or the path does not take it; raise replyTimeout if it is only slow`,
  },
  ERR_REPLY_TIMEOUT: {
    blame: 'deadline',
    closeCode: POLICY_VIOLATION,
    sentence: (at) =>
      `expected the reply to message ${at.round} within ${at.deadlines.replyTimeout} ms, but none came: see what holds it up, or raise replyTimeout`,
  },
  ERR_MESSAGE_TIMEOUT: {
    blame: 'deadline',
    closeCode: POLICY_VIOLATION,
    sentence: (at) =>
      `expected message ${at.round} or the end of the stream within ${at.deadlines.replyTimeout} ms, but neither came: see what holds it up, or raise replyTimeout`,
  },
  ERR_CLOSE_TIMEOUT: {
    blame: 'deadline',
    sentence: (at) =>
      `expected the peer to leave within ${at.deadlines.closeTimeout} ms of the Close frame, but it did not: the connection was cut; raise closeTimeout if the peer is only slow`,
  },
} as const satisfies Record<string, Verdict>;

/** Makes the fault that a machine found by itself. */
export function judge(code: VerdictCode, state: string, fact: string, at: Circumstances): Fault {
  const verdict: Verdict = verdicts[code];
  const fault: Fault = { blame: verdict.blame, code, message: verdict.sentence(at), state, fact };
  if (verdict.closeCode !== undefined) fault.closeCode = verdict.closeCode;
  return fault;
}

/** Makes the fault that an adapter reported. */
export function blameFailure(failure: Failure, state: string): Fault {
  return { ...failure, state, fact: 'socket.failed' };
}
