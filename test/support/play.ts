/**
 * Plays facts to a machine without an actor, a socket or a clock, and writes down everything it
 * says: the transcript format, with `*` for a notice.
 */

import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type ExecutableActionObject,
  initialTransition,
  transition,
} from 'xstate';
import { deadlineOf, pathOf } from '../../chart/names.js';
import { deadlinesOf, type Fact } from '../../explore/stepper.js';
import type { OpeningFact, PingsFact, SessionFact } from '../../machines/index.js';
import { quote } from '../../machines/index.js';
import {
  commandLine,
  type Emitted,
  factLine,
  faultLine,
  isCommand,
  stateLine,
} from '../../runners/transcript.js';
import { checkLine, factLineOfCheck, isOfCheck } from './checkLines.js';

/** A fact, or a deadline by its name. */
export type Step = OpeningFact | SessionFact | PingsFact | { deadline: string };

export type { Emitted };

export type Snapshot = AnyMachineSnapshot;

/** What a machine was told and what it did of it. */
export interface Played {
  lines: string[];
  /** The lines without the facts: those of the start, and then of each step. */
  said: string[][];
  emitted: Emitted[];
  /** What was emitted at the start, and then by each step. */
  emittedBy: Emitted[][];
  snapshot: Snapshot;
}

/** Starts a machine and plays it the steps; a deadline that is not armed is an error. */
export function play(machine: AnyStateMachine, input: unknown, steps: readonly Step[]): Played {
  return steps.reduce((played, step) => playOn(machine, played, step), playStart(machine, input));
}

/** Starts a machine. */
export function playStart(machine: AnyStateMachine, input: unknown): Played {
  const [snapshot, actions] = initialTransition(machine, input) as [Snapshot, unknown[]];
  if (snapshot.status === 'error') throw snapshot.error;
  return recorded(undefined, [], snapshot, actions);
}

/** Plays one step more; what was played before stays as it is. */
export function playOn(machine: AnyStateMachine, before: Played, step: Step): Played {
  if (before.snapshot.status !== 'active') {
    throw new Error(`the session was over before ${show(step)}`);
  }
  const event = eventOf(before.snapshot, step);
  const [snapshot, actions] = transition(machine, before.snapshot, event) as [Snapshot, unknown[]];
  return recorded(
    before,
    [
      'at' in event || event.type.startsWith('registry.')
        ? factLineOfCheck(event)
        : factLine(event as SessionFact),
    ],
    snapshot,
    actions,
  );
}

/** The lines alone. */
export function linesOf(
  machine: AnyStateMachine,
  input: unknown,
  steps: readonly Step[],
): string[] {
  return play(machine, input, steps).lines;
}

/** The event of a step: the fact itself, or that of the deadline, which must be armed. */
function eventOf(snapshot: Snapshot, step: Step): Fact {
  if (!('deadline' in step)) return step;
  const event = deadlinesOf(snapshot).find((fact) => deadlineOf(fact.type) === step.deadline);
  if (event === undefined)
    throw new Error(`${step.deadline} is not armed in ${pathOf(snapshot.value)}`);
  return event;
}

/** The events among the actions of a pure transition that a machine emits. */
export function emittedOf(actions: readonly unknown[]): Emitted[] {
  return (actions as ExecutableActionObject[])
    .filter((action) => action.type === 'xstate.emit')
    .map((action) => (action.params as unknown as { event: Emitted }).event);
}

function recorded(
  before: Played | undefined,
  told: readonly string[],
  snapshot: Snapshot,
  actions: readonly unknown[],
): Played {
  const emitted = emittedOf(actions);
  const said = emitted.map(emittedLine);
  const state = pathOf(snapshot.value);
  if (state !== pathOf(before?.snapshot.value)) said.unshift(stateLine(state));
  return {
    lines: [...(before?.lines ?? []), ...told, ...said],
    said: [...(before?.said ?? []), said],
    emitted: [...(before?.emitted ?? []), ...emitted],
    emittedBy: [...(before?.emittedBy ?? []), emitted],
    snapshot,
  };
}

/** Writes what a machine emits: a command, a fault, or `*` and a notice. */
export function emittedLine(event: Emitted): string {
  if (isOfCheck(event)) return checkLine(event);
  if (isCommand(event)) return commandLine(event);
  switch (event.type) {
    case 'opening.faulted':
    case 'session.faulted':
      return faultLine(event.fault);
    case 'opening.ended':
      return `* ${event.type} ${event.output.outcome}`;
    case 'session.ended':
      return `* ${event.type} ${event.output.outcome} after ${event.output.exchanges}`;
    case 'session.mismatched':
      return `* ${event.type} ${event.round} ${quote(event.data)} for ${quote(event.expected)}`;
    case 'session.started':
      return `* ${event.type}`;
    case 'session.returned':
      return `* ${event.type} ${event.round}`;
    case 'opening.redirected':
      return `* ${event.type} ${event.status} ${quote(event.to)}`;
    case 'pings.answered':
      return `* ${event.type} ${event.ping}`;
    case 'pings.failed':
      return `* ${event.type} ${event.failure.code}`;
    case 'pings.ended':
      return `* ${event.type} ${event.output.count} of ${event.output.sent}`;
    default:
      return `* ${event.type} ${event.round} ${quote(event.data)}`;
  }
}

function show(step: Step): string {
  return 'deadline' in step ? `the deadline ${step.deadline}` : step.type;
}
