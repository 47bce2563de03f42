/**
 * The experiment `order`: every message back, in order and unchanged. A far end of lockstep tells what came
 * before it returns it: so a change shows with the way on which it happened.
 *
 * Rule 1. One message is under way at a time. What comes is held against it.
 * Rule 2. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import { differenceOf, isSamePayload, type Payload, quote } from '../payload.js';
import { digestOf, readTell } from './grammar.js';
import { endAfter, NOT_ENDED, type ProbeCommand, type ProbeFact, type SeenEnd } from './probe.js';

/** What the experiment is given. */
export interface OrderInput {
  samples: readonly Sample[];
  /** Whether the far end tells what came, before it returns it. */
  isTold: boolean;
  /** How long an answer may take, in ms. */
  answerTimeout: number;
}

/** A message, and what is special in it. */
export interface Sample {
  name: string;
  data: Payload;
}

/** A message that did not come back as it was sent. */
export interface Change {
  sample: string;
  /** The way on which it was changed; null where the far end does not tell. */
  way: 'there' | 'back' | null;
  /** The message that came back, quoted. */
  came: string;
  what: string;
}

export interface OrderContext extends OrderInput {
  at: number;
  /** Whether the current message arrived as it was sent; null where that is not told. */
  arrived: boolean | null;
  /** Whether the far end's word on the current message came damaged. */
  isTellDamaged: boolean;
  changes: readonly Change[];
  end: SeenEnd;
}

export interface OrderOutput {
  /** How many messages came back, changed or not. */
  returned: number;
  changes: readonly Change[];
  /** The sample that was not returned, where one was not. */
  missing: string | null;
  /** Whether the missing sample arrived as it was sent; null where that is not told. */
  arrived: boolean | null;
  end: SeenEnd;
}

function sampleOf({ samples, at }: OrderContext): Sample {
  return samples[at] as Sample;
}

function hasArrived(context: OrderContext, event: ProbeFact): boolean {
  assertEvent(event, 'socket.received');
  const tell = readTell(event.data);
  if (tell?.tell !== 'message') return false;
  const { kind, size, hash } = digestOf(sampleOf(context).data);
  return tell.kind === kind && tell.size === size && tell.hash === hash;
}

/** The changes with the one that a returned message shows. */
function changesWith(context: OrderContext, event: ProbeFact): readonly Change[] {
  assertEvent(event, 'socket.received');
  const { name, data } = sampleOf(context);
  const { arrived, isTellDamaged, changes } = context;
  const isSame = isSamePayload(event.data, data);
  if (isSame && arrived !== false && !isTellDamaged) return changes;
  const came = quote(event.data, 30);
  const same = isTellDamaged
    ? "the far end's word on it came damaged"
    : 'it was another at the far end, and came back as it was sent';
  const what = isSame ? same : `${came} came back (${differenceOf(data, event.data)})`;
  return [...changes, { sample: name, way: wayOf(context), came, what }];
}

/** The way on which the current message was changed. A damaged tell was changed on the way back. */
function wayOf({ arrived, isTellDamaged }: OrderContext): Change['way'] {
  if (arrived === null) return isTellDamaged ? 'back' : null;
  return arrived ? 'back' : 'there';
}

/** The experiment `order`. */
export const order = setup({
  types: {} as {
    context: OrderContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: OrderInput;
    output: OrderOutput;
  },
  guards: {
    hasMore: ({ context }) => context.at < context.samples.length,
    isTold: ({ context }) => context.isTold,
    isTell: ({ event }) => event.type === 'socket.received' && readTell(event.data) !== undefined,
  },
  actions: {
    send: emit(({ context }) => ({
      type: 'socket.send',
      data: sampleOf(context).data,
      frames: 1,
    })),
    recordArrival: assign(({ context, event }) => ({ arrived: hasArrived(context, event) })),
    recordReturn: assign(({ context, event }) => ({
      changes: changesWith(context, event),
      at: context.at + 1,
      arrived: null,
      isTellDamaged: false,
    })),
    recordDamage: assign({ isTellDamaged: true }),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    answerTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'order',
  context: ({ input }) => ({
    ...input,
    at: 0,
    arrived: null,
    isTellDamaged: false,
    changes: [],
    end: NOT_ENDED,
  }),
  initial: 'trying',
  output: ({ context }) => ({
    returned: context.at,
    changes: context.changes,
    missing: context.at < context.samples.length ? sampleOf(context).name : null,
    arrived: context.arrived,
    end: context.end,
  }),
  states: {
    trying: {
      description: 'Messages are to come back.',
      initial: 'next',
      on: {
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Nobody asked for a pong.' },
        'socket.closed': { actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      states: {
        next: {
          description: 'A message is to be sent, or all are back. Left at once.',
          always: [
            { guard: 'hasMore', target: 'sent', actions: ['send'] },
            { target: '#order.closing' },
          ],
        },
        sent: {
          description: 'Left at once.',
          always: [{ guard: 'isTold', target: 'awaitingTell' }, { target: 'awaitingReturn' }],
        },
        awaitingTell: {
          description: 'The far end owes word of what came.',
          on: {
            'socket.received': [
              { guard: 'isTell', target: 'awaitingReturn', actions: ['recordArrival'] },
              {
                description: 'A tell comes first: another message is a tell that the path damaged.',
                target: 'awaitingReturn',
                actions: ['recordDamage'],
              },
            ],
          },
          after: { answerTimeout: { target: '#order.done', actions: ['terminate'] } },
        },
        awaitingReturn: {
          description: 'The message is to come back.',
          on: { 'socket.received': { target: 'next', actions: ['recordReturn'] } },
          after: { answerTimeout: { target: '#order.done', actions: ['terminate'] } },
        },
      },
    },
    closing: {
      description: 'All are back; a Close frame is out.',
      entry: ['close'],
      on: {
        'socket.received': { description: 'No more is asked for.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Nobody asked for a pong.' },
        'socket.closed': { description: 'The end of TCP follows.' },
        'socket.gone': { target: 'done' },
      },
      after: { answerTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'All are back, or no more will be.', type: 'final' },
  },
});
