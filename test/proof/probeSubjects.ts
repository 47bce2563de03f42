/**
 * The longer experiments as subjects of the proof: passage, pinging, delay, idle, busy. They are explored
 * pure, as the other machines of checks are.
 *
 * Rule 1. Each experiment is explored with every kind of far end that its machine tells apart.
 * Rule 2. Two of each thing show everything: two messages, two pings, two trials, two answers.
 */

import type { Stepped } from '../../explore/stepper.js';
import type { Part } from '../../machines/checks/delay.js';
import { digestOf, patternOf, telling } from '../../machines/checks/grammar.js';
import {
  busy,
  delay,
  idle,
  type PassageInput,
  type ProbeFact,
  passage,
  pinging,
  type Trial,
} from '../../machines/checks/index.js';
import { WORDS } from '../../machines/checks/question.js';
import { at, common, heard, pinged, ponged, probe } from './probeFacts.js';
import type { Subject } from './subjects.js';

/** A message of the pattern as it arrives: itself, or the far end's word of it. */
function arrivalOf({ way, messages }: PassageInput, n: number): ProbeFact {
  const { size, frames } = messages[n] ?? { size: 1, frames: 1 };
  const data = patternOf('binary', size);
  if (way !== 'there') return heard(data, frames);
  return heard(telling({ tell: 'message', ...digestOf(data), frames, at }));
}

const passing = {
  messages: [
    { size: 2, frames: 1 },
    { size: 3, frames: 2, ping: 'a ping' },
  ],
  answerTimeout: 100,
};

const aPassage: Subject = {
  ...probe,
  name: 'passage',
  machine: passage,
  inputs: [
    { ...passing, way: 'there', name: null },
    { ...passing, way: 'there', name: 'a' },
    { ...passing, way: 'back', name: 'a' },
    { ...passing, way: 'round', name: null },
  ],
  facts: {
    ...common,
    'socket.received, the message': ({ snapshot: { context } }) =>
      arrivalOf(context, context.arrived.length),
    'socket.received, a message of another size': ({ snapshot: { context } }) =>
      arrivalOf({ ...context, messages: [{ size: 9, frames: 1 }] }, 0),
    'socket.received, something else': () => heard('something else'),
  },
};

const pings = { count: 2, answerTimeout: 100 };

/** When a mark was at the far end, by its clock. */
const MARKED_AT = 3;
const markTold = heard(telling({ tell: 'message', ...digestOf('mark'), frames: 1, at: MARKED_AT }));

/** What the ping under way carries. */
function pingOf({ snapshot: { context } }: Stepped): { data: string } {
  return { data: `lockstep ${context.times.length}` };
}

const aPinging: Subject = {
  ...probe,
  name: 'pinging',
  machine: pinging,
  // The names differ: under one name, the ways could be swapped and nothing would show.
  inputs: [
    { ...pings, way: 'there', name: 'there' },
    { ...pings, way: 'back', name: null },
    { ...pings, way: 'back', name: 'back' },
    { ...pings, way: 'round', name: null },
  ],
  facts: {
    ...common,
    'socket.pinged, as asked for': (stepped) => ({ ...pinged, ...pingOf(stepped) }),
    'socket.ponged, the answer': (stepped) => ({ ...ponged, ...pingOf(stepped) }),
    // The far end tells a mark once.
    'socket.received, word of the mark': ({ snapshot }) =>
      snapshot.context.sentAt === MARKED_AT ? undefined : markTold,
    // The word of the mark comes before the word of the pong.
    'socket.received, word of the pong': (stepped) =>
      stepped.snapshot.context.sentAt === null
        ? undefined
        : heard(telling({ tell: 'pong', ...pingOf(stepped), at })),
    'socket.received, word of another pong': () =>
      heard(telling({ tell: 'pong', data: 'a ping', at })),
    'socket.received, something else': () => heard('something else'),
  },
};

const delays = { rest: 50, answerTimeout: 100 };

/** A rested trial of two messages, and one of a message alone; `part` begins both. */
function trialsOf(part: Part): [Trial, Trial] {
  return [
    { way: 'back', when: 'rested', parts: [part, { size: 4 }], count: 2, timed: 1 },
    { way: 'back', when: 'alone', parts: [part], count: 1, timed: 1 },
  ];
}

/** The trials in each order: either of them may come first. */
function inEachOrder(isAsked: boolean, [one, other]: [Trial, Trial]): object[] {
  return [
    { ...delays, isAsked, trials: [one, other] },
    { ...delays, isAsked, trials: [other, one] },
  ];
}

const aDelay: Subject = {
  ...probe,
  name: 'delay',
  machine: delay,
  inputs: [
    ...inEachOrder(false, trialsOf({ size: 3 })),
    ...inEachOrder(true, trialsOf({ asks: 3 })),
  ],
  facts: {
    ...common,
    'socket.received, a message of the trial': () => heard(patternOf('binary', 3)),
    'socket.received, something else': () => heard('something else'),
  },
};

/** The answers to the question that the far ends give, and what answers none. */
const answers = {
  'socket.received, what was said': () => heard(WORDS),
  'socket.received, word of the handshake': () =>
    heard(telling({ tell: 'handshake', peer: '192.0.2.1:1', path: '/', headers: {} })),
  'socket.received, something else': () => heard('something else'),
  'socket.ponged, what was said': () => ({ ...ponged, data: WORDS }),
};

/** The facts, until they have shown everything: more of them would only count on. */
function until(
  isShown: (stepped: Stepped) => boolean,
  facts: Record<string, () => ProbeFact>,
): Subject['facts'] {
  const entries = Object.entries(facts).map(([name, make]) => [
    name,
    (stepped: Stepped) => (isShown(stepped) ? undefined : make()),
  ]);
  return Object.fromEntries(entries);
}

const waits = { name: null, silence: 500, beatInterval: 50, answerTimeout: 100 };

const anIdle: Subject = {
  ...probe,
  name: 'idle',
  machine: idle,
  inputs: [
    { ...waits, farEnd: 'ours', keeper: 'messages from this end' },
    { ...waits, farEnd: 'ours', name: 'a', keeper: 'pings from the far end' },
    { ...waits, farEnd: 'echo', keeper: null },
    { ...waits, farEnd: 'other', keeper: 'pings from this end' },
  ],
  facts: {
    ...common,
    ...until(({ path, snapshot }) => path.startsWith('waiting') && snapshot.context.hasSpoken, {
      'socket.pinged': () => pinged,
      'socket.ponged': () => ponged,
      ...answers,
    }),
  },
};

const held = { name: null, holdTime: 500, askInterval: 50, answerTimeout: 100 };

const aBusy: Subject = {
  ...probe,
  name: 'busy',
  machine: busy,
  inputs: [
    { ...held, farEnd: 'ours', name: 'a' },
    { ...held, farEnd: 'echo' },
    { ...held, farEnd: 'other' },
  ],
  facts: { ...common, ...until(({ snapshot }) => snapshot.context.answers === 2, answers) },
};

/** The longer experiments. */
export const probeSubjects: readonly Subject[] = [aPassage, aPinging, aDelay, anIdle, aBusy];
