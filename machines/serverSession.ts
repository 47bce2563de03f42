/**
 * The server's end of the conversation: it speaks first, and once a round.
 *
 * Rule 1. A session starts on a socket that is already open.
 * Rule 2. The reply, or the end of the stream, may overtake the fact that our message was written.
 *         So `sending` takes both, and `replied` waits for nothing but that late fact.
 * Rule 3. With every reply in, the peer may leave as it likes, within `closeTimeout`.
 * Rule 4. Every state takes every fact. One that changes nothing says why in its description.
 * Rule 5. A final state is entered only after the connection ended, or with `socket.terminate`.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { Command } from './commands.js';
import {
  blameFailure,
  blameSettings,
  type Circumstances,
  judge,
  type VerdictCode,
} from './errors.js';
import type { ServerFact } from './facts.js';
import type { ServerNotice, SessionOutput } from './notices.js';
import { NOTHING_REACHED } from './opening.js';
import {
  differenceOf,
  isSamePayload,
  type Payload,
  quote,
  renderMessage,
  type Template,
} from './payload.js';
import {
  type CloseStrictness,
  type Deadlines,
  type Ending,
  endOf,
  inWords,
  longest,
  silenceOf,
} from './session.js';
import { COUNT, DURATION, FLAG, FLAG_OR_AUTO, readSettings, TEMPLATE } from './settings.js';

/** What a server session says, and how patient it is. */
export interface ServerSettings extends Deadlines {
  /** How many messages it sends. */
  rounds: number;
  /** The message of a round: text in which `{n}` stands for the round, from 0; or bytes. */
  message: Template;
  /** Whether text is sent as bytes, in UTF-8. */
  binary: boolean;
  /** Whether a wrong echo is an error, rather than told and counted. */
  strict: boolean;
  /** Whether the end of the stream without a Close frame is an error. */
  strictClose: CloseStrictness;
}

/** What a server session is given. */
export interface ServerInput extends Partial<ServerSettings> {
  /** Whether the client said in the handshake that it ends every stream with a Close frame. */
  sendsCloseFrame?: boolean;
}

/** The conversation of the book, and its patience. */
export const serverDefaults: ServerSettings = {
  rounds: 10,
  message: 'Hello {n}',
  binary: false,
  strict: false,
  strictClose: 'auto',
  replyTimeout: 30_000,
  closeTimeout: 5_000,
};

const KINDS = {
  rounds: COUNT,
  message: TEMPLATE,
  binary: FLAG,
  strict: FLAG,
  strictClose: FLAG_OR_AUTO,
  replyTimeout: DURATION,
  closeTimeout: DURATION,
};

/** A context at the start. Wrong settings are a fault from the beginning, and then nothing is said. */
function contextOf(input: ServerInput | undefined): ServerContext {
  const { settings, misuse } = readSettings(input, serverDefaults, KINDS);
  const { strictClose } = settings;
  return {
    outcome: null,
    end: null,
    fault: misuse ? blameSettings(misuse, 'betweenRounds') : null,
    settings: misuse ? { ...settings, rounds: 0 } : settings,
    needsCloseFrame: strictClose === 'auto' ? input?.sendsCloseFrame === true : strictClose,
    round: 0,
    mismatches: 0,
  };
}

export interface ServerContext extends Ending {
  settings: ServerSettings;
  /** Whether the end of the stream without a Close frame is an error, with this peer. */
  needsCloseFrame: boolean;
  /** The current round, counted from 0; so also how many replies have come. */
  round: number;
  mismatches: number;
}

function messageOf({ settings, round }: ServerContext): Payload {
  return renderMessage(settings.message, round, settings.binary);
}

function circumstances(context: ServerContext, fact: ServerFact): Circumstances {
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
    opening: NOTHING_REACHED,
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
    events: ServerFact;
    emitted: Command | ServerNotice;
    input: ServerInput | undefined;
    output: SessionOutput;
  },
  guards: {
    hasMoreRounds: ({ context }) => context.round < context.settings.rounds,
    hasAllReplies: ({ context }) => context.round >= context.settings.rounds,
    isEcho: ({ context, event }) =>
      event.type === 'socket.received' && isSamePayload(event.data, messageOf(context)),
    isStrict: ({ context }) => context.settings.strict,
    isMisused: ({ context }) => context.fault !== null,
    isStrictAboutClose: ({ context }) => context.needsCloseFrame,
    isGraceful: ({ context, event }) =>
      event.type === 'socket.ended' && (event.closeFrame || !context.needsCloseFrame),
    isOwedClose: ({ event }) =>
      event.type === 'socket.failed' && event.failure.closeCode !== undefined,
  },
  actions: {
    sendMessage: emit(({ context }) => ({ type: 'socket.send', data: messageOf(context) })),
    closeNormally: emit({ type: 'socket.close', code: 1000, reason: '' }),
    closeGoingAway: emit({ type: 'socket.close', code: 1001, reason: '' }),
    closeWithFault: emit(({ context }) => ({
      type: 'socket.close',
      code: context.fault?.closeCode ?? 1011,
      reason: context.fault?.code ?? '',
    })),
    terminate: emit({ type: 'socket.terminate' }),
    countReply: assign({ round: ({ context }) => context.round + 1 }),
    countMismatch: assign({ mismatches: ({ context }) => context.mismatches + 1 }),
    recordEnd: assign(({ event }) => {
      assertEvent(event, 'socket.ended');
      return { end: endOf(event) };
    }),
    recordFailure: assign(({ event }, params: { state: string }) => {
      assertEvent(event, 'socket.failed');
      return { fault: blameFailure(event.failure, params.state) };
    }),
    recordVerdict: assign(({ context, event }, params: { code: VerdictCode; state: string }) => ({
      fault: judge(params.code, params.state, event.type, circumstances(context, event)),
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
    noteFaulted: emit(({ context }) => {
      if (context.fault === null) throw new Error('noteFaulted needs a recorded fault');
      return { type: 'session.faulted', fault: context.fault };
    }),
    noteEnded: emit(({ context }) => ({ type: 'session.ended', output: outputOf(context) })),
  },
  delays: {
    replyTimeout: ({ context }) => longest(context.settings.replyTimeout),
    closeTimeout: ({ context }) => longest(context.settings.closeTimeout),
  },
}).createMachine({
  id: 'server',
  context: ({ input }) => contextOf(input),
  entry: ['noteStarted'],
  initial: 'betweenRounds',
  output: ({ context }) => outputOf(context),
  states: {
    betweenRounds: {
      description: 'A round is over, or the first has not begun. Left at once.',
      always: [
        { guard: 'hasMoreRounds', target: 'sending' },
        { guard: 'isMisused', target: 'rejecting' },
        { target: 'closing' },
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
            target: 'rejecting',
            actions: [
              'noteMismatched',
              { type: 'recordVerdict', params: { code: 'ERR_WRONG_ECHO', state: 'sending' } },
              'countReply',
              'countMismatch',
            ],
          },
          { target: 'replied', actions: ['noteMismatched', 'countReply', 'countMismatch'] },
        ],
        'socket.ended': {
          target: 'error',
          actions: [
            'recordEnd',
            { type: 'recordVerdict', params: { code: 'ERR_ENDED_EARLY', state: 'sending' } },
            'noteFaulted',
          ],
        },
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'rejecting',
            actions: [{ type: 'recordFailure', params: { state: 'sending' } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'sending' } },
              'noteFaulted',
              'terminate',
            ],
          },
        ],
        'app.stopRequested': { target: 'stopping' },
      },
      after: {
        replyTimeout: {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT', state: 'sending' } },
          ],
        },
      },
    },
    awaitingReply: {
      description: 'Our message is written; the peer owes its echo.',
      on: {
        'socket.sent': {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'awaitingReply' } },
          ],
        },
        'socket.received': [
          { guard: 'isEcho', target: 'betweenRounds', actions: ['noteEchoed', 'countReply'] },
          {
            guard: 'isStrict',
            target: 'rejecting',
            actions: [
              'noteMismatched',
              {
                type: 'recordVerdict',
                params: { code: 'ERR_WRONG_ECHO', state: 'awaitingReply' },
              },
              'countReply',
              'countMismatch',
            ],
          },
          { target: 'betweenRounds', actions: ['noteMismatched', 'countReply', 'countMismatch'] },
        ],
        'socket.ended': {
          target: 'error',
          actions: [
            'recordEnd',
            { type: 'recordVerdict', params: { code: 'ERR_ENDED_EARLY', state: 'awaitingReply' } },
            'noteFaulted',
          ],
        },
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'rejecting',
            actions: [{ type: 'recordFailure', params: { state: 'awaitingReply' } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'awaitingReply' } },
              'noteFaulted',
              'terminate',
            ],
          },
        ],
        'app.stopRequested': { target: 'stopping' },
      },
      after: {
        replyTimeout: {
          target: 'rejecting',
          actions: [
            {
              type: 'recordVerdict',
              params: { code: 'ERR_REPLY_TIMEOUT', state: 'awaitingReply' },
            },
          ],
        },
      },
    },
    replied: {
      description: 'The reply overtook the fact that our message was written, which is still due.',
      always: { guard: 'hasAllReplies', target: 'closing' },
      on: {
        'socket.sent': { target: 'sending' },
        'socket.received': {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_OUT_OF_TURN', state: 'replied' } },
          ],
        },
        'socket.ended': {
          target: 'error',
          actions: [
            'recordEnd',
            { type: 'recordVerdict', params: { code: 'ERR_ENDED_EARLY', state: 'replied' } },
            'noteFaulted',
          ],
        },
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'rejecting',
            actions: [{ type: 'recordFailure', params: { state: 'replied' } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'replied' } },
              'noteFaulted',
              'terminate',
            ],
          },
        ],
        'app.stopRequested': { target: 'stopping' },
      },
      after: {
        replyTimeout: {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT', state: 'replied' } },
          ],
        },
      },
    },
    closing: {
      description: 'Every reply is in; the peer may leave as it likes.',
      entry: ['closeNormally'],
      on: {
        'socket.sent': { description: 'The reply to that message has already come.' },
        'socket.received': { description: 'Every reply is in; nothing more was asked for.' },
        'socket.ended': [
          { guard: 'isGraceful', target: 'done', actions: ['recordEnd'] },
          {
            target: 'error',
            actions: [
              'recordEnd',
              { type: 'recordVerdict', params: { code: 'ERR_NO_CLOSE_FRAME', state: 'closing' } },
              'noteFaulted',
            ],
          },
        ],
        'socket.failed': [
          {
            guard: 'isStrictAboutClose',
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'closing' } },
              'noteFaulted',
              'terminate',
            ],
          },
          { target: 'done', actions: ['terminate'] },
        ],
        'app.stopRequested': { description: 'The session is closing already.' },
      },
      after: {
        closeTimeout: {
          target: 'error',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_CLOSE_TIMEOUT', state: 'closing' } },
            'noteFaulted',
            'terminate',
          ],
        },
      },
    },
    stopping: {
      description: 'The application ends the session early; the peer has been told.',
      entry: ['closeGoingAway'],
      on: {
        'socket.sent': { description: 'No more will be sent.' },
        'socket.received': { description: 'The reply was on its way when the stop came.' },
        'socket.ended': { target: 'stopped', actions: ['recordEnd'] },
        'socket.failed': { target: 'stopped', actions: ['terminate'] },
        'app.stopRequested': { description: 'The session is stopping already.' },
      },
      after: {
        closeTimeout: {
          target: 'error',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_CLOSE_TIMEOUT', state: 'stopping' } },
            'noteFaulted',
            'terminate',
          ],
        },
      },
    },
    rejecting: {
      description: 'Something went wrong while the connection stands; the peer is told which.',
      entry: ['noteFaulted', 'closeWithFault'],
      on: {
        'socket.sent': { description: 'No more will be sent.' },
        'socket.received': { description: 'The conversation is over.' },
        'socket.ended': { target: 'error', actions: ['recordEnd'] },
        'socket.failed': { target: 'error', actions: ['terminate'] },
        'app.stopRequested': { description: 'The session is ending already.' },
      },
      after: {
        closeTimeout: { target: 'error', actions: ['terminate'] },
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
