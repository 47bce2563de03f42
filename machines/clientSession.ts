/**
 * The client's end of the conversation: it returns every message, until the stream ends.
 *
 * Rule 1. A session starts on a socket that is already open.
 * Rule 2. The next message, or the end of the stream, may overtake the fact that our reply was
 *         written. So `replying` takes both: it returns that message too, and leaves only when no
 *         reply is unwritten.
 * Rule 3. The end of the stream is the server's graceful shutdown.
 * Rule 4. Every state takes every fact. One that changes nothing says why in its description.
 * Rule 5. A final state is entered only after the connection ended, or with `socket.terminate`.
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
import type { ClientNotice, SessionOutput } from './notices.js';
import { COUNT_OR_NULL, DURATION, FLAG_OR_AUTO, readSettings } from './settings.js';

/** How patient a client session is. */
export interface ClientSettings extends Deadlines {
  /** Whether the end of the stream without a Close frame is an error. */
  strictClose: CloseStrictness;
  /** How many messages have to come; null for any number. */
  expect: number | null;
}

/** What a client session is given. */
export type ClientInput = Partial<ClientSettings> & PeerInput;

/** The patience of the book's client, with a bound. */
export const clientDefaults: ClientSettings = {
  strictClose: 'auto',
  expect: null,
  replyTimeout: 30_000,
  closeTimeout: 5_000,
};

const KINDS = {
  strictClose: FLAG_OR_AUTO,
  expect: COUNT_OR_NULL,
  replyTimeout: DURATION,
  closeTimeout: DURATION,
};

/** A context at the start. Wrong settings are a fault from the beginning. */
function contextOf(input: ClientInput | undefined): ClientContext {
  const { settings, misuse } = readSettings(input, clientDefaults, KINDS, ['sendsCloseFrame']);
  return {
    outcome: null,
    end: null,
    fault: misuse ? blameSettings(misuse) : null,
    settings,
    needsCloseFrame: needsCloseFrame(
      settings.strictClose,
      !misuse && input?.sendsCloseFrame === true,
    ),
    received: 0,
    returned: 0,
  };
}

export interface ClientContext extends Ending {
  settings: ClientSettings;
  /** Messages that have come, each of them given to the socket to be returned. */
  received: number;
  /** Messages whose return has been written. */
  returned: number;
}

/** Whether a reply is on its way into the socket. */
function hasUnwritten({ received, returned }: ClientContext): boolean {
  return received > returned;
}

function circumstances(context: ClientContext, fact: SessionFact): Circumstances {
  const { settings, received, returned } = context;
  return {
    round: returned,
    deadlines: settings,
    came: inWords(fact),
    silence: silenceOf(fact),
    messages: { expected: settings.expect ?? received, received },
  };
}

function outputOf(context: ClientContext): SessionOutput {
  const { outcome, returned, end, fault } = context;
  return { outcome: outcome ?? 'error', exchanges: returned, mismatches: 0, end, fault };
}

/** The client session. Input: any of `ClientSettings`; what is left out is `clientDefaults`. */
export const clientSession = setup({
  types: {} as {
    context: ClientContext;
    events: SessionFact;
    emitted: Command | ClientNotice;
    input: ClientInput | undefined;
    output: SessionOutput;
  },
  guards: {
    isLastUnwritten: ({ context }) => context.received - context.returned === 1,
    isFaulted,
    isExpected: ({ context }) =>
      context.received < (context.settings.expect ?? Number.POSITIVE_INFINITY),
    isShort: ({ context }) => context.received < (context.settings.expect ?? 0),
    isGraceful,
    isOwedClose,
  },
  actions: {
    returnMessage: emit(({ event }) => {
      assertEvent(event, 'socket.received');
      return { type: 'socket.send', data: event.data };
    }),
    closeGoingAway: emit({ type: 'socket.close', code: 1001, reason: '' }),
    closeWithFault: emit(({ context }) => closeFor(context)),
    terminate: emit({ type: 'socket.terminate' }),
    countReceived: assign({ received: ({ context }) => context.received + 1 }),
    countReturned: assign({ returned: ({ context }) => context.returned + 1 }),
    recordEnd: assign(({ event }) => endOf(event)),
    recordFailure: assign(({ context, event }) => failureOf(event, hasUnwritten(context))),
    recordVerdict: assign(({ context, event }, params: { code: VerdictCode }) => ({
      fault: judge(params.code, event.type, circumstances(context, event)),
    })),
    recordOutcome: assign((_, params: { outcome: SessionOutput['outcome'] }) => params),
    noteStarted: emit({ type: 'session.started' }),
    noteReceived: emit(({ context, event }) => {
      assertEvent(event, 'socket.received');
      return { type: 'session.received', round: context.received, data: event.data };
    }),
    noteReturned: emit(({ context }) => ({ type: 'session.returned', round: context.returned })),
    noteFaulted: emit(({ context }) => faulted(context)),
    noteEnded: emit(({ context }) => ({ type: 'session.ended', output: outputOf(context) })),
  },
  delays: {
    replyTimeout: ({ context }) => longest(context.settings.replyTimeout),
    closeTimeout: ({ context }) => longest(context.settings.closeTimeout),
  },
}).createMachine({
  id: 'client',
  context: ({ input }) => contextOf(input),
  entry: ['noteStarted'],
  initial: 'conversing',
  output: ({ context }) => outputOf(context),
  states: {
    conversing: {
      description: 'Messages are to come. The end of the stream is the graceful end.',
      initial: 'beginning',
      on: {
        'socket.received': {
          target: 'leaving.rejecting',
          actions: [
            'noteReceived',
            { type: 'recordVerdict', params: { code: 'ERR_TOO_MANY_MESSAGES' } },
          ],
        },
        'socket.ended': [
          {
            guard: 'isShort',
            target: 'error',
            actions: [
              'recordEnd',
              { type: 'recordVerdict', params: { code: 'ERR_TOO_FEW_MESSAGES' } },
              'noteFaulted',
            ],
          },
          { guard: 'isGraceful', target: 'done', actions: ['recordEnd'] },
          {
            target: 'error',
            actions: [
              'recordEnd',
              { type: 'recordVerdict', params: { code: 'ERR_NO_CLOSE_FRAME' } },
              'noteFaulted',
            ],
          },
        ],
        'socket.failed': [
          { guard: 'isOwedClose', target: 'leaving.rejecting', actions: ['recordFailure'] },
          { target: 'error', actions: ['recordFailure', 'noteFaulted', 'terminate'] },
        ],
        'app.stopRequested': { target: 'leaving.stopping' },
      },
      states: {
        beginning: {
          description: 'Nothing has come yet. Left at once.',
          always: [
            { guard: 'isFaulted', target: '#client.leaving.rejecting' },
            { target: 'awaitingMessage' },
          ],
        },
        awaitingMessage: {
          description:
            'Every message that came has been returned; the server owes the next, or the end.',
          on: {
            'socket.sent': {
              target: '#client.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_MISUSE' } }],
            },
            'socket.received': {
              guard: 'isExpected',
              target: 'replying',
              actions: ['noteReceived', 'countReceived', 'returnMessage'],
            },
          },
          after: {
            replyTimeout: {
              target: '#client.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_MESSAGE_TIMEOUT' } }],
            },
          },
        },
        replying: {
          description: 'At least one message is on its way back into the socket.',
          on: {
            'socket.sent': [
              {
                guard: 'isLastUnwritten',
                target: 'awaitingMessage',
                actions: ['noteReturned', 'countReturned'],
              },
              { target: 'replying', reenter: true, actions: ['noteReturned', 'countReturned'] },
            ],
            'socket.received': {
              guard: 'isExpected',
              actions: ['noteReceived', 'countReceived', 'returnMessage'],
            },
          },
          after: {
            replyTimeout: {
              target: '#client.leaving.rejecting',
              actions: [{ type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT' } }],
            },
          },
        },
      },
    },
    leaving: {
      description: 'A Close frame is out; the peer has closeTimeout to leave.',
      initial: 'stopping',
      on: {
        'socket.sent': { description: 'No more will be sent.' },
        'socket.received': { description: 'No more will be returned.' },
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
        stopping: {
          description: 'The application ends the session early; the peer has been told.',
          entry: ['closeGoingAway'],
          on: {
            'socket.ended': { target: '#client.stopped', actions: ['recordEnd'] },
            'socket.failed': { target: '#client.stopped', actions: ['terminate'] },
          },
        },
        rejecting: {
          description: 'Something went wrong while the connection stands; the peer is told which.',
          entry: ['noteFaulted', 'closeWithFault'],
          on: {
            'socket.ended': { target: '#client.error', actions: ['recordEnd'] },
            'socket.failed': { target: '#client.error', actions: ['terminate'] },
          },
        },
      },
    },
    done: {
      description: 'The server ended the stream gracefully.',
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
