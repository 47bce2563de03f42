/**
 * An inquiry: one ask, one tell, and a proper close. Only a far end of lockstep answers.
 *
 * Rule 1. The first tell of the wanted kind is the answer. Anything else is passed over.
 * Rule 2. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assign, emit, setup } from 'xstate';
import { type Ask, asking, readTell, type Tell } from './grammar.js';
import type { ProbeCommand, ProbeFact } from './probe.js';

/** What an inquiry is given. */
export interface InquiryInput {
  ask: Ask;
  /** The kind of tell that answers it. */
  wants: Tell['tell'];
  /** How long the answer may take, in ms. */
  answerTimeout: number;
}

export interface InquiryContext extends InquiryInput {
  answer: Tell | null;
}

/** The answer; null where none came in time. */
export interface InquiryOutput {
  answer: Tell | null;
}

function tellOf(event: ProbeFact): Tell | undefined {
  return event.type === 'socket.received' ? readTell(event.data) : undefined;
}

/** An inquiry. */
export const inquiry = setup({
  types: {} as {
    context: InquiryContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: InquiryInput;
    output: InquiryOutput;
  },
  guards: {
    isAnswer: ({ context, event }) => tellOf(event)?.tell === context.wants,
  },
  actions: {
    ask: emit(({ context }) => ({ type: 'socket.send', data: asking(context.ask), frames: 1 })),
    recordAnswer: assign(({ event }) => ({ answer: tellOf(event) ?? null })),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    answerTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'inquiry',
  context: ({ input }) => ({ ...input, answer: null }),
  initial: 'asking',
  output: ({ context: { answer } }) => ({ answer }),
  states: {
    asking: {
      description: 'The far end owes an answer.',
      entry: ['ask'],
      on: {
        'socket.received': [
          { guard: 'isAnswer', target: 'closing', actions: ['recordAnswer'] },
          { description: 'Something else is said.' },
        ],
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Nobody asked for a pong.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    closing: {
      description: 'The answer is there; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'No more is wanted.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Nobody asked for a pong.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'The answer is there, or none came.', type: 'final' },
  },
});
