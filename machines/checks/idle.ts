/**
 * The experiment `idle`, on one connection: nothing is said for a time, or only a keeper speaks. Then this
 * end asks whether the far end is still there. A cut without a word shows only then.
 *
 * Rule 1. Silence lasts from the last fact to the next. Commands of this end do not end it.
 * Rule 2. A connection that ends before the question was cut in sight.
 * Rule 3. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assign, emit, setup } from 'xstate';
import { longest } from '../deadlines.js';
import type { FarEnd } from './findings.js';
import { type Ask, asking } from './grammar.js';
import { endAfter, NOT_ENDED, type ProbeCommand, type ProbeFact, type SeenEnd } from './probe.js';
import { isAnswerBy, questionFor } from './question.js';

/** What may keep a connection alive. */
export const KEEPERS = [
  'pings from this end',
  'pings from the far end',
  'messages from this end',
  'messages from the far end',
  'messages both ways',
] as const;

export type Keeper = (typeof KEEPERS)[number];

/** What one connection is given. */
export interface IdleInput {
  farEnd: FarEnd;
  /** The name by which the far end remembers the connection; null for a far end that remembers none. */
  name: string | null;
  /** How long nothing is said, or only the keeper speaks, in ms. */
  silence: number;
  keeper: Keeper | null;
  /** How often the keeper speaks, in ms. */
  beatInterval: number;
  /** How long the answer to the question may take, in ms. */
  answerTimeout: number;
}

export interface IdleContext extends IdleInput {
  /** What the far end is still to be asked. */
  asks: readonly Ask[];
  isAsked: boolean;
  isAnswered: boolean;
  /** Whether the far end has spoken, when last, and the longest silence before that, in ms. */
  hasSpoken: boolean;
  lastAt: number;
  longestGap: number;
  end: SeenEnd;
}

export interface IdleOutput {
  sent: IdleInput;
  /** Whether the question was put, and whether it was answered. */
  isAsked: boolean;
  isAnswered: boolean;
  hasSpoken: boolean;
  lastAt: number;
  longestGap: number;
  end: SeenEnd;
}

/** What the far end is asked before the silence. */
function asksOf({ farEnd, name, keeper, beatInterval }: IdleInput): Ask[] {
  if (farEnd !== 'ours') return [];
  const everyMs = Math.round(beatInterval);
  const byKeeper: Record<Keeper, Ask[]> = {
    'pings from this end': [],
    // Quiet: word of a pong would be a message of the far end.
    'pings from the far end': [{ ask: 'quiet' }, { ask: 'pings', everyMs }],
    'messages from this end': [{ ask: 'quiet' }],
    'messages from the far end': [{ ask: 'messages', everyMs }],
    'messages both ways': [],
  };
  const naming: Ask[] = name === null ? [] : [{ ask: 'name', name }];
  return keeper === null ? naming : [...naming, ...byKeeper[keeper]];
}

/** The experiment `idle`, on one connection. */
export const idle = setup({
  types: {} as {
    context: IdleContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: IdleInput;
    output: IdleOutput;
  },
  guards: {
    hasMoreAsks: ({ context }) => context.asks.length > 0,
    isKeptHere: ({ context: { keeper } }) =>
      keeper === 'pings from this end' ||
      keeper === 'messages from this end' ||
      keeper === 'messages both ways',
    isAnswer: ({ context, event }) => isAnswerBy(context.farEnd, event),
  },
  actions: {
    ask: emit(({ context }) => ({
      type: 'socket.send',
      data: asking(context.asks[0] as Ask),
      frames: 1,
    })),
    dropAsk: assign({ asks: ({ context }) => context.asks.slice(1) }),
    beat: emit(({ context }) =>
      context.keeper === 'pings from this end'
        ? { type: 'socket.ping', data: 'lockstep' }
        : { type: 'socket.send', data: 'lockstep', frames: 1 },
    ),
    putQuestion: emit(({ context }) => questionFor(context.farEnd)),
    recordQuestion: assign({ isAsked: true }),
    recordAnswer: assign({ isAnswered: true }),
    recordHeard: assign(({ context: { lastAt, longestGap }, event: { at } }) => ({
      hasSpoken: true,
      lastAt: at,
      longestGap: Math.max(longestGap, at - lastAt),
    })),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    silence: ({ context }) => longest(context.silence),
    beatInterval: ({ context }) => longest(context.beatInterval),
    answerTimeout: ({ context }) => longest(context.answerTimeout),
  },
}).createMachine({
  id: 'idle',
  context: ({ input }) => ({
    ...input,
    asks: asksOf(input),
    isAsked: false,
    isAnswered: false,
    hasSpoken: false,
    lastAt: 0,
    longestGap: 0,
    end: NOT_ENDED,
  }),
  initial: 'beginning',
  output: ({
    context: { asks: _, isAsked, isAnswered, hasSpoken, lastAt, longestGap, end, ...sent },
  }) => ({
    sent,
    isAsked,
    isAnswered,
    hasSpoken,
    lastAt,
    longestGap,
    end,
  }),
  states: {
    beginning: {
      description: 'The far end is asked what the keeper needs. Left at once.',
      always: [
        {
          guard: 'hasMoreAsks',
          target: 'beginning',
          reenter: true,
          actions: ['ask', 'dropAsk'],
        },
        { guard: 'isKeptHere', target: 'waiting.beating' },
        { target: 'waiting.silent' },
      ],
    },
    waiting: {
      description: 'Nobody speaks but the keeper.',
      initial: 'silent',
      on: {
        'socket.received': { actions: ['recordHeard'] },
        'socket.pinged': { actions: ['recordHeard'] },
        'socket.ponged': { actions: ['recordHeard'] },
        'socket.closed': { target: 'ending', actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { silence: { target: 'asking' } },
      states: {
        silent: { description: 'This end says nothing.' },
        beating: {
          description: 'This end speaks at every interval.',
          after: { beatInterval: { target: 'beating', reenter: true, actions: ['beat'] } },
        },
      },
    },
    asking: {
      description: 'The far end is asked whether it is still there.',
      entry: ['recordQuestion', 'putQuestion'],
      on: {
        'socket.received': [
          { guard: 'isAnswer', target: 'closing', actions: ['recordAnswer'] },
          { description: 'The keeper, or a server that speaks by itself.' },
        ],
        'socket.pinged': { description: 'A ping is no answer.' },
        'socket.ponged': [
          { guard: 'isAnswer', target: 'closing', actions: ['recordAnswer'] },
          { description: 'The pong of the keeper.' },
        ],
        'socket.closed': { target: 'ending', actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    closing: {
      description: 'The far end is there; a Close frame is out.',
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
    done: { description: 'The far end has answered, or the connection is over.', type: 'final' },
  },
});
