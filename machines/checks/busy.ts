/**
 * A busy connection, for the experiments `lifetime` and `restart`: this end asks the far end again and again
 * whether it is still there, until the time is over or the connection is.
 *
 * Rule 1. One question is under way at a time. The interval begins when its answer has come.
 * Rule 2. A question without an answer shows a connection that was cut without a word.
 * Rule 3. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assign, emit, setup } from 'xstate';
import { longest } from '../deadlines.js';
import type { FarEnd } from './findings.js';
import { asking } from './grammar.js';
import { endAfter, NOT_ENDED, type ProbeCommand, type ProbeFact, type SeenEnd } from './probe.js';
import { isAnswerBy, questionFor } from './question.js';

/** The input of a busy connection. */
export interface BusyInput {
  farEnd: FarEnd;
  /** The name by which the far end remembers the connection; null for a far end that remembers none. */
  name: string | null;
  /** How long the connection is held, in ms; `Infinity` for as long as it lasts. */
  holdTime: number;
  /** How long after an answer the next question is put, in ms. */
  askInterval: number;
  /** How long an answer may take, in ms. */
  answerTimeout: number;
}

export interface BusyContext extends BusyInput {
  answers: number;
  lastAt: number;
  isUnanswered: boolean;
  end: SeenEnd;
}

export interface BusyOutput {
  answers: number;
  /** When the last answer came, in ms since the connection was open. */
  lastAt: number;
  /** Whether a question was left without an answer on a connection that did not end. */
  isUnanswered: boolean;
  /** How the connection ended before its time; nothing where it lasted. */
  end: SeenEnd;
}

/** A busy connection. */
export const busy = setup({
  types: {} as {
    context: BusyContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: BusyInput;
    output: BusyOutput;
  },
  guards: {
    isNamed: ({ context }) => context.name !== null,
    isAnswer: ({ context, event }) => isAnswerBy(context.farEnd, event),
  },
  actions: {
    giveName: emit(({ context }) => ({
      type: 'socket.send',
      data: asking({ ask: 'name', name: context.name ?? '' }),
      frames: 1,
    })),
    putQuestion: emit(({ context }) => questionFor(context.farEnd)),
    recordAnswer: assign(({ context, event }) => ({
      answers: context.answers + 1,
      lastAt: event.at,
    })),
    recordUnanswered: assign({ isUnanswered: true }),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    holdTime: ({ context }) => longest(context.holdTime),
    askInterval: ({ context }) => longest(context.askInterval),
    answerTimeout: ({ context }) => longest(context.answerTimeout),
  },
}).createMachine({
  id: 'busy',
  context: ({ input }) => ({
    ...input,
    answers: 0,
    lastAt: 0,
    isUnanswered: false,
    end: NOT_ENDED,
  }),
  initial: 'beginning',
  output: ({ context: { answers, lastAt, isUnanswered, end } }) => ({
    answers,
    lastAt,
    isUnanswered,
    end,
  }),
  states: {
    beginning: {
      description: 'The connection gets its name. Left at once.',
      always: [{ guard: 'isNamed', target: 'held', actions: ['giveName'] }, { target: 'held' }],
    },
    held: {
      description: 'Questions and answers keep the connection busy.',
      initial: 'awaitingAnswer',
      on: {
        'socket.received': { description: 'It answers no question that is under way.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'It answers no question that is under way.' },
        'socket.closed': { target: 'ending', actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { holdTime: { target: 'closing' } },
      states: {
        awaitingAnswer: {
          description: 'A question is out; the far end owes the answer.',
          entry: ['putQuestion'],
          on: {
            'socket.received': {
              guard: 'isAnswer',
              target: 'resting',
              actions: ['recordAnswer'],
            },
            'socket.ponged': { guard: 'isAnswer', target: 'resting', actions: ['recordAnswer'] },
          },
          after: {
            answerTimeout: {
              target: '#busy.done',
              actions: ['recordUnanswered', 'terminate'],
            },
          },
        },
        resting: {
          description: 'The next question is due after the interval.',
          after: { askInterval: { target: 'awaitingAnswer' } },
        },
      },
    },
    closing: {
      description: 'The time is over; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'No more is asked for.' },
        'socket.pinged': { description: 'No more is asked for.' },
        'socket.ponged': { description: 'No more is asked for.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    ending: {
      description: 'A Close frame has come; TCP is to end.',
      on: {
        'socket.received': { description: 'RFC 6455 (5.5.1) forbids it; only the end matters.' },
        'socket.pinged': { description: 'Only the end matters.' },
        'socket.ponged': { description: 'Only the end matters.' },
        'socket.closed': { description: 'One Close frame is enough.' },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'The time is over, or the connection is.', type: 'final' },
  },
});
