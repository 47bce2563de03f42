/**
 * The server's end of the conversation: it speaks first, and once a round.
 *
 * Rule 1. A session starts on a socket that is already open.
 * Rule 2. The reply, or the end of the stream, may overtake the fact that our message was written.
 *         So `sending` takes both, and `replied` waits for nothing but that late fact.
 * Rule 3. With every reply in, the peer may leave as it likes, within `closeTimeout`.
 * Rule 4. With an interval every message but the first waits that long, as a declared delay.
 * Rule 5. Every state takes every fact. One that changes nothing says why in its description.
 * Rule 6. A final state is entered only after the connection ended, or with `socket.terminate`.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { Command } from './commands.js';
import { type Deadlines, longest } from './deadlines.js';
import {
  type CloseStrictness,
  closeFor,
  type Ending,
  endOf,
  failureOf,
  faulted,
  inWords,
  isFaulted,
  isGraceful,
  isOwedClose,
  needsCloseFrame,
  type PeerInput,
  silenceOf,
} from './ending.js';
import { blameSettings, type Circumstances, judge, type VerdictCode } from './errors.js';
import type { SessionFact } from './facts.js';
import type { ServerNotice, SessionOutput } from './notices.js';
import {
  differenceOf,
  isSamePayload,
  type Payload,
  quote,
  renderMessage,
  type Template,
} from './payload.js';
import { COUNT, DURATION, FLAG, FLAG_OR_AUTO, readSettings, TEMPLATE } from './settings.js';

/** What a server session says, and how patient it is. */
export interface ServerSettings extends Deadlines {
  /** How many messages it sends. */
  rounds: number;
  /** The message of a round: text in which `{n}` stands for the round, from 0; or bytes. */
  message: Template;
  /** How long it rests between a reply and the next message, in ms; 0 for no rest. */
  interval: number;
  /** Whether text is sent as bytes, in UTF-8. */
  binary: boolean;
  /** Whether a wrong echo is an error, rather than told and counted. */
  strict: boolean;
  /** Whether the end of the stream without a Close frame is an error. */
  strictClose: CloseStrictness;
}

/** What a server session is given. */
export type ServerInput = Partial<ServerSettings> & PeerInput;

/** The conversation of the book, and its patience. */
export const serverDefaults: ServerSettings = {
  rounds: 10,
  message: 'Hello {n}',
  interval: 0,
  binary: false,
  strict: false,
  strictClose: 'auto',
  replyTimeout: 30_000,
  closeTimeout: 5_000,
};

const KINDS = {
  rounds: COUNT,
  message: TEMPLATE,
  interval: DURATION,
  binary: FLAG,
  strict: FLAG,
  strictClose: FLAG_OR_AUTO,
  replyTimeout: DURATION,
  closeTimeout: DURATION,
};

/** A context at the start. Wrong settings are a fault from the beginning, and then nothing is said. */
function contextOf(input: ServerInput | undefined): ServerContext {
  const { settings, misuse } = readSettings(input, serverDefaults, KINDS, ['sendsCloseFrame']);
  return {
    outcome: null,
    end: null,
    fault: misuse ? blameSettings(misuse) : null,
    settings: misuse ? { ...settings, rounds: 0 } : settings,
    needsCloseFrame: needsCloseFrame(
      settings.strictClose,
      !misuse && input?.sendsCloseFrame === true,
    ),
    round: 0,
    mismatches: 0,
  };
}

export interface ServerContext extends Ending {
  settings: ServerSettings;
  /** The current round, counted from 0; so also how many replies have come. */
  round: number;
  /** Replies that were not the message sent. */
  mismatches: number;
}

function messageOf({ settings, round }: ServerContext): Payload {
  return renderMessage(settings.message, round, settings.binary);
}

function circumstances(context: ServerContext, fact: SessionFact): Circumstances {
  const { round, settings: deadlines } = context;
  const message = messageOf(context);
  const expected = quote(message);
  const difference = fact.type === 'socket.received' ? differenceOf(message, fact.data) : '';
  return {
    round,
    deadlines,
    came: inWords(fact),
    silence: silenceOf(fact),
    messages: { expected: deadlines.rounds, received: round },
    expected,
    difference,
  };
}

function outputOf(context: ServerContext): SessionOutput {
  const { outcome, round, mismatches, end, fault } = context;
  return { outcome: outcome ?? 'error', exchanges: round, mismatches, end, fault };
}

/** The server session. Input: any of `ServerSettings`; what is left out is as in the book. */
export const serverSession = setup({
  types: {} as {
    context: ServerContext;
    events: SessionFact;
    emitted: Command | ServerNotice;
    input: ServerInput | undefined;
    output: SessionOutput;
  },
  guards: {
    isDue: ({ context: { round, settings } }) =>
      round < settings.rounds && (settings.interval === 0 || round === 0),
    hasMoreRounds: ({ context }) => context.round < context.settings.rounds,
    rests: ({ context }) => context.settings.interval > 0,
    hasAllReplies: ({ context }) => context.round >= context.settings.rounds,
    isEcho: ({ context, event }) =>
      event.type === 'socket.received' && isSamePayload(event.data, messageOf(context)),
    isStrict: ({ context }) => context.settings.strict,
    isFaulted,
    isStrictAboutClose: ({ context }) => context.needsCloseFrame,
    isGraceful,
    isOwedClose,
  },
  actions: {
    sendMessage: emit(({ context }) => ({ type: 'socket.send', data: messageOf(context) })),
    closeNormally: emit({ type: 'socket.close', code: 1000, reason: '' }),
    closeGoingAway: emit({ type: 'socket.close', code: 1001, reason: '' }),
    closeWithFault: emit(({ context }) => closeFor(context)),
    terminate: emit({ type: 'socket.terminate' }),
    countReply: assign({ round: ({ context }) => context.round + 1 }),
    countMismatch: assign({ mismatches: ({ context }) => context.mismatches + 1 }),
    recordEnd: assign(({ event }) => endOf(event)),
    recordFailure: assign(({ event }, { unwritten }: { unwritten: boolean }) =>
      failureOf(event, unwritten),
    ),
    recordVerdict: assign(({ context, event }, params: { code: VerdictCode }) => ({
      fault: judge(params.code, event.type, circumstances(context, event)),
    })),
    recordOutcome: assign((_, params: { outcome: SessionOutput['outcome'] }) => params),
    noteStarted: emit({ type: 'session.started' }),
    noteRoundStarted: emit(({ context }) => ({
      type: 'session.roundStarted',
      round: context.round,
      data: messageOf(context),
    })),
    noteEchoed: emit(({ context, event }) => {
      assertEvent(event, 'socket.received');
      return { type: 'session.echoed', round: context.round, data: event.data };
    }),
    noteMismatched: emit(({ context, event }) => {
      assertEvent(event, 'socket.received');
      return {
        type: 'session.mismatched',
        round: context.round,
        data: event.data,
        expected: messageOf(context),
      };
    }),
    noteFaulted: emit(({ context }) => faulted(context)),
    noteEnded: emit(({ context }) => ({ type: 'session.ended', output: outputOf(context) })),
  },
  delays: {
    interval: ({ context }) => longest(context.settings.interval),
    replyTimeout: ({ context }) => longest(context.settings.replyTimeout),
    closeTimeout: ({ context }) => longest(context.settings.closeTimeout),
  },
}).createMachine({
  id: 'server',
  context: ({ input }) => contextOf(input),
  entry: ['noteStarted'],
  initial: 'conversing',
  output: ({ context }) => outputOf(context),
  states: {
    conversing: {
      description: 'Rounds are to come. Whatever ends them early is an error, or a stop.',
      initial: 'betweenRounds',
      on: {
        'socket.ended': {
          target: 'error',
          actions: [
            'recordEnd',
            { type: 'recordVerdict', params: { code: 'ERR_ENDED_EARLY' } },
            'noteFaulted',
          ],
        },
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'leaving.rejecting',
            actions: [{ type: 'recordFailure', params: { unwritten: true } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { unwritten: true } },
              'noteFaulted',
              'terminate',
            ],
          },
        ],
        'app.stopRequested': { target: 'leaving.stopping' },
      },
      states: {
        betweenRounds: {
          description: 'A round is over, or the first has not begun. Left at once.',
          always: [
            { guard: 'isDue', target: 'sending' },
            { guard: 'hasMoreRounds', target: 'resting' },
            { guard: 'isFaulted', target: '#server.leaving.rejecting' },
            { target: '#server.leaving.closing' },
          ],
        },
        sending: {
          description: 'Our message is on its way into the socket.',
          entry: ['noteRoundStarted', 'sendMessage'],
          on: {
            'socket.sent': { target: 'awaitingReply' },
            'socket.received': [
              { guard: 'isEcho', target: 'replied', actions: ['noteEchoed', 'countReply'] },
              {
                guard: 'isStrict',
                target: '#server.leaving.rejecting',
                actions: [
                  'noteMismatched',
                  { type: 'recordVerdict', params: { code: 'ERR_WRONG_ECHO' } },
                  'countReply',
                  'countMismatch',
                ],
              },
              { target: 'replied', actions: ['noteMismatched', 'countReply', 'countMismatch'] },
            ],
          },
          after: {
            replyTimeout: {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT' } }],
            },
          },
        },
        awaitingReply: {
          description: 'Our message is written; the peer owes its echo.',
          on: {
            'socket.sent': {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_MISUSE' } }],
            },
            'socket.received': [
              { guard: 'isEcho', target: 'betweenRounds', actions: ['noteEchoed', 'countReply'] },
              {
                guard: 'isStrict',
                target: '#server.leaving.rejecting',
                actions: [
                  'noteMismatched',
                  { type: 'recordVerdict', params: { code: 'ERR_WRONG_ECHO' } },
                  'countReply',
                  'countMismatch',
                ],
              },
              {
                target: 'betweenRounds',
                actions: ['noteMismatched', 'countReply', 'countMismatch'],
              },
            ],
            'socket.failed': [
              {
                guard: 'isOwedClose',
                target: '#server.leaving.rejecting',
                actions: [{ type: 'recordFailure', params: { unwritten: false } }],
              },
              {
                target: '#server.error',
                actions: [
                  { type: 'recordFailure', params: { unwritten: false } },
                  'noteFaulted',
                  'terminate',
                ],
              },
            ],
          },
          after: {
            replyTimeout: {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_REPLY_TIMEOUT' } }],
            },
          },
        },
        replied: {
          description:
            'The reply overtook the fact that our message was written, which is still due.',
          always: { guard: 'hasAllReplies', target: '#server.leaving.closing' },
          on: {
            'socket.sent': [{ guard: 'rests', target: 'resting' }, { target: 'sending' }],
            'socket.received': {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_OUT_OF_TURN' } }],
            },
          },
          after: {
            replyTimeout: {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT' } }],
            },
          },
        },
        resting: {
          description: 'The reply is in; the next round begins after the interval.',
          on: {
            'socket.sent': {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_MISUSE' } }],
            },
            'socket.received': {
              target: '#server.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_OUT_OF_TURN' } }],
            },
            'socket.failed': [
              {
                guard: 'isOwedClose',
                target: '#server.leaving.rejecting',
                actions: [{ type: 'recordFailure', params: { unwritten: false } }],
              },
              {
                target: '#server.error',
                actions: [
                  { type: 'recordFailure', params: { unwritten: false } },
                  'noteFaulted',
                  'terminate',
                ],
              },
            ],
          },
          after: { interval: { target: 'sending' } },
        },
      },
    },
    leaving: {
      description: 'A Close frame is out; the peer has closeTimeout to leave.',
      initial: 'closing',
      on: {
        'socket.sent': { description: 'No more will be sent.' },
        'socket.received': { description: 'No more is asked for.' },
        'app.stopRequested': { description: 'The session is ending already.' },
      },
      after: {
        closeTimeout: [
          { guard: 'isFaulted', target: 'error', actions: ['terminate'] },
          {
            target: 'error',
            actions: [
              { type: 'recordVerdict', params: { code: 'ERR_CLOSE_TIMEOUT' } },
              'noteFaulted',
              'terminate',
            ],
          },
        ],
      },
      states: {
        closing: {
          description: 'Every reply is in; the peer may leave as it likes.',
          entry: ['closeNormally'],
          on: {
            'socket.ended': [
              { guard: 'isGraceful', target: '#server.done', actions: ['recordEnd'] },
              {
                target: '#server.error',
                actions: [
                  'recordEnd',
                  { type: 'recordVerdict', params: { code: 'ERR_NO_CLOSE_FRAME' } },
                  'noteFaulted',
                ],
              },
            ],
            'socket.failed': [
              {
                guard: 'isStrictAboutClose',
                target: '#server.error',
                actions: [
                  { type: 'recordFailure', params: { unwritten: false } },
                  'noteFaulted',
                  'terminate',
                ],
              },
              { target: '#server.done', actions: ['terminate'] },
            ],
          },
        },
        stopping: {
          description: 'The application ends the session early; the peer has been told.',
          entry: ['closeGoingAway'],
          on: {
            'socket.ended': { target: '#server.stopped', actions: ['recordEnd'] },
            'socket.failed': { target: '#server.stopped', actions: ['terminate'] },
          },
        },
        rejecting: {
          description: 'Something went wrong while the connection stands; the peer is told which.',
          entry: ['noteFaulted', 'closeWithFault'],
          on: {
            'socket.ended': { target: '#server.error', actions: ['recordEnd'] },
            'socket.failed': { target: '#server.error', actions: ['terminate'] },
          },
        },
      },
    },
    done: {
      description: 'All was said.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'done' } }, 'noteEnded'],
    },
    stopped: {
      description: 'The application ended it.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'stopped' } }, 'noteEnded'],
    },
    error: {
      description: 'Something went wrong; the output says what.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'error' } }, 'noteEnded'],
    },
  },
});
