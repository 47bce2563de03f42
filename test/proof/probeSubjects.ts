/**
 * The longer experiments as subjects of the proof: passage, pinging, delay, idle, busy. They are explored
 * pure, as the other machines of checks are.
 *
 * Rule 1. Two of each thing show everything: two messages, two pings, two trials, two answers.
 */

import type { Stepped } from '../../explore/stepper.js';
import { digestOf, patternOf, telling } from '../../machines/checks/grammar.js';
import {
  type PassageInput,
  type ProbeFact,
  passage,
  pinging,
} from '../../machines/checks/index.js';
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
    'socket.received, word of the pong': (stepped) =>
      heard(telling({ tell: 'pong', ...pingOf(stepped), at })),
    'socket.received, word of another pong': () =>
      heard(telling({ tell: 'pong', data: 'a ping', at })),
    'socket.received, something else': () => heard('something else'),
  },
};

/** The longer experiments. */
export const probeSubjects: readonly Subject[] = [aPassage, aPinging];
