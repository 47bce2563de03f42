/**
 * The far end of a check: it answers what the near end asks, and tells and returns every payload.
 *
 * Rule 1. Every ask has bounds (`grammar.ts`). A flawed one is answered with 1008.
 * Rule 2. One answer is held back at a time, or something goes out at an interval.
 * Rule 3. A connection lasts `lifetime` at most.
 * Rule 4. Every state takes every fact. A fact that changes nothing says why in its description.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { Payload } from '../payload.js';
import {
  type Ask,
  type Beats,
  BOUNDS,
  digestOf,
  FLAWED_ASK,
  isAsk,
  type Prompt,
  patternOf,
  type Remembered,
  readAsk,
  type Tell,
  telling,
} from './grammar.js';
import { endWith, NOT_ENDED, type ProbeCommand, type ProbeFact } from './probe.js';

/** The input of an answerer: the request as it came, without secrets. */
export interface AnswererInput {
  peer: string;
  path: string;
  headers: { readonly [name: string]: string };
  /** The most bytes of messages that may be asked for in all; those of `grammar.ts` by default. */
  budget?: number;
}

/** The end of a connection that was asked for; null for an unknown name. */
export interface EndRecalled {
  type: 'registry.recalled';
  name: string;
  end: Remembered | null;
}

/** The application wants the end. */
interface StopRequested {
  type: 'app.stopRequested';
}

export type AnswererFact = ProbeFact | EndRecalled | StopRequested;

/** Look up how a connection ended, by its name. */
export interface RecallEnd {
  type: 'registry.recall';
  name: string;
}

/** The connection is over, and how. */
export interface AnswererEnded {
  type: 'answerer.ended';
  name: string | null;
  end: Remembered;
}

export interface AnswererContext {
  handshake: AnswererInput;
  name: string | null;
  isQuiet: boolean;
  tellsOnly: boolean;
  /** The answer that is held back, and for how long, in ms. */
  held: { ms: number; prompt: Prompt } | null;
  /** The ping that was asked for last. */
  ping: string | null;
  /** The kind of message at an interval, and the interval in ms. */
  beats: Beats;
  everyMs: number;
  /** The bytes of all messages that were asked for. */
  asked: number;
  end: Remembered;
  lastAt: number;
}

function askOf(event: AnswererFact): Ask | undefined {
  if (event.type !== 'socket.received' || !isAsk(event.data)) return undefined;
  return readAsk(event.data);
}

/** The bytes of the message that a fact asks for. */
function bytesAsked(event: AnswererFact): number {
  const ask = askOf(event);
  const prompt = ask?.ask === 'later' ? ask.prompt : ask;
  return prompt?.ask === 'send' ? prompt.size : 0;
}

function asks(...asks: Ask['ask'][]): (seen: { event: AnswererFact }) => boolean {
  return ({ event }) => {
    const ask = askOf(event);
    return ask !== undefined && asks.includes(ask.ask);
  };
}

function say(data: Payload, frames = 1, ping?: string): ProbeCommand {
  return { type: 'socket.send', data, frames, ...(ping !== undefined && { ping }) };
}

function tell(told: Tell): ProbeCommand {
  return say(telling(told));
}

/** The command that answers a prompt. */
function answerTo(
  prompt: Prompt,
  { handshake: { peer, path, headers } }: AnswererContext,
): ProbeCommand | RecallEnd {
  switch (prompt.ask) {
    case 'handshake':
      return tell({ tell: 'handshake', peer, path, headers });
    case 'end':
      return { type: 'registry.recall', name: prompt.name };
    case 'close':
      return { type: 'socket.close', code: prompt.code, reason: prompt.reason };
    case 'send':
      return say(patternOf(prompt.kind, prompt.size), prompt.frames, prompt.ping);
    case 'ping':
      return { type: 'socket.ping', data: prompt.data };
  }
}

/** The far end of a check. Its input is the request that opened the connection. */
export const answerer = setup({
  types: {} as {
    context: AnswererContext;
    events: AnswererFact;
    emitted: ProbeCommand | RecallEnd | AnswererEnded;
    input: AnswererInput;
  },
  guards: {
    isFlawed: ({ event }) =>
      event.type === 'socket.received' && isAsk(event.data) && askOf(event) === undefined,
    isTooMuch: ({ context, event }) =>
      context.asked + bytesAsked(event) > (context.handshake.budget ?? BOUNDS.asked),
    asksForName: asks('name'),
    asksForQuiet: asks('quiet'),
    asksToTellOnly: asks('tellOnly'),
    asksForBeats: asks('pings', 'messages'),
    asksForLater: asks('later'),
    asksForClose: asks('close'),
    isAsk: ({ event }) => askOf(event) !== undefined,
    isQuiet: ({ context }) => context.isQuiet,
    tellsOnly: ({ context }) => context.tellsOnly,
    holdsClose: ({ context }) => context.held?.prompt.ask === 'close',
    isAskedPing: ({ context, event }) =>
      event.type === 'socket.ponged' && event.data === context.ping,
  },
  actions: {
    noteMessage: assign(({ context, event }) => ({
      lastAt: 'at' in event ? event.at : context.lastAt,
      asked: context.asked + bytesAsked(event),
    })),
    notePing: assign(({ context, event }) => ({
      lastAt: 'at' in event ? event.at : context.lastAt,
      end: { ...context.end, pings: context.end.pings + 1 },
    })),
    recordName: assign(({ event }) => {
      const ask = askOf(event);
      return ask?.ask === 'name' ? { name: ask.name } : {};
    }),
    recordQuiet: assign({ isQuiet: true }),
    recordTellOnly: assign({ tellsOnly: true }),
    recordPing: assign(({ context, event }) => {
      const prompt = askOf(event) ?? context.held?.prompt;
      return prompt?.ask === 'ping' ? { ping: prompt.data } : {};
    }),
    recordBeats: assign(({ event }) => {
      const ask = askOf(event);
      return ask !== undefined && 'everyMs' in ask ? { beats: ask.ask, everyMs: ask.everyMs } : {};
    }),
    beat: emit(({ context: { beats } }) =>
      beats === 'pings' ? { type: 'socket.ping', data: 'lockstep' } : tell({ tell: 'beat' }),
    ),
    recordHeld: assign(({ event }) => {
      const ask = askOf(event);
      return ask?.ask === 'later' ? { held: { ms: ask.ms, prompt: ask.prompt } } : {};
    }),
    forgetHeld: assign({ held: null }),
    recordEnd: assign(({ context, event }) => {
      assertEvent(event, ['socket.closed', 'socket.gone']);
      const silence = context.end.closed ? context.end.silence : event.at - context.lastAt;
      return { end: { ...context.end, ...endWith(context.end, event), silence } };
    }),
    answer: emit(({ context, event }) => answerTo(askOf(event) as Prompt, context)),
    answerHeld: emit(({ context }) => answerTo(context.held?.prompt as Prompt, context)),
    tellMessage: emit(({ event }) => {
      assertEvent(event, 'socket.received');
      const { data, frames, at } = event;
      return tell({ tell: 'message', ...digestOf(data), frames, at });
    }),
    returnMessage: emit(({ event }) => {
      assertEvent(event, 'socket.received');
      return say(event.data, event.frames);
    }),
    tellPong: emit(({ event }) => {
      assertEvent(event, 'socket.ponged');
      return tell({ tell: 'pong', data: event.data, at: event.at });
    }),
    tellEnd: emit(({ event }) => {
      assertEvent(event, 'registry.recalled');
      return tell({ tell: 'end', name: event.name, end: event.end });
    }),
    closeForFlaw: emit({ type: 'socket.close', code: 1008, reason: FLAWED_ASK }),
    closeGoingAway: emit({ type: 'socket.close', code: 1001, reason: '' }),
    terminate: emit({ type: 'socket.terminate' }),
    noteEnded: emit(({ context: { name, end } }) => ({ type: 'answerer.ended', name, end })),
  },
  delays: {
    lifetime: BOUNDS.lifetimeMs,
    beatInterval: ({ context }) => context.everyMs,
    holdTime: ({ context }) => context.held?.ms ?? 0,
    closeTimeout: 5_000,
  },
}).createMachine({
  id: 'answerer',
  context: ({ input }) => ({
    handshake: input,
    name: null,
    isQuiet: false,
    tellsOnly: false,
    held: null,
    ping: null,
    beats: 'pings',
    everyMs: 0,
    asked: 0,
    end: { ...NOT_ENDED, pings: 0, silence: 0 },
    lastAt: 0,
  }),
  initial: 'answering',
  states: {
    answering: {
      description: 'Asks are answered, and payloads are told and returned.',
      initial: 'prompt',
      on: {
        'socket.received': [
          { guard: 'isFlawed', target: 'leaving', actions: ['closeForFlaw'] },
          { guard: 'isTooMuch', target: 'leaving', actions: ['closeForFlaw'] },
          { guard: 'asksForName', actions: ['noteMessage', 'recordName'] },
          { guard: 'asksForQuiet', actions: ['noteMessage', 'recordQuiet'] },
          { guard: 'asksToTellOnly', actions: ['noteMessage', 'recordTellOnly'] },
          {
            guard: 'asksForBeats',
            target: '.beating',
            reenter: true,
            actions: ['noteMessage', 'recordBeats'],
          },
          { guard: 'asksForClose', target: 'leaving', actions: ['noteMessage', 'answer'] },
          { guard: 'isAsk', actions: ['noteMessage', 'recordPing', 'answer'] },
          {
            guard: 'isQuiet',
            description: 'The near end wants no answers.',
            actions: ['noteMessage'],
          },
          { guard: 'tellsOnly', actions: ['noteMessage', 'tellMessage'] },
          { actions: ['noteMessage', 'tellMessage', 'returnMessage'] },
        ],
        'socket.pinged': { actions: ['notePing'] },
        'socket.ponged': [
          { guard: 'isAskedPing', actions: ['tellPong'] },
          { description: 'Nobody asked for the ping that it answers.' },
        ],
        'socket.closed': { target: 'leaving', actions: ['recordEnd'] },
        'socket.gone': { target: 'gone', actions: ['recordEnd'] },
        'registry.recalled': { actions: ['tellEnd'] },
        'app.stopRequested': { target: 'leaving', actions: ['closeGoingAway'] },
      },
      after: { lifetime: { target: 'leaving', actions: ['closeGoingAway'] } },
      states: {
        prompt: {
          description: 'An answer comes at once.',
          on: {
            'socket.received': [
              { guard: 'isTooMuch', target: '#answerer.leaving', actions: ['closeForFlaw'] },
              {
                guard: 'asksForLater',
                target: 'holding',
                actions: ['noteMessage', 'recordHeld'],
              },
            ],
          },
        },
        beating: {
          description: 'A ping or a message is due after the interval. Answers come at once.',
          on: {
            'socket.received': [
              { guard: 'isTooMuch', target: '#answerer.leaving', actions: ['closeForFlaw'] },
              {
                guard: 'asksForLater',
                target: 'holding',
                actions: ['noteMessage', 'recordHeld'],
              },
            ],
          },
          after: { beatInterval: { target: 'beating', reenter: true, actions: ['beat'] } },
        },
        holding: {
          description: 'An answer is held back.',
          on: {
            'socket.received': {
              guard: 'asksForLater',
              target: '#answerer.leaving',
              actions: ['closeForFlaw'],
            },
          },
          after: {
            holdTime: [
              { guard: 'holdsClose', target: '#answerer.leaving', actions: ['answerHeld'] },
              { target: 'prompt', actions: ['recordPing', 'answerHeld', 'forgetHeld'] },
            ],
          },
        },
      },
    },
    leaving: {
      description: 'A Close frame is out or has come; the peer has closeTimeout to leave.',
      on: {
        'socket.received': { description: 'No more is answered.' },
        'socket.pinged': { description: 'No more is counted.' },
        'socket.ponged': { description: 'No more is told.' },
        'registry.recalled': { description: 'No more is told.' },
        'app.stopRequested': { description: 'The connection is ending already.' },
        'socket.closed': { actions: ['recordEnd'] },
        'socket.gone': { target: 'gone', actions: ['recordEnd'] },
      },
      after: { closeTimeout: { target: 'gone', actions: ['terminate'] } },
    },
    gone: {
      description: 'The connection is over.',
      type: 'final',
      entry: ['noteEnded'],
    },
  },
});
