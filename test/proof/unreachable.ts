/**
 * What cannot be exercised, by name, and why; `*` stands for anything. A line that names something
 * that was exercised after all, or nothing, fails the proof.
 */
import type { Dimension, Unreachable } from '../../explore/coverage.js';
import type { Subject } from './subjects.js';

type Lists = Record<Subject['name'], Partial<Record<Dimension, Unreachable>>>;

const FROM_THE_START = 'settings are wrong from the start, or never';

/** Unreachable on the pure machine, whatever it is told. */
export const unreachable: Lists = {
  server: { pairs: { '* > betweenRounds: always [isMisused]': FROM_THE_START } },
  client: {
    pairs: {
      '* > connecting: always [isMisused]': FROM_THE_START,
      'awaitingMessage: socket.received > replying: socket.sent':
        'the first message in `replying` is the only one unwritten, so its write is the last',
      'replying: socket.received > replying: socket.sent [isLastUnwritten]':
        'a message that comes in `replying` is the second unwritten, at least',
    },
  },
};

const DEAF = 'once the peer has broken a rule, ws hears nothing but the end of the connection';
const WRITTEN = 'every message is written by then, so ws has no write to tell of';
const SAYS_NOTHING = 'a session with wrong settings has sent nothing that could be written';
const ONE = 'at most one message of a server is unwritten';
const MISUSED = 'comes after a fact that no wire can bring';
const OPEN_ONCE = 'a socket opens once';
const NOT_YET = 'ws tells nothing of a socket that has not opened but that it opened or failed';

/** Reachable on the pure machine, but nothing that a wire can bring. */
export const pureOnly: Lists = {
  server: {
    transitions: { 'awaitingReply: socket.sent': WRITTEN },
    pairs: {
      ...unreachable.server.pairs,
      'betweenRounds: always [isMisused] > rejecting: socket.sent': SAYS_NOTHING,
      '* > awaitingReply: socket.sent': WRITTEN,
      'awaitingReply: * > *: socket.sent': WRITTEN,
      'betweenRounds: always > closing: socket.sent': WRITTEN,
      'awaitingReply: socket.sent > *': MISUSED,
      '* [isOwedClose] > rejecting: socket.received': DEAF,
      '* [isOwedClose] > rejecting: socket.ended': DEAF,
      'closing: socket.sent > closing: socket.sent': ONE,
      'stopping: socket.sent > stopping: socket.sent': ONE,
      'rejecting: socket.sent > rejecting: socket.sent': ONE,
    },
  },
  client: {
    transitions: {
      'connecting: socket.sent': NOT_YET,
      'connecting: socket.received': NOT_YET,
      'connecting: socket.ended': NOT_YET,
      'awaitingMessage: socket.sent': WRITTEN,
      'awaitingMessage: socket.reached': OPEN_ONCE,
      'replying: socket.reached': OPEN_ONCE,
      'stopping: socket.reached': OPEN_ONCE,
      'rejecting: socket.reached': OPEN_ONCE,
      'awaitingMessage: socket.opened': OPEN_ONCE,
      'replying: socket.opened': OPEN_ONCE,
      'stopping: socket.opened': OPEN_ONCE,
      'rejecting: socket.opened': OPEN_ONCE,
    },
    pairs: {
      ...unreachable.client.pairs,
      '* > awaitingMessage: socket.reached': OPEN_ONCE,
      '* > replying: socket.reached': OPEN_ONCE,
      '* > stopping: socket.reached': OPEN_ONCE,
      '* > rejecting: socket.reached': OPEN_ONCE,
      'awaitingMessage: socket.reached > *': MISUSED,
      'replying: socket.reached > *': MISUSED,
      'stopping: socket.reached > *': MISUSED,
      'rejecting: socket.reached > *': MISUSED,
      'connecting: socket.reached > connecting: socket.sent': NOT_YET,
      'connecting: socket.reached > connecting: socket.received': NOT_YET,
      'connecting: socket.reached > connecting: socket.ended': NOT_YET,
      '* > awaitingMessage: socket.opened': OPEN_ONCE,
      '* > replying: socket.opened': OPEN_ONCE,
      '* > stopping: socket.opened': OPEN_ONCE,
      '* > rejecting: socket.opened': OPEN_ONCE,
      'awaitingMessage: socket.opened > *': MISUSED,
      'replying: socket.opened > *': MISUSED,
      'stopping: socket.opened > *': MISUSED,
      'rejecting: socket.opened > *': MISUSED,
      'awaitingMessage: socket.sent > *': MISUSED,
      '* > awaitingMessage: socket.sent': WRITTEN,
      'awaitingMessage: * > rejecting: socket.sent': WRITTEN,
      'awaitingMessage: * > stopping: socket.sent': WRITTEN,
      '* [isOwedClose] > rejecting: socket.received': DEAF,
      '* [isOwedClose] > rejecting: socket.ended': DEAF,
    },
  },
};
