/**
 * The experiment `order`: every message back, in order and unchanged. A far end of lockstep tells what came
 * before it returns it: so a change shows with the way on which it happened.
 *
 * Rule 1. One message is under way at a time. What comes is held against it.
 * Rule 2. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import { differenceOf, isSamePayload, type Payload, quote } from '../payload.js';
import type { FarEnd, Finding } from './findings.js';
import { digestOf, readTell } from './grammar.js';
import {
  endWith,
  NOT_ENDED,
  type ProbeCommand,
  type ProbeFact,
  type SeenEnd,
  seenEndInWords,
} from './probe.js';

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
  what: string;
}

export interface OrderContext extends OrderInput {
  at: number;
  /** Whether the current message arrived as it was sent; null where that is not told. */
  arrived: boolean | null;
  changes: readonly Change[];
  end: SeenEnd;
}

export interface OrderOutput {
  /** How many messages came back, changed or not. */
  returned: number;
  changes: readonly Change[];
  /** The sample that was not returned, where one was not. */
  missing: string | null;
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
  const isChangedThere = context.arrived === false;
  if (isSamePayload(event.data, data) && !isChangedThere) return context.changes;
  const way = context.arrived === null ? null : isChangedThere ? 'there' : 'back';
  const what = isSamePayload(event.data, data)
    ? 'it came back as it was sent, and was another at the far end'
    : `${quote(event.data, 30)} came back (${differenceOf(data, event.data)})`;
  return [...context.changes, { sample: name, way, what }];
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
    })),
    recordEnd: assign(({ context, event }) => {
      assertEvent(event, ['socket.closed', 'socket.gone']);
      return { end: endWith(context.end, event) };
    }),
    close: emit({ type: 'socket.close', code: 1000, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    answerTimeout: ({ context }) => context.answerTimeout,
  },
}).createMachine({
  id: 'order',
  context: ({ input }) => ({ ...input, at: 0, arrived: null, changes: [], end: NOT_ENDED }),
  initial: 'trying',
  output: ({ context }) => ({
    returned: context.at,
    changes: context.changes,
    missing: context.at < context.samples.length ? sampleOf(context).name : null,
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
              { description: 'A message that is no tell is passed over.' },
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

/** The lengths at which the header of a frame grows (RFC 6455, 5.2), and their neighbours. */
const LENGTHS = [0, 1, 125, 126, 65_535, 65_536];

/** The messages of the experiment: lengths at which frames differ, and every width of a character. */
export function orderSamples(): Sample[] {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, n) => n % 256);
  return [
    ...LENGTHS.map((length) => ({ name: `text of ${length} bytes`, data: 'x'.repeat(length) })),
    ...LENGTHS.map((length) => ({ name: `binary of ${length} bytes`, data: bytes(length) })),
    { name: 'characters of 1 to 4 bytes', data: 'A\u00e9\u20ac\u{1f600}' },
    { name: 'a text with NUL', data: 'a\0b' },
    { name: 'a text with line breaks', data: 'a\r\nb\nc' },
    { name: 'bytes that are not UTF-8', data: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80) },
  ];
}

/** Judges whether messages come back. */
export function judgeOrder(
  { returned, changes, missing, end }: OrderOutput,
  farEnd: FarEnd,
): Finding[] {
  const findings = changes.map((change) => judgeChange(change, farEnd));
  if (missing !== null) findings.push(judgeMissing(missing, returned, end));
  if (findings.length > 0) return findings;
  return [
    {
      experiment: 'order',
      status: 'ok',
      blame: null,
      code: 'ORDER_OK',
      message: `All ${returned} messages come back in order and unchanged.`,
      facts: { messages: returned },
    },
  ];
}

function judgeChange(change: Change, farEnd: FarEnd): Finding {
  const { sample, way, what } = change;
  const where = { there: 'on the way to the far end', back: 'on the way back' };
  return {
    experiment: 'order',
    status: 'problem',
    blame: farEnd === 'ours' ? 'the path' : null,
    code: 'MESSAGE_CHANGED',
    message: `${sample} is changed${way === null ? '' : ` ${where[way]}`}: ${what}. See what on the path reads or rewrites messages.`,
    facts: { ...change },
  };
}

function judgeMissing(sample: string, returned: number, end: SeenEnd): Finding {
  const instead = end.closed || end.gone ? `${seenEndInWords(end)} came instead` : 'nothing came';
  return {
    experiment: 'order',
    status: 'problem',
    blame: null,
    code: 'MESSAGE_LOST',
    message: `${sample} does not come back: ${instead}. See the log of the far end, and the limits of what is between.`,
    facts: { sample, returned, end },
  };
}
