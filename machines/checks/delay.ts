/**
 * The experiment `delay`: are small messages held back, each way? Alone, second of two in quick succession,
 * or first after a silence.
 *
 * Rule 1. A large message right behind a small one flushes it out of every buffer. So a trial has small
 *         messages without one behind them, and the trial `flushed` has the same messages with one.
 * Rule 2. A far end of lockstep is quiet, and sends what it is asked for. Any other returns what it gets.
 * Rule 3. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assign, emit, setup } from 'xstate';
import type { Way } from './findings.js';
import { asking, patternOf } from './grammar.js';
import { msBetween, type ProbeCommand, type ProbeFact } from './probe.js';

/** When a small message goes: with a large one behind it, or without. */
export type When = 'flushed' | 'alone' | 'second' | 'rested';

/** A message of this end: one that asks for a message of this size, or one that has this size itself. */
export type Part = { asks: number } | { size: number };

/** A burst of messages, and what is to come of it. */
export interface Trial {
  way: Way;
  when: When;
  parts: readonly Part[];
  /** How many messages come of it, and which of them ends the time of the trial. */
  count: number;
  timed: number;
}

/** What the experiment is given. */
export interface DelayInput {
  /** Whether the far end sends what it is asked for. */
  isAsked: boolean;
  trials: readonly Trial[];
  /** The silence before a rested trial, in ms. */
  rest: number;
  /** How long each trial may take, in ms. */
  answerTimeout: number;
}

export interface DelayContext extends DelayInput {
  /** The time of each trial that is over, in ms. */
  times: readonly number[];
  /** When the trial under way began. */
  beganAt: number;
  /** The parts of it that are sent, and the messages that have come. */
  sent: number;
  came: number;
  /** Its time, once that is known. */
  ms: number;
}

/** The times of the trials, in ms: all of them, or those before the first without an answer. */
export interface DelayOutput {
  times: readonly number[];
}

function trialOf({ trials, times }: DelayContext): Trial {
  return trials[times.length] as Trial;
}

function commandFor(part: Part): ProbeCommand {
  const data =
    'asks' in part
      ? asking({ ask: 'send', kind: 'binary', size: part.asks, frames: 1 })
      : patternOf('binary', part.size);
  return { type: 'socket.send', data, frames: 1 };
}

/** The experiment `delay`. */
export const delay = setup({
  types: {} as {
    context: DelayContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: DelayInput;
    output: DelayOutput;
  },
  guards: {
    isAsked: ({ context }) => context.isAsked,
    isDone: ({ context }) => context.times.length === context.trials.length,
    isRested: ({ context }) => trialOf(context).when === 'rested',
    hasMoreParts: ({ context }) => context.sent < trialOf(context).parts.length,
    isAwaited: ({ event }) => event.type === 'socket.received' && typeof event.data !== 'string',
    isLast: ({ context }) => context.came === trialOf(context).count,
  },
  actions: {
    askForQuiet: emit({ type: 'socket.send', data: asking({ ask: 'quiet' }), frames: 1 }),
    send: emit(({ context }) => commandFor(trialOf(context).parts[context.sent] as Part)),
    countSent: assign(({ context }) => ({ sent: context.sent + 1 })),
    countCame: assign(({ context, event }) => {
      const came = context.came + 1;
      const isTimed = came === trialOf(context).timed;
      return { came, ms: isTimed ? msBetween(context.beganAt, event.at) : context.ms };
    }),
    recordRest: assign(({ context }) => ({ beganAt: context.beganAt + context.rest })),
    recordTime: assign(({ context, event }) => ({
      times: [...context.times, context.ms],
      beganAt: event.at,
      sent: 0,
      came: 0,
    })),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    rest: ({ context }) => context.rest,
    answerTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'delay',
  context: ({ input }) => ({ ...input, times: [], beganAt: 0, sent: 0, came: 0, ms: 0 }),
  initial: 'beginning',
  output: ({ context: { times } }) => ({ times }),
  states: {
    beginning: {
      description: 'A far end of lockstep is to be quiet. Left at once.',
      always: [
        { guard: 'isAsked', target: 'trying', actions: ['askForQuiet'] },
        { target: 'trying' },
      ],
    },
    trying: {
      description: 'Trials are under way.',
      initial: 'next',
      on: {
        'socket.received': { description: 'It comes of no trial.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Only messages matter.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      states: {
        next: {
          description: 'A trial begins, or all are over. Left at once.',
          always: [
            { guard: 'isDone', target: '#delay.closing' },
            { guard: 'isRested', target: 'resting' },
            { target: 'sending' },
          ],
        },
        resting: {
          description: 'Nobody speaks.',
          after: { rest: { target: 'sending', actions: ['recordRest'] } },
        },
        sending: {
          description: 'The parts of the trial are sent. Left at once.',
          always: [
            {
              guard: 'hasMoreParts',
              target: 'sending',
              reenter: true,
              actions: ['send', 'countSent'],
            },
            { target: 'awaiting' },
          ],
        },
        awaiting: {
          description: 'Messages are to come of the trial.',
          on: {
            'socket.received': {
              guard: 'isAwaited',
              target: 'counting',
              actions: ['countCame'],
            },
          },
          after: { answerTimeout: { target: '#delay.done', actions: ['terminate'] } },
        },
        counting: {
          description: 'A message has come of the trial. Left at once.',
          always: [
            { guard: 'isLast', target: 'next', actions: ['recordTime'] },
            { target: 'awaiting' },
          ],
        },
      },
    },
    closing: {
      description: 'All trials are over; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'Nothing more is tried.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Only messages matter.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'All trials are over, or no more will be.', type: 'final' },
  },
});
