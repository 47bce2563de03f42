/**
 * The experiment `pings`: who answers pings, each way, and how soon? The far end, the path, or nobody.
 *
 * Rule 1. `there`: this end pings. A far end of lockstep remembers how many pings came. `back`: the far end
 *         pings as it was asked to, and tells each pong. `round`: this end pings a far end that tells nothing.
 * Rule 2. One ping is under way at a time. The first that is not answered is the last.
 * Rule 3. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { Way } from './findings.js';
import { asking, type Remembered, readTell } from './grammar.js';
import {
  endAfter,
  msBetween,
  NOT_ENDED,
  type ProbeCommand,
  type ProbeFact,
  type SeenEnd,
} from './probe.js';

/** What a pinging is given. */
export interface PingingInput {
  way: Way;
  count: number;
  /** The name by which the far end remembers the connection; null for a far end that remembers none. */
  name: string | null;
  /** How long a pong may take, in ms. */
  answerTimeout: number;
}

export interface PingingContext extends PingingInput {
  times: readonly number[];
  pinged: number;
  /** When the ping under way was sent, by the clock of the end that sent it; null before it is known. */
  sentAt: number | null;
  end: SeenEnd;
}

export interface PingingOutput {
  /** From each ping to its pong, in ms, by the clock of the end that pings. */
  times: readonly number[];
  /** The pings of the far end that came here. */
  pinged: number;
  /** Whether the far end has told nothing of the last ping that it was asked for. */
  isDeaf: boolean;
  end: SeenEnd;
}

/** One pinging as both ends saw it; `there` is what the far end remembers, where it is ours. */
export interface Pinging {
  sent: PingingInput;
  here: PingingOutput;
  there?: Remembered | null;
}

/** What the ping under way carries: a late pong answers no other ping. */
function dataOf({ times }: PingingContext): string {
  return `lockstep ${times.length}`;
}

/** When the pong to the ping under way came, by the clock of the end that sent the ping. */
function pongedAt(context: PingingContext, event: ProbeFact): number | undefined {
  if (event.type === 'socket.ponged') return event.at;
  if (event.type !== 'socket.received') return undefined;
  const tell = readTell(event.data);
  return tell?.tell === 'pong' && tell.data === dataOf(context) ? tell.at : undefined;
}

/** The experiment `pings`, one way. */
export const pinging = setup({
  types: {} as {
    context: PingingContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: PingingInput;
    output: PingingOutput;
  },
  guards: {
    isNamed: ({ context }) => context.name !== null,
    pingsBack: ({ context }) => context.way === 'back',
    isDone: ({ context }) => context.times.length === context.count,
    isPing: ({ context, event }) =>
      event.type === 'socket.pinged' && event.data === dataOf(context),
    isPong: ({ context, event }) =>
      event.type === 'socket.ponged' && event.data === dataOf(context),
    isToldPong: ({ context, event }) => pongedAt(context, event) !== undefined,
    isToldMark: ({ event }) =>
      event.type === 'socket.received' && readTell(event.data)?.tell === 'message',
  },
  actions: {
    giveName: emit(({ context }) => ({
      type: 'socket.send',
      data: asking({ ask: 'name', name: context.name ?? '' }),
      frames: 1,
    })),
    askToTellOnly: emit({ type: 'socket.send', data: asking({ ask: 'tellOnly' }), frames: 1 }),
    ping: emit(({ context }) => ({ type: 'socket.ping', data: dataOf(context) })),
    mark: emit({ type: 'socket.send', data: 'mark', frames: 1 }),
    askForPing: emit(({ context }) => ({
      type: 'socket.send',
      data: asking({ ask: 'ping', data: dataOf(context) }),
      frames: 1,
    })),
    forgetMark: assign({ sentAt: null }),
    recordMark: assign(({ event }) => {
      assertEvent(event, 'socket.received');
      const tell = readTell(event.data);
      return tell?.tell === 'message' ? { sentAt: tell.at } : {};
    }),
    recordPing: assign(({ context }) => ({ pinged: context.pinged + 1 })),
    recordPong: assign(({ context, event }) => {
      const ms = msBetween(context.sentAt ?? 0, pongedAt(context, event) ?? 0);
      return { times: [...context.times, ms], sentAt: event.at };
    }),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    answerTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'pinging',
  context: ({ input }) => ({ ...input, times: [], pinged: 0, sentAt: 0, end: NOT_ENDED }),
  initial: 'beginning',
  output: ({ context: { times, pinged, sentAt, end } }) => ({
    times,
    pinged,
    isDeaf: sentAt === null,
    end,
  }),
  states: {
    beginning: {
      description: 'The connection gets its name. Left at once.',
      always: [
        { guard: 'isNamed', target: 'choosing', actions: ['giveName'] },
        { target: 'choosing' },
      ],
    },
    choosing: {
      description: 'One of the two ends pings. Left at once.',
      always: [
        { guard: 'pingsBack', target: 'back', actions: ['askToTellOnly'] },
        { target: 'there' },
      ],
    },
    there: {
      description: 'This end pings.',
      initial: 'next',
      on: {
        'socket.received': { description: 'Only pongs matter.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.closed': { actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      states: {
        next: {
          description: 'A ping is to be sent, or all are answered. Left at once.',
          always: [
            { guard: 'isDone', target: '#pinging.closing' },
            { target: 'awaitingPong', actions: ['ping'] },
          ],
        },
        awaitingPong: {
          description: 'A ping is under way.',
          on: {
            'socket.ponged': [
              { guard: 'isPong', target: 'next', actions: ['recordPong'] },
              { description: 'It answers no ping of ours.' },
            ],
          },
          after: { answerTimeout: { target: '#pinging.done', actions: ['terminate'] } },
        },
      },
    },
    back: {
      description: 'The far end pings. A message before each ask has it tell when that was.',
      initial: 'next',
      on: {
        'socket.ponged': { description: 'This end sends no pings.' },
        'socket.closed': { actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      states: {
        next: {
          description: 'A ping is to be asked for, or all are answered. Left at once.',
          always: [
            { guard: 'isDone', target: '#pinging.closing' },
            { target: 'awaitingPing', actions: ['forgetMark', 'mark', 'askForPing'] },
          ],
        },
        awaitingPing: {
          description: 'The far end owes a ping. A path that answers it keeps it from coming.',
          on: {
            'socket.received': [
              { guard: 'isToldMark', actions: ['recordMark'] },
              { guard: 'isToldPong', target: 'next', actions: ['recordPong'] },
              { description: 'Something else is said.' },
            ],
            'socket.pinged': [
              { guard: 'isPing', target: 'awaitingTell', actions: ['recordPing'] },
              { description: 'Nobody asked for this ping.' },
            ],
          },
          after: { answerTimeout: { target: '#pinging.done', actions: ['terminate'] } },
        },
        awaitingTell: {
          description: 'The ping has come; the far end owes word of the pong.',
          on: {
            'socket.received': [
              { guard: 'isToldPong', target: 'next', actions: ['recordPong'] },
              { description: 'Something else is said.' },
            ],
            'socket.pinged': { description: 'Nobody asked for this ping.' },
          },
          after: { answerTimeout: { target: '#pinging.done', actions: ['terminate'] } },
        },
      },
    },
    closing: {
      description: 'All are answered; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'Nothing more matters.' },
        'socket.pinged': { description: 'Nothing more matters.' },
        'socket.ponged': { description: 'Nothing more matters.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'All are answered, or no more will be.', type: 'final' },
  },
});
