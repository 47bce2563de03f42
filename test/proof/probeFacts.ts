/**
 * The facts that probes of the proof are told.
 *
 * Rule 1. Every fact has the same moment: times in a context stay few, and the graph small.
 */

import type { Stepped } from '../../explore/stepper.js';
import { type Ask, asking } from '../../machines/checks/grammar.js';
import type { ProbeFact } from '../../machines/checks/index.js';
import type { Names } from './subjects.js';

/** The moment of every fact. */
export const at = 5;

/** One whole message. */
export function heard(data: string | Uint8Array, frames = 1): ProbeFact {
  return { type: 'socket.received', data, frames, at };
}

/** An ask as a message. */
export function asked(ask: Ask): ProbeFact {
  return heard(asking(ask));
}

/** A ping, and a pong, that no machine waits for. */
export const pinged: ProbeFact = { type: 'socket.pinged', data: 'a ping', at };
export const ponged: ProbeFact = { type: 'socket.ponged', data: 'a ping', at };
const closed: ProbeFact = { type: 'socket.closed', code: 1000, reason: '', at };
const closedAgain: ProbeFact = { type: 'socket.closed', code: 1001, reason: '', at };
const gone: ProbeFact = { type: 'socket.gone', by: 'fin', reason: '', at };

/** Facts that are alike for all probes; a second Close frame comes where the first is remembered. */
export const common = {
  'socket.pinged': () => pinged,
  'socket.ponged': () => ponged,
  'socket.closed': ({ snapshot }: Stepped) => (snapshot.context.end?.closed ? undefined : closed),
  'socket.closed, again': ({ snapshot }: Stepped) =>
    snapshot.context.end?.closed?.code === 1000 ? closedAgain : undefined,
  'socket.gone': () => gone,
};

const probeTypes = Object.keys({
  'socket.received': [],
  'socket.pinged': [],
  'socket.ponged': [],
  'socket.closed': [],
  'socket.gone': [],
} satisfies Names<ProbeFact>);

/** What the subjects that are probes have in common. */
export const probe = { kind: 'probe', types: probeTypes } as const;
