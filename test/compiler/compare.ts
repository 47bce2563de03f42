/**
 * Holds a compiled machine against the machine itself: both are told the same, and everything that
 * can be seen of them is compared after every step.
 */
import * as assert from 'uvu/assert';
import {
  type AnyActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventObject,
  type InspectionEvent,
  SimulatedClock,
} from 'xstate';
import { type CompiledLogic, compile, createCompiledActor } from '../../compiler/index.js';
import { Logic } from '../../compiler/logic.js';

/** What is told: an event, a number of ms that pass, a restart from what was persisted, the end. */
export type Step = EventObject | number | 'restore' | 'stop';

/** What actions that have effects of their own write to; set while an actor is at work. */
let log: unknown[] = [];

/** For actions of the machines under test: leaves a trace that is compared. */
export function note(what: unknown): void {
  log.push(what);
}

/** What can be done with each of the actors. */
type Subject = Pick<AnyActor, 'start' | 'stop' | 'send' | 'on' | 'subscribe' | 'getSnapshot'> & {
  getPersistedSnapshot(): unknown;
};

type Create = (options: { clock: SimulatedClock; input?: unknown; snapshot?: unknown }) => Subject;

/** One of the actors, with what it has shown. */
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
    const given = snapshot === undefined ? { input: this.#input } : { snapshot };
    const actor = this.#create({ clock: this.#clock, ...given });
    actor.on('*', (event: EventObject) => log.push({ emitted: event, in: stateOf(actor) }));
    actor.subscribe({
      next: () => log.push({ next: stateOf(actor) }),
      error: (error: unknown) => log.push({ error: sayable(error) }),
      complete: () => log.push('complete'),
    });
    return actor;
  }

  /** Does something to the actor; returns all that can be seen then. */
  do(step: Step | 'start'): unknown {
    log = this.#shown;
    if (typeof step === 'number') this.#clock.increment(step);
    else if (step === 'start') this.#actor.start();
    else if (step === 'stop') this.#actor.stop();
    else if (step === 'restore') {
      const persisted: unknown = JSON.parse(JSON.stringify(this.#actor.getPersistedSnapshot()));
      this.#actor = this.#begin(persisted);
      this.#actor.start();
    } else this.#actor.send(step);
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
      error: sayable(error),
      tags: [...(tags ?? [])],
      can: isWhole ? this.#types.map((type) => [type, attempt(() => snapshot.can({ type }))]) : [],
      meta: isWhole ? snapshot.getMeta() : {},
      json: JSON.stringify(snapshot),
      persisted: status === 'error' ? '' : JSON.stringify(this.#actor.getPersistedSnapshot()),
    };
  }
}

/** What a call returns or throws. */
function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return sayable(error);
  }
}

function stateOf(actor: Subject): unknown {
  return (actor.getSnapshot() as AnyMachineSnapshot).value;
}

/** An error as it can be compared. The one that says it goes round in circles has our own words. */
function sayable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return /^Infinite loop|to rest after at most/.test(error.message) ? 'no rest' : error.message;
}

/** A machine, compiled. */
interface Compiled {
  usual: CompiledLogic<AnyStateMachine>;
  /** With code for all there is, from the beginning. */
  coded: CompiledLogic<AnyStateMachine>;
  /** As it runs where no code can be made of strings. */
  tabled: CompiledLogic<AnyStateMachine>;
}

export function compileAllWays(machine: AnyStateMachine): Compiled {
  const logic = (usesBeforeRoute: number) => {
    return new Logic(machine, usesBeforeRoute) as unknown as CompiledLogic<AnyStateMachine>;
  };
  return { usual: compile(machine), coded: logic(0), tabled: logic(Number.POSITIVE_INFINITY) };
}

/**
 * Plays the same steps to the machine and to what it is compiled to, and compares. Returns how many
 * steps were played: XState can lose itself (a state is active, its parent is not), which happens
 * where a transition leads to a history state within what it leaves. What follows then has no meaning.
 */
export function comparePlay(
  machine: AnyStateMachine,
  steps: readonly Step[],
  input?: unknown,
  { usual, coded, tabled }: Compiled = compileAllWays(machine),
): number {
  const types = [...new Set(steps.flatMap((step) => (isEvent(step) ? [step.type] : [])))];
  const logger = (...args: unknown[]): void => void log.push({ logged: args });
  let isLost = false;
  const inspect = (event: InspectionEvent): void => {
    if (event.type === '@xstate.microstep')
      isLost ||= hasOrphans(event.snapshot as AnyMachineSnapshot);
  };
  const creators: Create[] = [
    (options) =>
      createActor(machine, { ...options, logger, inspect } as never) as unknown as Subject,
    (options) => createActor(usual, { ...options, logger } as never) as unknown as Subject,
    (options) => createCompiledActor(coded, { ...options, logger } as never) as unknown as Subject,
    (options) => createCompiledActor(tabled, { ...options, logger } as never) as unknown as Subject,
  ];
  const [interpreted, compiled, alone, byTable] = creators.map(
    (create) => new Watched(create, input, types),
  );
  const played: unknown[] = [];
  for (const step of ['start' as const, ...steps]) {
    played.push(step);
    const expected = interpreted?.do(step);
    if (isLost) break;
    const after = `after ${JSON.stringify(played)}`;
    assert.equal(compiled?.do(step), expected, `compiled, in XState's actor, ${after}`);
    assert.equal(alone?.do(step), expected, `compiled, alone, ${after}`);
    assert.equal(byTable?.do(step), expected, `compiled, alone, without code, ${after}`);
  }
  return played.length - 1;
}

/** Whether a state is active without its parent. */
function hasOrphans({ _nodes: nodes }: AnyMachineSnapshot): boolean {
  return nodes.some(({ parent }) => parent !== undefined && !nodes.includes(parent));
}

function isEvent(step: Step): step is EventObject {
  return typeof step === 'object';
}
