/**
 * Holds a compiled machine against the machine itself: both get the same stimuli, and after each one
 * everything that can be seen of them is compared.
 */
import * as assert from 'uvu/assert';
import {
  type AnyActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventObject,
  type ExecutableActionObject,
  type InspectionEvent,
  initialTransition,
  SimulatedClock,
  transition,
} from 'xstate';
import { type CompiledLogic, compile, createCompiledActor } from '../../compiler/index.js';
import { Logic } from '../../compiler/logic.js';

/** An event, a number of ms that pass, a restart from the persisted snapshot, or a stop. */
export type Stimulus = EventObject | number | 'restore' | 'stop';

/** The trace of the actor that is at work. */
let log: unknown[] = [];

/** Writes to the trace, which is compared; for actions of the machines under test. */
export function note(entry: unknown): void {
  log.push(entry);
}

/** The interface that all actors here share. */
type Subject = Pick<AnyActor, 'start' | 'stop' | 'send' | 'on' | 'subscribe' | 'getSnapshot'> & {
  getPersistedSnapshot(): unknown;
};

type Create = (options: { clock: SimulatedClock; input?: unknown; snapshot?: unknown }) => Subject;

/** An actor, with the trace of what it shows. */
class Watched {
  readonly #create: Create;
  readonly #input: unknown;
  readonly #types: readonly string[];
  #clock = new SimulatedClock();
  #actor: Subject;
  #shown: unknown[] = [];

  constructor(create: Create, input: unknown, types: readonly string[]) {
    this.#create = create;
    this.#input = input;
    this.#types = types;
    this.#actor = this.#begin(undefined);
  }

  #begin(snapshot: unknown): Subject {
    this.#clock = new SimulatedClock();
    const origin = snapshot === undefined ? { input: this.#input } : { snapshot };
    const actor = this.#create({ clock: this.#clock, ...origin });
    actor.on('*', (event: EventObject) => log.push({ emitted: event, in: stateOf(actor) }));
    actor.subscribe({
      next: () => log.push({ next: stateOf(actor) }),
      error: (error: unknown) => log.push({ error: comparable(error) }),
      complete: () => log.push('complete'),
    });
    return actor;
  }

  /** Applies a stimulus to the actor; returns everything that can be seen then. */
  apply(stimulus: Stimulus | 'start'): unknown {
    log = this.#shown;
    if (typeof stimulus === 'number') this.#clock.increment(stimulus);
    else if (stimulus === 'start') this.#actor.start();
    else if (stimulus === 'stop') this.#actor.stop();
    else if (stimulus === 'restore') {
      const persisted: unknown = JSON.parse(JSON.stringify(this.#actor.getPersistedSnapshot()));
      this.#actor = this.#begin(persisted);
      this.#actor.start();
    } else this.#actor.send(stimulus);
    const shown = this.#shown;
    this.#shown = [];
    return { shown, ...this.#view() };
  }

  #view(): object {
    const snapshot = this.#actor.getSnapshot() as AnyMachineSnapshot;
    const { value, context, status, output, error, tags } = snapshot;
    const isWhole = typeof snapshot.can === 'function' && snapshot.machine !== undefined;
    return {
      value,
      context,
      status,
      output,
      error: comparable(error),
      tags: [...(tags ?? [])],
      can: isWhole ? this.#types.map((type) => [type, attempt(() => snapshot.can({ type }))]) : [],
      meta: isWhole ? snapshot.getMeta() : {},
      json: JSON.stringify(snapshot),
      persisted: status === 'error' ? '' : JSON.stringify(this.#actor.getPersistedSnapshot()),
    };
  }
}

/** The result of a call, or the error that it throws. */
function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return comparable(error);
  }
}

function stateOf(actor: Subject): unknown {
  return (actor.getSnapshot() as AnyMachineSnapshot).value;
}

/** The message of an error. For an endless circle of steps, the compiler has words of its own. */
function comparable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return /^Infinite loop|to rest after at most/.test(error.message) ? 'no rest' : error.message;
}

/** One machine, compiled in three ways. */
interface Compiled {
  usual: CompiledLogic<AnyStateMachine>;
  /** With a fast path for everything, from the first event on. */
  coded: CompiledLogic<AnyStateMachine>;
  /** Without fast paths, as in an environment that forbids code from strings. */
  tabled: CompiledLogic<AnyStateMachine>;
}

export function compileAllWays(machine: AnyStateMachine): Compiled {
  const logic = (usesBeforeFastPath: number) => {
    return new Logic(machine, usesBeforeFastPath) as unknown as CompiledLogic<AnyStateMachine>;
  };
  return { usual: compile(machine), coded: logic(0), tabled: logic(Number.POSITIVE_INFINITY) };
}

/**
 * Plays the same stimuli to the machine and to its compiled forms, and compares. Returns the number
 * of stimuli that were compared. XState can lose itself: a state is active and its parent is not,
 * after a transition to a history state within the states that it exits. The comparison ends there.
 */
export function comparePlay(
  machine: AnyStateMachine,
  stimuli: readonly Stimulus[],
  input?: unknown,
  { usual, coded, tabled }: Compiled = compileAllWays(machine),
): number {
  const types = [...new Set(stimuli.flatMap((one) => (isEvent(one) ? [one.type] : [])))];
  const logger = (...args: unknown[]): void => void log.push({ logged: args });
  let isLost = false;
  const inspect = (event: InspectionEvent): void => {
    if (event.type === '@xstate.microstep')
      isLost ||= hasOrphans(event.snapshot as AnyMachineSnapshot);
  };
  const watch = (create: (options: never) => unknown): Watched => {
    return new Watched((options) => create(options as never) as Subject, input, types);
  };
  const interpreted = watch((options: object) => {
    return createActor(machine, { ...options, logger, inspect } as never);
  });
  const compiled: Record<string, Watched> = {
    "compiled, in XState's actor": watch((options: object) => {
      return createActor(usual, { ...options, logger } as never);
    }),
    'compiled, alone': watch((options: object) => {
      return createCompiledActor(coded, { ...options, logger } as never);
    }),
    'compiled, alone, without code': watch((options: object) => {
      return createCompiledActor(tabled, { ...options, logger } as never);
    }),
  };
  const played: unknown[] = [];
  for (const stimulus of ['start' as const, ...stimuli]) {
    const expected = interpreted.apply(stimulus);
    if (isLost) break;
    played.push(stimulus);
    for (const [name, watched] of Object.entries(compiled)) {
      assert.equal(watched.apply(stimulus), expected, `${name}, after ${JSON.stringify(played)}`);
    }
  }
  return played.length - 1;
}

/** Whether a state is active without its parent. */
function hasOrphans({ _nodes: nodes }: AnyMachineSnapshot): boolean {
  return nodes.some(({ parent }) => parent !== undefined && !nodes.includes(parent));
}

/**
 * Compares the actions and the snapshots that pure transitions return. Returns the number of actions
 * that were compared. The comparison ends with the machine, or with an error.
 */
export function compareActions(
  machine: AnyStateMachine,
  stimuli: readonly Stimulus[],
  input: unknown,
): number {
  const expected = pureActionsOf(machine, stimuli, input);
  const logic = compile(machine) as unknown as AnyStateMachine;
  assert.equal(pureActionsOf(logic, stimuli, input), expected);
  return expected.flatMap((entries) => entries.slice(0, -1)).length;
}

function pureActionsOf(
  machine: AnyStateMachine,
  stimuli: readonly Stimulus[],
  input: unknown,
): unknown[][] {
  const returned: unknown[][] = [];
  const record = (transitioned: unknown): AnyMachineSnapshot => {
    const [snapshot, actions] = transitioned as [AnyMachineSnapshot, ExecutableActionObject[]];
    const shown = actions.map(({ type, params }) => ({ type, params }));
    returned.push([...shown, JSON.stringify(snapshot)]);
    return snapshot;
  };
  log = [];
  try {
    let snapshot = record(initialTransition(machine, input as never));
    for (const event of stimuli.filter(isEvent)) {
      if (snapshot.status !== 'active') break;
      snapshot = record(transition(machine, snapshot, event));
    }
  } catch (error) {
    returned.push([comparable(error)]);
  }
  return returned;
}

function isEvent(stimulus: Stimulus): stimulus is EventObject {
  return typeof stimulus === 'object';
}
