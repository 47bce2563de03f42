/**
 * A passage: messages made of the pattern pass over one connection, one at a time. The experiments `largest`
 * and `frames` differ in the messages that they send, and in their judgement.
 *
 * Rule 1. `there`: a far end of lockstep tells what arrives. `back`: it sends what it is asked for. `round`:
 *         any other far end returns what arrives.
 * Rule 2. A message is awaited longer, the longer the message before took: slow is not silent.
 * Rule 3. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assign, emit, setup } from 'xstate';
import { quote } from '../payload.js';
import type { Way } from './findings.js';
import { asking, patternOf, type Remembered, readTell } from './grammar.js';
import {
  endAfter,
  msBetween,
  NOT_ENDED,
  type ProbeCommand,
  type ProbeFact,
  type SeenEnd,
  seenEndInWords,
} from './probe.js';

/** A message of the pattern. */
export interface Sent {
  /** In bytes. */
  size: number;
  frames: number;
  /** A ping that goes behind the first frame. */
  ping?: string;
}

/** What a passage is given. */
export interface PassageInput {
  way: Way;
  messages: readonly Sent[];
  /** The name by which the far end remembers the connection; null for a far end that remembers none. */
  name: string | null;
  /** How long an answer may take beside the time of the bytes themselves, in ms. */
  answerTimeout: number;
}

/** A message that has arrived. */
export interface Arrived {
  frames: number;
  /** From sending it, or asking for it, to its arrival or the word of it, in ms. */
  ms: number;
}

export interface PassageContext extends PassageInput {
  arrived: readonly Arrived[];
  /** When the last message arrived. */
  lastAt: number;
  end: SeenEnd;
}

/** The messages that arrived, the first ones of those that were sent, and the end. */
export interface PassageOutput {
  arrived: readonly Arrived[];
  end: SeenEnd;
}

/** One passage as both ends saw it; `there` is what the far end remembers, where it is ours. */
export interface Passage {
  sent: PassageInput;
  here: PassageOutput;
  there?: Remembered | null;
}

/** How often a message may take the time of the message before: twice the bytes, on a path that slows down. */
const SLOWER = 4;

function messageOf({ messages, arrived }: PassageContext): Sent {
  return messages[arrived.length] as Sent;
}

function commandFor(context: PassageContext): ProbeCommand {
  const { size, frames, ping } = messageOf(context);
  const message = { frames, ...(ping !== undefined && { ping }) };
  const kind = 'binary';
  if (context.way !== 'back') {
    return { type: 'socket.send', data: patternOf(kind, size), ...message };
  }
  return { type: 'socket.send', data: asking({ ask: 'send', kind, size, ...message }), frames: 1 };
}

/** The size and frames of what came: as the far end tells them, or of the message itself. */
function arrivalIn(
  { way }: PassageContext,
  event: ProbeFact,
): { size: number; frames: number } | undefined {
  if (event.type !== 'socket.received') return undefined;
  const { data, frames } = event;
  if (way !== 'there') return typeof data === 'string' ? undefined : { size: data.length, frames };
  const tell = readTell(data);
  return tell?.tell === 'message' ? tell : undefined;
}

/** The experiments `largest` and `frames`, one way. */
export const passage = setup({
  types: {} as {
    context: PassageContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: PassageInput;
    output: PassageOutput;
  },
  guards: {
    isNamed: ({ context }) => context.name !== null,
    goesThere: ({ context }) => context.way === 'there',
    hasMore: ({ context }) => context.arrived.length < context.messages.length,
    isArrival: ({ context, event }) => arrivalIn(context, event)?.size === messageOf(context).size,
  },
  actions: {
    giveName: emit(({ context }) => ({
      type: 'socket.send',
      data: asking({ ask: 'name', name: context.name ?? '' }),
      frames: 1,
    })),
    askToTellOnly: emit({ type: 'socket.send', data: asking({ ask: 'tellOnly' }), frames: 1 }),
    send: emit(({ context }) => commandFor(context)),
    recordArrival: assign(({ context, event }) => {
      const frames = arrivalIn(context, event)?.frames ?? 1;
      const ms = msBetween(context.lastAt, event.at);
      return { arrived: [...context.arrived, { frames, ms }], lastAt: event.at };
    }),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    arrivalTimeout: ({ context: { answerTimeout, arrived } }) =>
      answerTimeout + SLOWER * (arrived.at(-1)?.ms ?? 0),
    closeTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'passage',
  context: ({ input }) => ({ ...input, arrived: [], lastAt: 0, end: NOT_ENDED }),
  initial: 'beginning',
  output: ({ context: { arrived, end } }) => ({ arrived, end }),
  states: {
    beginning: {
      description: 'The connection gets its name. Left at once.',
      always: [
        { guard: 'isNamed', target: 'preparing', actions: ['giveName'] },
        { target: 'preparing' },
      ],
    },
    preparing: {
      description: 'The far end is to return nothing of what goes there. Left at once.',
      always: [
        { guard: 'goesThere', target: 'passing', actions: ['askToTellOnly'] },
        { target: 'passing' },
      ],
    },
    passing: {
      description: 'Messages are to arrive.',
      initial: 'next',
      on: {
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Only messages matter.' },
        'socket.closed': { actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      states: {
        next: {
          description: 'A message is to be sent, or all have arrived. Left at once.',
          always: [
            { guard: 'hasMore', target: 'awaitingArrival', actions: ['send'] },
            { target: '#passage.closing' },
          ],
        },
        awaitingArrival: {
          description: 'A message is under way.',
          on: {
            'socket.received': [
              { guard: 'isArrival', target: 'next', actions: ['recordArrival'] },
              { description: 'Something else is said.' },
            ],
          },
          after: { arrivalTimeout: { target: '#passage.done', actions: ['terminate'] } },
        },
      },
    },
    closing: {
      description: 'All have arrived; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'No more is awaited.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Only messages matter.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { closeTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'All have arrived, or no more will.', type: 'final' },
  },
});

/** Says what came in place of a message. */
export function cameInstead(end: SeenEnd): string {
  const reason = end.closed?.reason ?? '';
  return `${seenEndInWords(end)} comes${reason === '' ? '' : ` (${quote(reason)})`}`;
}
