/**
 * What cannot be exercised, by name, and why; `*` stands for anything. A line that names something
 * that was exercised after all, or nothing, fails the proof.
 */
import type { Dimension, Unreachable } from '../../explore/coverage.js';

/** What of one machine cannot be exercised. */
export type Lists = Partial<Record<Dimension, Unreachable>>;

const FROM_THE_START = 'settings are wrong from the start, or never';
const FAULTED = 'whatever leads to `rejecting` records a fault';
const FAULTLESS = 'a session leaves for `closing` or `stopping` without a fault';

/** Unreachable on the pure machine, whatever it is told. */
const unreachable = {
  server: {
    pairs: {
      '* > conversing.betweenRounds: always [isFaulted]': FROM_THE_START,
      'conversing.betweenRounds: always [isFaulted] > leaving: closeTimeout': FAULTED,
      '* [isOwedClose] > leaving: closeTimeout': FAULTED,
      '* [isStrict] > leaving: closeTimeout': FAULTED,
      '* replyTimeout > leaving: closeTimeout': FAULTED,
      'conversing.awaitingReply: socket.sent > leaving: closeTimeout': FAULTED,
      'conversing.replied: socket.received > leaving: closeTimeout': FAULTED,
      'conversing.resting: socket.* > leaving: closeTimeout': FAULTED,
      'conversing: app.stopRequested > leaving: closeTimeout [isFaulted]': FAULTLESS,
      'conversing.betweenRounds: always > leaving: closeTimeout [isFaulted]': FAULTLESS,
      'conversing.replied: always [hasAllReplies] > leaving: closeTimeout [isFaulted]': FAULTLESS,
    },
  },
  client: {
    pairs: {
      'conversing.beginning: always [isFaulted] > leaving: closeTimeout': FAULTED,
      '* [isOwedClose] > leaving: closeTimeout': FAULTED,
      '* replyTimeout > leaving: closeTimeout': FAULTED,
      'conversing: socket.received > leaving: closeTimeout': FAULTED,
      'conversing.awaitingMessage: socket.sent > leaving: closeTimeout': FAULTED,
      'conversing: app.stopRequested > leaving: closeTimeout [isFaulted]': FAULTLESS,
      'conversing.awaitingMessage: socket.received [isExpected] > conversing.replying: socket.sent':
        'the first message in `replying` is the only one unwritten, so its write is the last',
      'conversing.replying: socket.received [isExpected] > conversing.replying: socket.sent [isLastUnwritten]':
        'a message that comes in `replying` is the second unwritten, at least',
    },
  },
  opening: { pairs: { '* > connecting: always [isFaulted]': FROM_THE_START } },
  pings: {},
} satisfies Record<string, Lists>;

const DEAF = 'once the peer has broken a rule, ws hears nothing but the end of the connection';
const WRITTEN = 'every message is written by then, so ws has no write to tell of';
const SAYS_NOTHING = 'a session with wrong settings has sent nothing that could be written';
const ONE = 'at most one message of a server is unwritten';
const UNASKED = 'a pong that nobody asked for has another payload, and is no fact';
const MISUSED = 'comes after a fact that no wire can bring';

/** Reachable on the pure machine, but nothing that a wire can bring. */
const pureOnly = {
  server: {
    transitions: {
      'conversing.awaitingReply: socket.sent': WRITTEN,
      'conversing.resting: socket.sent': WRITTEN,
    },
    pairs: {
      ...unreachable.server.pairs,
      'conversing.betweenRounds: always [isFaulted] > leaving: socket.sent': SAYS_NOTHING,
      '* > conversing.awaitingReply: socket.sent': WRITTEN,
      'conversing.awaitingReply: * > leaving: socket.sent': WRITTEN,
      'conversing.betweenRounds: always > leaving: socket.sent': WRITTEN,
      'conversing.awaitingReply: socket.sent > *': MISUSED,
      '* > conversing.resting: socket.sent': WRITTEN,
      'conversing.resting: * > leaving: socket.sent': WRITTEN,
      'conversing.resting: socket.sent > *': MISUSED,
      '* [isOwedClose] > leaving: socket.received': DEAF,
      '* [isOwedClose] > leaving.rejecting: socket.ended': DEAF,
      'leaving: socket.sent > leaving: socket.sent': ONE,
    },
  },
  client: {
    transitions: { 'conversing.awaitingMessage: socket.sent': WRITTEN },
    pairs: {
      ...unreachable.client.pairs,
      'conversing.beginning: always [isFaulted] > leaving: socket.sent': SAYS_NOTHING,
      'conversing.awaitingMessage: socket.sent > *': MISUSED,
      '* > conversing.awaitingMessage: socket.sent': WRITTEN,
      'conversing.awaitingMessage: * > leaving: socket.sent': WRITTEN,
      '* [isOwedClose] > leaving: socket.received': DEAF,
      '* [isOwedClose] > leaving.rejecting: socket.ended': DEAF,
    },
  },
  opening: {
    pairs: {
      ...unreachable.opening.pairs,
      ...Object.fromEntries(
        [
          'socket.redirected*',
          'socket.opened',
          'socket.failed',
          'app.stopRequested',
          'connectTimeout',
        ].map((fact) => [
          `connecting: socket.redirected [isFollowed] > connecting: ${fact}`,
          'the next dial tells its stages in the same tick',
        ]),
      ),
    },
  },
  pings: {
    transitions: { 'resting: socket.ponged': UNASKED },
    pairs: {
      '* > resting: socket.ponged': UNASKED,
      'resting: socket.ponged > *': UNASKED,
    },
  },
} satisfies Record<string, Lists>;

/** What cannot be exercised of the machine with this name: on the pure machine, and over sockets. */
export function listsOf(name: string): { pure: Lists; live: Lists } {
  return {
    pure: (unreachable as Record<string, Lists>)[name] ?? {},
    live: (pureOnly as Record<string, Lists>)[name] ?? {},
  };
}
