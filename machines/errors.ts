/**
 * What can go wrong, and whose fault it was. Inside the machines an error is a value.
 *
 *   Fault
 *   ├── local      we broke the rules: ERR_MISUSE
 *   ├── remote     the peer did: ERR_WRONG_ECHO, ERR_OUT_OF_TURN, ERR_ENDED_EARLY, ERR_NO_CLOSE_FRAME,
 *   │              ERR_TOO_FEW_MESSAGES, ERR_TOO_MANY_MESSAGES, ERR_PEER_CLOSED, ERR_PROTOCOL,
 *   │              ERR_INVALID_TEXT, ERR_TOO_BIG, ERR_HANDSHAKE
 *   ├── transport  the path did: ERR_CONNECT, ERR_PROXY, ERR_TLS, ERR_TRUNCATED, ERR_TRANSPORT
 *   └── deadline   nothing came in time: ERR_CONNECT_TIMEOUT, ERR_SEND_TIMEOUT, ERR_REPLY_TIMEOUT,
 *                  ERR_MESSAGE_TIMEOUT, ERR_PONG_TIMEOUT, ERR_CLOSE_TIMEOUT
 *
 * Rule 1. Codes are stable. An explanation is for people; `sentenceOf` alone makes a sentence of it.
 * Rule 2. A fault with a `closeCode` is answered with that code (RFC 6455, 7.4.1) while the
 *         connection still stands.
 */
import { afterSilence, type Explanation, looksIdle, sentenceOf } from './explanation.js';
import { quote } from './payload.js';
import { type Attempt, stallOf } from './stages.js';

/** Whose fault it was. */
export type Blame = 'local' | 'remote' | 'transport' | 'deadline';

/** What an adapter reports in `socket.failed`. */
export interface Failure extends Explanation {
  blame: Blame;
  code: FailureCode;
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
  | 'ERR_PONG_TIMEOUT'
  | 'ERR_HANDSHAKE'
  | 'ERR_CONNECT'
  | 'ERR_PROXY'
  | 'ERR_TLS'
  | 'ERR_TRUNCATED'
  | 'ERR_TRANSPORT';

/** The codes that a session finds by itself. */
export type VerdictCode = keyof typeof verdicts;

/** What went wrong in an opening or a session, and on which fact. */
export interface Fault extends Explanation {
  blame: Blame;
  code: FailureCode | VerdictCode | 'ERR_CONNECT_TIMEOUT';
  /** The explanation as one sentence, in which settings have the names of the library. */
  message: string;
  /** The type of the fact, or the name of the deadline, that brought it; `input` where settings are wrong. */
  fact: string;
  /** Whether the connection failed, or a deadline passed, with a message of ours not yet written. */
  unwritten: boolean;
  /** The close code the peer is owed. */
  closeCode?: number;
}

/** The circumstances that a verdict's explanation can mention. */
export interface Circumstances {
  /** Which exchange, counted from 0. */
  round: number;
  /** The session's deadlines, in ms. */
  deadlines: { replyTimeout: number; closeTimeout: number };
  /** The fact, or the payload in it, in words. */
  came: string;
  /** How long nobody had spoken when the stream ended, in ms. */
  silence: number;
  /** How many messages should have come, and how many did. */
  messages: { expected: number; received: number };
  /** Server: the expected payload, and where the payload that came differs from it, in words. */
  expected?: string;
  difference?: string;
}

interface Verdict {
  blame: Blame;
  /** The name of the deadline that passed. */
  deadline?: 'replyTimeout' | 'closeTimeout';
  closeCode?: number;
  /** Whether the fault is that a message of ours was not written. */
  unwritten?: boolean;
  explain(at: Circumstances): Explanation;
}

const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** A server that has said nothing is stuck, or waits to be spoken to, as most servers do. */
const NOTHING_SAID = {
  came: 'nothing came',
  remedy: 'if the peer waits to be spoken to, speak first; if not, see what holds it up',
  setting: 'speak',
} as const;

const NO_NEXT_MESSAGE = {
  came: 'neither came',
  remedy: 'see what holds it up, or wait longer',
  setting: 'replyTimeout',
} as const;

/** Every fault that a session finds by itself. */
export const verdicts = {
  ERR_MISUSE: {
    blame: 'local',
    closeCode: INTERNAL_ERROR,
    explain: (at) => ({
      expected: 'a fact that can happen in this state',
      came: `${at.came} came`,
      remedy: 'mend the adapter',
    }),
  },
  ERR_WRONG_ECHO: {
    blame: 'remote',
    closeCode: POLICY_VIOLATION,
    explain: (at) => ({
      expected: `message ${at.round} back as ${at.expected}`,
      came: `${at.came} came (${at.difference})`,
      remedy: 'see whether the peer or the path alters messages',
    }),
  },
  ERR_OUT_OF_TURN: {
    blame: 'remote',
    closeCode: POLICY_VIOLATION,
    explain: (at) => ({
      expected: 'one reply a round',
      came: `${at.came} came before round ${at.round} began`,
      remedy: 'the peer must wait for a message before it answers',
    }),
  },
  ERR_ENDED_EARLY: {
    blame: 'remote',
    explain: (at) => ({
      expected: 'a reply in every round',
      came: `the stream ended in round ${at.round} (${at.came})${afterSilence(at.silence)}`,
      remedy: `see why the peer or the path closed it${looksIdle(at.silence)}`,
    }),
  },
  ERR_NO_CLOSE_FRAME: {
    blame: 'remote',
    explain: (at) => ({
      expected: 'a Close frame before the end of the stream',
      came: `none came: the stream ended${afterSilence(at.silence)}`,
      remedy: `the path cut it, or the peer was killed or sends none${looksIdle(at.silence)}`,
      setting: 'strictClose',
    }),
  },
  ERR_TOO_FEW_MESSAGES: {
    blame: 'remote',
    explain: ({ messages, ...at }) => ({
      expected: counted(messages.expected),
      came: `${messages.received} came, and the stream ended (${at.came})${afterSilence(at.silence)}`,
      remedy: `see why the peer or the path closed it${looksIdle(at.silence)}`,
      setting: 'expect',
    }),
  },
  ERR_TOO_MANY_MESSAGES: {
    blame: 'remote',
    closeCode: POLICY_VIOLATION,
    explain: ({ messages, ...at }) => ({
      expected: counted(messages.expected),
      came: `another came, ${at.came}`,
      remedy: 'see whether the peer is set to say more, or the path doubles messages',
      setting: 'expect',
    }),
  },
  ERR_SEND_TIMEOUT: {
    blame: 'deadline',
    deadline: 'replyTimeout',
    closeCode: POLICY_VIOLATION,
    unwritten: true,
    explain: (at) => ({
      expected: `a message to be written within ${at.deadlines.replyTimeout} ms`,
      came: 'it was not',
      remedy: 'the peer or the path does not take it; wait longer if it is only slow',
      setting: 'replyTimeout',
    }),
  },
  ERR_REPLY_TIMEOUT: {
    blame: 'deadline',
    deadline: 'replyTimeout',
    closeCode: POLICY_VIOLATION,
    explain: (at) => ({
      expected: `the reply to message ${at.round} within ${at.deadlines.replyTimeout} ms`,
      came: 'none came',
      remedy: 'see what holds it up, or wait longer',
      setting: 'replyTimeout',
    }),
  },
  ERR_MESSAGE_TIMEOUT: {
    blame: 'deadline',
    deadline: 'replyTimeout',
    closeCode: POLICY_VIOLATION,
    explain: (at) => ({
      expected: `message ${at.round} or the end of the stream within ${at.deadlines.replyTimeout} ms`,
      ...(at.messages.received === 0 ? NOTHING_SAID : NO_NEXT_MESSAGE),
    }),
  },
  ERR_CLOSE_TIMEOUT: {
    blame: 'deadline',
    deadline: 'closeTimeout',
    explain: (at) => ({
      expected: `the peer to leave within ${at.deadlines.closeTimeout} ms of the Close frame`,
      came: 'it did not and was cut off',
      remedy: 'see why it stays, or wait longer if it is only slow',
      setting: 'closeTimeout',
    }),
  },
} as const satisfies Record<string, Verdict>;

function counted(messages: number): string {
  return `${messages} ${messages === 1 ? 'message' : 'messages'}`;
}

/** Makes the fault that a session found by itself, on a fact or on a deadline. */
export function judge(code: VerdictCode, fact: string, at: Circumstances): Fault {
  const { blame, deadline, explain, closeCode, unwritten = false }: Verdict = verdicts[code];
  const fault = faultOf({ blame, code, ...explain(at) }, deadline ?? fact, unwritten);
  if (closeCode !== undefined) fault.closeCode = closeCode;
  return fault;
}

/** Makes the fault that an adapter reported. */
export function blameFailure(failure: Failure, unwritten: boolean): Fault {
  return faultOf(failure, 'socket.failed', unwritten);
}

/** Makes the fault of an opening that did not succeed within `connectTimeout`, in ms. */
export function blameStall(attempt: Attempt, connectTimeout: number): Fault {
  const expected = `the connection to open within ${connectTimeout} ms`;
  const cause = { blame: 'deadline', code: 'ERR_CONNECT_TIMEOUT' } as const;
  const setting = 'connectTimeout';
  return faultOf({ ...cause, expected, ...stallOf(attempt), setting }, setting, false);
}

/** Makes the failure of a connection on which a pong is missing. The peer is owed its close code. */
export function missingPong(ping: number, pongTimeout: number): Failure {
  return {
    blame: 'deadline',
    code: 'ERR_PONG_TIMEOUT',
    expected: `the pong to ping ${ping} within ${pongTimeout} ms`,
    came: 'none came',
    remedy: 'see whether the peer still runs, and whether the path swallows pings',
    setting: 'replyTimeout',
    closeCode: POLICY_VIOLATION,
  };
}

/** Makes the fault of a redirect that is not followed, after `followed` others. */
export function blameRedirects(failure: Failure, followed: number, to: string): Fault {
  if (followed === 0) return faultOf(failure, 'socket.redirected', false);
  const { blame, code } = failure;
  const cause = {
    expected: `at most ${followed} ${followed === 1 ? 'redirect' : 'redirects'}`,
    came: `another came, to ${quote(to, 200)}`,
    remedy: 'see whether they lead in a circle, and dial the URL where they should end',
  };
  return faultOf({ blame, code, ...cause }, 'socket.redirected', false);
}

/** Makes the fault of wrong settings. */
export function blameSettings(misuse: Explanation): Fault {
  const cause = { blame: 'local', code: 'ERR_MISUSE' } as const;
  return faultOf({ ...cause, ...misuse, closeCode: INTERNAL_ERROR }, 'input', false);
}

function faultOf(
  cause: Explanation & Pick<Fault, 'blame' | 'code' | 'closeCode'>,
  fact: string,
  unwritten: boolean,
): Fault {
  return { ...cause, message: sentenceOf(cause), fact, unwritten };
}
