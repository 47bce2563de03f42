/**
 * Steps a machine without running it, and tells which transitions were taken and which were refused.
 *
 * Rule 1. Steps are pure and remembered: the same fact in the same state costs nothing twice.
 * Rule 2. A finished session takes no fact. (A pure XState machine would; a live one does not.)
 */
import { type AnyMachineSnapshot, type AnyStateMachine, createActor } from 'xstate';
import { deadlineOf, pathOf } from '../chart/names.js';
import { type Asked, Microsteps } from './microsteps.js';
import { type Transition, transitionsOf } from './transitions.js';

/** Any event: a fact, or a deadline by XState's name for it. */
export interface Fact {
  type: string;
}

/** Any emitted event: a command or a notice. */
export interface Emitted {
  type: string;
}

/** What came of one step. */
export interface Stepped extends Asked {
  snapshot: AnyMachineSnapshot;
  key: string;
  /** The active states, as a path. */
  path: string;
  emitted: Emitted[];
  /** The delays whose deadlines count from now. */
  armed: string[];
}

type Action = { type: string; params?: { event?: Emitted; delay?: number } };

/** Steps one machine with one input. */
export class Stepper {
  readonly machine: AnyStateMachine;
  readonly transitions: readonly Transition[];
  readonly initial: Stepped;
  readonly #known = new Map<string, Stepped>();
  readonly #scope: never;
  readonly #microsteps: Microsteps;
  #actions: Action[] = [];

  constructor(machine: AnyStateMachine, input: object) {
    this.machine = machine;
    this.transitions = [...transitionsOf(machine).values()];
    this.#microsteps = new Microsteps(machine);
    const actor = createActor(machine, { input, inspect: (event) => this.#microsteps.add(event) });
    // What XState hands to a machine while an actor runs it; this one never does.
    this.#scope = {
      self: actor,
      id: '',
      sessionId: '',
      system: actor.system,
      logger: () => {},
      defer: () => {},
      emit: () => {},
      stopChild: () => {},
      actionExecutor: (action: Action) => this.#actions.push(action),
    } as never;
    this.initial = this.#record(undefined, () => machine.getInitialSnapshot(this.#scope, input));
  }

  /** Tells the machine a fact. */
  step(from: Stepped, fact: Fact): Stepped {
    if (from.snapshot.status !== 'active') throw new Error(`${fact.type} came after the end`);
    const key = `${from.key} ${JSON.stringify(fact)}`;
    let stepped = this.#known.get(key);
    if (stepped === undefined) {
      stepped = this.#record(from.snapshot, () =>
        this.machine.transition(from.snapshot, fact, this.#scope),
      );
      this.#known.set(key, stepped);
    }
    return stepped;
  }

  #record(before: AnyMachineSnapshot | undefined, transition: () => AnyMachineSnapshot): Stepped {
    this.#actions = [];
    this.#microsteps.clear();
    const snapshot = transition();
    if (snapshot.status === 'error') throw snapshot.error;
    const emitted = this.#actions.flatMap(({ type, params }) =>
      type === 'xstate.emit' && params?.event ? [params.event] : [],
    );
    const armed = this.#actions.flatMap(({ type, params }) =>
      type === 'xstate.raise' && params?.event
        ? [deadlineOf(params.event.type) ?? params.event.type]
        : [],
    );
    return {
      snapshot,
      key: keyOf(snapshot),
      path: pathOf(snapshot.value),
      emitted,
      armed,
      ...this.#microsteps.drain(before, snapshot),
    };
  }
}

/** The state and its context, as a key; the settings in it never change. */
export function keyOf(snapshot: AnyMachineSnapshot): string {
  const { settings, ...rest } = snapshot.context;
  return JSON.stringify([snapshot.value, rest]);
}

/** The events of the deadlines that could come now. */
export function deadlinesOf(snapshot: AnyMachineSnapshot): Fact[] {
  const nodes = snapshot._nodes as unknown as { transitions: Map<string, unknown> }[];
  return nodes
    .flatMap((node) => [...node.transitions.keys()])
    .filter((type) => deadlineOf(type) !== undefined)
    .map((type) => ({ type }));
}
