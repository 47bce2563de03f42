/**
 * Plays facts to a probe, or to the far end of a check, without a socket and a clock. The transcript has
 * states (`=`) and commands (`>`); an ask stands in it as JSON, and a payload by its size.
 */
import { type AnyStateMachine, initialTransition, transition } from 'xstate';
import { deadlineOf, pathOf } from '../../chart/names.js';
import { deadlinesOf } from '../../explore/stepper.js';
import type { ProbeCommand, ProbeFact, Remembered, Tell } from '../../machines/checks/index.js';
import type { Payload } from '../../machines/index.js';
import { emittedOf, type Snapshot } from './play.js';

/** A fact, or a deadline by its name. */
export type ProbeStep = ProbeFact | { type: string } | { deadline: string };

/** What a probe said, and its output once it is done. */
export interface PlayedProbe {
  lines: string[];
  output: unknown;
}

/** Starts a probe and plays it the steps; a deadline that is not armed is an error. */
export function playProbe(
  machine: AnyStateMachine,
  input: object,
  steps: readonly ProbeStep[],
): PlayedProbe {
  const lines: string[] = [];
  const record = ([snapshot, actions]: readonly unknown[], before?: Snapshot): Snapshot => {
    const now = snapshot as Snapshot;
    if (now.status === 'error') throw now.error;
    const state = pathOf(now.value);
    if (before === undefined || state !== pathOf(before.value)) lines.push(`= ${state}`);
    lines.push(...emittedOf(actions as unknown[]).map((one) => lineOf(one as never)));
    return now;
  };
  const last = steps.reduce(
    (snapshot, step) => record(transition(machine, snapshot, eventOf(snapshot, step)), snapshot),
    record(initialTransition(machine, input)),
  );
  return { lines, output: last.output };
}

function eventOf(snapshot: Snapshot, step: ProbeStep): { type: string } {
  if (!('deadline' in step)) return step;
  const event = deadlinesOf(snapshot).find((fact) => deadlineOf(fact.type) === step.deadline);
  if (event !== undefined) return event;
  throw new Error(`${step.deadline} is not armed in ${pathOf(snapshot.value)}`);
}

function lineOf(command: ProbeCommand | { type: 'other' }): string {
  switch (command.type) {
    case 'socket.send': {
      const frames = command.frames === 1 ? '' : ` in ${command.frames} frames`;
      const ping = command.ping === undefined ? '' : ` around ping ${command.ping}`;
      return `> send ${shown(command.data)}${frames}${ping}`;
    }
    case 'socket.ping':
      return `> ping ${command.data}`;
    case 'socket.close':
      return `> close ${command.code}${command.reason === '' ? '' : ` ${command.reason}`}`;
    default:
      return `> ${command.type}`;
  }
}

function shown(data: Payload): string {
  return typeof data === 'string' ? data.replace(/^lockstep/, '') : `${data.length} bytes`;
}

/** A message has come: a text, or so many bytes. */
export function came(at: number, data: string | number, frames = 1): ProbeFact {
  const payload = typeof data === 'string' ? data : new Uint8Array(data);
  return { type: 'socket.received', at, data: payload, frames };
}

/** The far end has told something. */
export function told(at: number, tell: Tell): ProbeFact {
  return came(at, `lockstep! ${JSON.stringify(tell)}`);
}

/** The far end has told a message of this size, in bytes. */
export function toldMessage(at: number, size: number, frames = 1): ProbeFact {
  return told(at, { tell: 'message', kind: 'binary', size, hash: 0, frames, at });
}

export function pingCame(at: number, data: string): ProbeFact {
  return { type: 'socket.pinged', at, data };
}

export function pongCame(at: number, data: string): ProbeFact {
  return { type: 'socket.ponged', at, data };
}

export function closeCame(at: number, code: number, reason = ''): ProbeFact {
  return { type: 'socket.closed', at, code, reason };
}

export function goneBy(
  at: number,
  by: (ProbeFact & { type: 'socket.gone' })['by'] = 'fin',
): ProbeFact {
  return { type: 'socket.gone', at, by, reason: '' };
}

/** The end of a connection as a far end remembers it that has seen nothing. */
export const NOTHING_SEEN: Remembered = {
  closed: null,
  gone: null,
  pings: 0,
  silence: 0,
};
