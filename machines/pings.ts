/**
 * Pings on an open socket, beside its session: one each interval, each owed a pong in time.
 *
 * Rule 1. At most one ping is unanswered. The interval begins when its pong has come.
 * Rule 2. A missing pong is a failure of the connection, which the session is told.
 * Rule 3. Pings end with their session. They say so once, with their round trips.
 * Rule 4. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { PingsCommand } from './commands.js';
import { longest } from './deadlines.js';
import { missingPong } from './errors.js';
import type { PingsFact } from './facts.js';
import type { PingsNotice, PingsOutput } from './notices.js';

/** What pings are given, in ms. */
export interface PingsInput {
  /** How long after a pong the next ping goes out. */
  pingInterval: number;
  /** How long a pong may take. */
  pongTimeout: number;
}

export interface PingsContext extends PingsInput {
  sent: number;
  answered: number;
  /** Of the round trips so far, in ms. */
  sum: number;
  min: number;
  max: number;
}

function outputOf({ sent, answered: count, sum, min, max }: PingsContext): PingsOutput {
  const avg = count === 0 ? 0 : Math.round((sum / count) * 1000) / 1000;
  return { sent, count, min, avg, max };
}

/** Pings. Their input is the interval and the deadline. */
export const pings = setup({
  types: {} as {
    context: PingsContext;
    events: PingsFact;
    emitted: PingsCommand | PingsNotice;
    input: PingsInput;
    output: PingsOutput;
  },
  actions: {
    ping: emit(({ context }) => ({ type: 'socket.ping', ping: context.sent })),
    countPing: assign({ sent: ({ context }) => context.sent + 1 }),
    countPong: assign(({ context, event }) => {
      assertEvent(event, 'socket.ponged');
      const { answered, sum, min, max } = context;
      return {
        answered: answered + 1,
        sum: sum + event.ms,
        min: answered === 0 ? event.ms : Math.min(min, event.ms),
        max: Math.max(max, event.ms),
      };
    }),
    noteAnswered: emit(({ context, event }) => {
      assertEvent(event, 'socket.ponged');
      return { type: 'pings.answered', ping: context.answered, ms: event.ms };
    }),
    noteFailed: emit(({ context: { answered, pongTimeout } }) => ({
      type: 'pings.failed',
      failure: missingPong(answered, pongTimeout),
    })),
    noteEnded: emit(({ context }) => ({ type: 'pings.ended', output: outputOf(context) })),
  },
  delays: {
    pingInterval: ({ context }) => longest(context.pingInterval),
    pongTimeout: ({ context }) => longest(context.pongTimeout),
  },
}).createMachine({
  id: 'pings',
  context: ({ input: { pingInterval, pongTimeout } }) => ({
    pingInterval,
    pongTimeout,
    sent: 0,
    answered: 0,
    sum: 0,
    min: 0,
    max: 0,
  }),
  initial: 'resting',
  output: ({ context }) => outputOf(context),
  states: {
    resting: {
      description: 'Every ping is answered; the next one is due after the interval.',
      on: {
        'socket.ponged': { description: 'The peer may send pongs that nobody asked for.' },
        'app.stopRequested': { target: 'ended' },
      },
      after: { pingInterval: { target: 'awaitingPong' } },
    },
    awaitingPong: {
      description: 'A ping is out; the peer owes its pong.',
      entry: ['ping', 'countPing'],
      on: {
        'socket.ponged': { target: 'resting', actions: ['noteAnswered', 'countPong'] },
        'app.stopRequested': { target: 'ended' },
      },
      after: { pongTimeout: { target: 'unanswered' } },
    },
    ended: {
      description: 'The session is over, or about to be.',
      type: 'final',
      entry: ['noteEnded'],
    },
    unanswered: {
      description: 'A pong is missing.',
      type: 'final',
      entry: ['noteFailed', 'noteEnded'],
    },
  },
});
