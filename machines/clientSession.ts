/**
 * The client's end of the conversation: it returns every message, until the stream ends.
 *
 * Rule 1. A session starts when the adapter starts to dial.
 * Rule 2. The next message, or the end of the stream, may overtake the fact that our reply was
 *         written. So `replying` takes both: it returns that message too, and leaves only when no
 *         reply is unwritten.
 * Rule 3. The end of the stream is the server's graceful shutdown wherever the socket is open.
 * Rule 4. Every state takes every fact. One that changes nothing says why in its description.
 * Rule 5. A final state is entered only after the connection ended, or with `socket.terminate`.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { Command } from './commands.js';
import { blameFailure, type Circumstances, judge, type VerdictCode } from './errors.js';
import type { ClientFact } from './facts.js';
import type { ClientNotice, SessionOutput } from './notices.js';
import { type Deadlines, type Ending, endOf, inWords, longest } from './session.js';

/** How patient a client session is. */
export interface ClientSettings extends Deadlines {
  /** How long the connection may take to open, handshake included, in ms. */
  connectTimeout: number;
  /** Whether the end of the stream without a Close frame is an error. */
  strictClose: boolean;
}

/** The settings that were given, and the defaults for what is left out or undefined. */
function settingsOf({
  strictClose = false,
  connectTimeout = 10_000,
  replyTimeout = 30_000,
  closeTimeout = 5_000,
}: Partial<ClientSettings> = {}): ClientSettings {
  return { strictClose, connectTimeout, replyTimeout, closeTimeout };
}

/** The patience of the book's client, with a bound. */
export const clientDefaults = settingsOf();

export interface ClientContext extends Ending {
  settings: ClientSettings;
  /** Messages that have come, each of them given to the socket to be returned. */
  received: number;
  /** Messages whose return has been written. */
  returned: number;
}

function circumstances(context: ClientContext, fact: ClientFact): Circumstances {
  const round = context.returned;
  return { round, deadlines: context.settings, came: inWords(fact), expected: '', difference: '' };
}

function outputOf(context: ClientContext): SessionOutput {
  const { outcome, returned, end, fault } = context;
  return { outcome: outcome ?? 'error', exchanges: returned, mismatches: 0, end, fault };
}

/** The client session. Input: any of `ClientSettings`; what is left out is `clientDefaults`. */
export const clientSession = setup({
  types: {} as {
    context: ClientContext;
    events: ClientFact;
    emitted: Command | ClientNotice;
    input: Partial<ClientSettings> | undefined;
    output: SessionOutput;
  },
  guards: {
    isLastUnwritten: ({ context }) => context.received - context.returned === 1,
    isGraceful: ({ context, event }) =>
      event.type === 'socket.ended' && (event.closeFrame || !context.settings.strictClose),
    isOwedClose: ({ event }) =>
      event.type === 'socket.failed' && event.failure.closeCode !== undefined,
  },
  actions: {
    returnMessage: emit(({ event }) => {
      assertEvent(event, 'socket.received');
      return { type: 'socket.send', data: event.data };
    }),
    closeGoingAway: emit({ type: 'socket.close', code: 1001, reason: '' }),
    closeWithFault: emit(({ context }) => ({
      type: 'socket.close',
      code: context.fault?.closeCode ?? 1011,
      reason: context.fault?.code ?? '',
    })),
    terminate: emit({ type: 'socket.terminate' }),
    countReceived: assign({ received: ({ context }) => context.received + 1 }),
    countReturned: assign({ returned: ({ context }) => context.returned + 1 }),
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
    noteReceived: emit(({ context, event }) => {
      assertEvent(event, 'socket.received');
      return { type: 'session.received', round: context.received, data: event.data };
    }),
    noteReturned: emit(({ context }) => ({ type: 'session.returned', round: context.returned })),
    noteFaulted: emit(({ context }) => {
      if (context.fault === null) throw new Error('noteFaulted needs a recorded fault');
      return { type: 'session.faulted', fault: context.fault };
    }),
    noteEnded: emit(({ context }) => ({ type: 'session.ended', output: outputOf(context) })),
  },
  delays: {
    connectTimeout: ({ context }) => longest(context.settings.connectTimeout),
    replyTimeout: ({ context }) => longest(context.settings.replyTimeout),
    closeTimeout: ({ context }) => longest(context.settings.closeTimeout),
  },
}).createMachine({
  id: 'client',
  context: ({ input }) => ({
    outcome: null,
    end: null,
    fault: null,
    settings: settingsOf(input),
    received: 0,
    returned: 0,
  }),
  initial: 'connecting',
  output: ({ context }) => outputOf(context),
  states: {
    connecting: {
      description: 'The connection and the opening handshake are under way.',
      on: {
        'socket.opened': { target: 'awaitingMessage', actions: ['noteStarted'] },
        'socket.sent': {
          target: 'error',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'connecting' } },
            'noteFaulted',
            'terminate',
          ],
        },
        'socket.received': {
          target: 'error',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'connecting' } },
            'noteFaulted',
            'terminate',
          ],
        },
        'socket.ended': {
          target: 'error',
          actions: [
            'recordEnd',
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'connecting' } },
            'noteFaulted',
          ],
        },
        'socket.failed': {
          target: 'error',
          actions: [
            { type: 'recordFailure', params: { state: 'connecting' } },
            'noteFaulted',
            'terminate',
          ],
        },
        'app.stopRequested': { target: 'stopped', actions: ['terminate'] },
      },
      after: {
        connectTimeout: {
          target: 'error',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_CONNECT_TIMEOUT', state: 'connecting' } },
            'noteFaulted',
            'terminate',
          ],
        },
      },
    },
    awaitingMessage: {
      description:
        'Every message that came has been returned; the server owes the next, or the end.',
      on: {
        'socket.opened': {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'awaitingMessage' } },
          ],
        },
        'socket.sent': {
          target: 'rejecting',
          actions: [
            { type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'awaitingMessage' } },
          ],
        },
        'socket.received': {
          target: 'replying',
          actions: ['noteReceived', 'countReceived', 'returnMessage'],
        },
        'socket.ended': [
          { guard: 'isGraceful', target: 'done', actions: ['recordEnd'] },
          {
            target: 'error',
            actions: [
              'recordEnd',
              {
                type: 'recordVerdict',
                params: { code: 'ERR_NO_CLOSE_FRAME', state: 'awaitingMessage' },
              },
              'noteFaulted',
            ],
          },
        ],
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'rejecting',
            actions: [{ type: 'recordFailure', params: { state: 'awaitingMessage' } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'awaitingMessage' } },
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
              params: { code: 'ERR_MESSAGE_TIMEOUT', state: 'awaitingMessage' },
            },
          ],
        },
      },
    },
    replying: {
      description: 'At least one message is on its way back into the socket.',
      on: {
        'socket.opened': {
          target: 'rejecting',
          actions: [{ type: 'recordVerdict', params: { code: 'ERR_MISUSE', state: 'replying' } }],
        },
        'socket.sent': [
          {
            guard: 'isLastUnwritten',
            target: 'awaitingMessage',
            actions: ['noteReturned', 'countReturned'],
          },
          { target: 'replying', reenter: true, actions: ['noteReturned', 'countReturned'] },
        ],
        'socket.received': { actions: ['noteReceived', 'countReceived', 'returnMessage'] },
        'socket.ended': [
          { guard: 'isGraceful', target: 'done', actions: ['recordEnd'] },
          {
            target: 'error',
            actions: [
              'recordEnd',
              { type: 'recordVerdict', params: { code: 'ERR_NO_CLOSE_FRAME', state: 'replying' } },
              'noteFaulted',
            ],
          },
        ],
        'socket.failed': [
          {
            guard: 'isOwedClose',
            target: 'rejecting',
            actions: [{ type: 'recordFailure', params: { state: 'replying' } }],
          },
          {
            target: 'error',
            actions: [
              { type: 'recordFailure', params: { state: 'replying' } },
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
            { type: 'recordVerdict', params: { code: 'ERR_SEND_TIMEOUT', state: 'replying' } },
          ],
        },
      },
    },
    stopping: {
      description: 'The application ends the session early; the peer has been told.',
      entry: ['closeGoingAway'],
      on: {
        'socket.opened': { description: 'No more will be said.' },
        'socket.sent': { description: 'No more will be sent.' },
        'socket.received': { description: 'The message was on its way when the stop came.' },
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
        'socket.opened': { description: 'The conversation is over.' },
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
