/** Facts of probes in few words, and a player of probes: commands out, without a socket or a clock. */
import { type AnyStateMachine, initialTransition, type OutputFrom, transition } from 'xstate';
import { deadlineOf, pathOf } from '../../chart/names.js';
import { deadlinesOf } from '../../explore/stepper.js';
import type { Payload, ProbeCommand, ProbeFact, ProbeGone } from '../../machines/index.js';
import { emittedOf, type Snapshot } from './play.js';

export function heard(data: Payload, at = 5, frames = 1): ProbeFact {
  return { type: 'socket.received', data, frames, at };
}

export function pingHeard(at = 5, data = 'a ping'): ProbeFact {
  return { type: 'socket.pinged', data, at };
}

export function pongHeard(data: string, at = 5): ProbeFact {
  return { type: 'socket.ponged', data, at };
}

export function closeHeard(code: number, at = 5, reason = ''): ProbeFact {
  return { type: 'socket.closed', code, reason, at };
}

export function gone(by: ProbeGone['by'], at = 5): ProbeFact {
  return { type: 'socket.gone', by, reason: '', at };
}

/** What a probe did. */
export interface ProbePlayed<M extends AnyStateMachine> {
  /** What it ordered at the start, and then after each step. */
  commands: ProbeCommand[][];
  state: string;
  /** Undefined until it is over. */
  output: OutputFrom<M> | undefined;
}

/** Plays facts, and deadlines by their names, to a probe. A deadline that is not armed is an error. */
export function playProbe<M extends AnyStateMachine>(
  machine: M,
  input: unknown,
  steps: readonly (ProbeFact | string)[],
): ProbePlayed<M> {
  let [snapshot, actions] = initialTransition(machine, input as never) as [Snapshot, unknown[]];
  const commands = [commandsOf(actions)];
  for (const step of steps) {
    const event = typeof step === 'string' ? armed(snapshot, step) : step;
    [snapshot, actions] = transition(machine, snapshot as never, event as never) as [
      Snapshot,
      unknown[],
    ];
    commands.push(commandsOf(actions));
  }
  return { commands, state: pathOf(snapshot.value), output: snapshot.output };
}

function commandsOf(actions: readonly unknown[]): ProbeCommand[] {
  return emittedOf(actions) as unknown[] as ProbeCommand[];
}

function armed(snapshot: Snapshot, deadline: string): object {
  const event = deadlinesOf(snapshot).find(({ type }) => deadlineOf(type) === deadline);
  if (event === undefined) {
    throw new Error(`${deadline} is not armed in ${pathOf(snapshot.value)}`);
  }
  return event;
}
