/**
 * The machines of checks as subjects of the proof. They are explored pure: every state takes every fact.
 * Over sockets they run in the tests of paths.
 */

import type { Stepped } from '../../explore/stepper.js';
import { type Ask, digestOf, telling } from '../../machines/checks/grammar.js';
import {
  type AnswererFact,
  answerer,
  closing,
  inquiry,
  order,
  type ProbeFact,
} from '../../machines/checks/index.js';
import { stopRequested } from '../support/facts.js';
import { asked, at, common, heard, pinged, ponged, probe } from './probeFacts.js';
import { probeSubjects } from './probeSubjects.js';
import type { Names, Subject } from './subjects.js';

const answererTypes = Object.keys({
  'socket.received': [],
  'socket.pinged': [],
  'socket.ponged': [],
  'socket.closed': [],
  'socket.gone': [],
  'registry.recalled': [],
  'app.stopRequested': [],
} satisfies Names<AnswererFact>);

/** An ask whose mark stays in the context: one of them at a time shows everything. */
function first(ask: Ask): (stepped: Stepped) => ProbeFact | undefined {
  return ({ snapshot }) => {
    const { name, isQuiet, tellsOnly, ping } = snapshot.context;
    return name === null && !isQuiet && !tellsOnly && ping === null ? asked(ask) : undefined;
  };
}

const anAnswerer: Subject = {
  ...probe,
  name: 'answerer',
  types: answererTypes,
  machine: answerer,
  inputs: [{ peer: '192.0.2.1:1', path: '/', headers: { host: 'h' }, budget: 4 }],
  facts: {
    ...common,
    'socket.pinged': ({ snapshot }) => (snapshot.context.end.pings < 1 ? pinged : undefined),
    'socket.ponged, of a ping that was asked for': () => ({ ...ponged, data: 'asked' }),
    'socket.received, a payload': () => ({ ...heard('a payload'), at: 6 }),
    'socket.received, a flawed ask': () => heard('lockstep? {}'),
    'socket.received, an ask for a name': first({ ask: 'name', name: 'a' }),
    'socket.received, an ask for quiet': first({ ask: 'quiet' }),
    'socket.received, an ask to tell only': first({ ask: 'tellOnly' }),
    'socket.received, an ask for pings': () => asked({ ask: 'pings', everyMs: 1_000 }),
    'socket.received, an ask for three bytes': ({ snapshot }) =>
      snapshot.context.asked < 4
        ? asked({ ask: 'send', kind: 'text', size: 3, frames: 1 })
        : undefined,
    'socket.received, an ask for three bytes later': ({ snapshot }) =>
      snapshot.context.asked < 4
        ? asked({
            ask: 'later',
            ms: 50,
            prompt: { ask: 'send', kind: 'text', size: 3, frames: 1 },
          })
        : undefined,
    'socket.received, an ask for a ping later': first({
      ask: 'later',
      ms: 50,
      prompt: { ask: 'ping', data: 'asked' },
    }),
    'socket.received, an ask for messages': () => asked({ ask: 'messages', everyMs: 1_000 }),
    'socket.received, an ask for a close later': () =>
      asked({ ask: 'later', ms: 50, prompt: { ask: 'close', code: 4000, reason: 'a' } }),
    'socket.received, an ask for a close': () => asked({ ask: 'close', code: 4000, reason: 'a' }),
    'socket.received, an ask for a ping': first({ ask: 'ping', data: 'asked' }),
    'socket.received, an ask for the handshake': () => asked({ ask: 'handshake' }),
    'registry.recalled': () => ({ type: 'registry.recalled', ...{ name: 'a', end: null } }),
    'app.stopRequested': () => stopRequested,
  },
};

const anInquiry: Subject = {
  ...probe,
  name: 'inquiry',
  machine: inquiry,
  inputs: [{ ask: { ask: 'end', name: 'a' }, wants: 'end', answerTimeout: 100 }],
  facts: {
    ...common,
    'socket.received, the answer': () => heard(telling({ tell: 'end', name: 'a', end: null })),
    'socket.received, something else': () => heard('a payload'),
  },
};

const closings = { code: 4000, reason: 'a', closeTimeout: 100 };

const aClosing: Subject = {
  ...probe,
  name: 'closing',
  machine: closing,
  inputs: [
    { ...closings, way: 'there', name: null },
    { ...closings, way: 'there', name: 'a' },
    { ...closings, way: 'back', name: null },
    { ...closings, way: 'back', name: 'a' },
  ],
  facts: { ...common, 'socket.received': () => heard('a payload') },
};

const samples = [
  { name: 'one', data: 'one' },
  { name: 'two', data: 'two' },
];

function tellOf(data: string): ProbeFact {
  return heard(telling({ tell: 'message', ...digestOf(data), frames: 1, at }));
}

const anOrder: Subject = {
  ...probe,
  name: 'order',
  machine: order,
  inputs: [
    { samples, isTold: false, answerTimeout: 100 },
    { samples, isTold: true, answerTimeout: 100 },
  ],
  facts: {
    ...common,
    'socket.received, the message': ({ snapshot }) =>
      heard(samples[snapshot.context.at]?.data ?? 'late'),
    'socket.received, something else': () => heard('something else'),
    'socket.received, word of the message': ({ snapshot }) =>
      tellOf(samples[snapshot.context.at]?.data ?? 'late'),
    'socket.received, word of something else': () => tellOf('something else'),
  },
};

/** The machines of checks. */
export const checkSubjects: readonly Subject[] = [
  anAnswerer,
  anInquiry,
  aClosing,
  anOrder,
  ...probeSubjects,
];
