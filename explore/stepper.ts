/**
 * Steps a machine without running it, and tells which transitions were taken.
 *
 * Rule 1. Steps are pure and remembered: the same fact in the same state costs nothing twice.
 * Rule 2. A finished session takes no fact. (A pure XState machine would; a live one does not.)
 * Rule 3. What is taken is what XState selected, microstep by microstep, never guessed from states.
 *         XState has no public API for that; this file alone knows how (pinned by a test, 5.33).
 */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
} from 'xstate';
import { transitionId } from '../chart/model.js';

/** Any event: a fact, or a deadline by XState's name for it. */
export interface Fact {
  type: string;
}

/** Any emitted event: a command or a notice. */
export interface Emitted {
  type: string;
}

/** A candidate for selection: one transition of one state, in the order in which XState asks. */
export interface Transition {
  /** `state: fact [guard]`, or `state: fact [guard] #2` where that is not unique. */
  id: string;
  /** Its id in the chart of the machine. */
  chartId: string;
  source: string;
  /** The state it leads to; its own, where it stays. */
  target: string;
  /** The fact's type; '' for a transition without one. */
  cause: string;
  guard: string | undefined;
  description: string | undefined;
  /** The candidates of the same state and fact that XState asks before this one. */
  before: Transition[];
}

/** What came of one step. */
export interface Stepped {
  snapshot: AnyMachineSnapshot;
  key: string;
  emitted: Emitted[];
  /** The delays whose deadlines count from now. */
  armed: string[];
  taken: Transition[];
}

/** XState's own transition objects, as far as they are used here. */
interface TransitionDefinition {
  source: { key: string };
  target?: readonly { key: string }[];
  eventType: string;
  guard?: unknown;
  description?: string;
}

type Action = { type: string; params?: { event?: Emitted; delay?: number } };

/** Steps one machine with one input. */
export class Stepper {
  readonly machine: AnyStateMachine;
  readonly transitions: readonly Transition[];
  readonly initial: Stepped;
  readonly #known = new Map<string, Stepped>();
  readonly #scope: never;
  #actions: Action[] = [];
  #taken: Transition[] = [];

  constructor(machine: AnyStateMachine, input: object) {
    this.machine = machine;
    this.transitions = [...transitionsOf(machine).values()];
    const actor = createActor(machine, {
      input,
      inspect: (event) => this.#taken.push(...takenIn(machine, event)),
    });
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
    this.initial = this.#record(() => machine.getInitialSnapshot(this.#scope, input));
  }

  /** Tells the machine a fact. */
  step(from: Stepped, fact: Fact): Stepped {
    if (from.snapshot.status !== 'active') throw new Error(`${fact.type} came after the end`);
    const key = `${from.key} ${JSON.stringify(fact)}`;
    let stepped = this.#known.get(key);
    if (stepped === undefined) {
      stepped = this.#record(() => this.machine.transition(from.snapshot, fact, this.#scope));
      this.#known.set(key, stepped);
    }
    return stepped;
  }

  #record(transition: () => AnyMachineSnapshot): Stepped {
    this.#actions = [];
    this.#taken = [];
    const snapshot = transition();
    if (snapshot.status === 'error') throw snapshot.error;
    const emitted = this.#actions.flatMap(({ type, params }) =>
      type === 'xstate.emit' && params?.event ? [params.event] : [],
    );
    const armed = this.#actions.flatMap(({ type, params }) =>
      type === 'xstate.raise' && params?.event ? [delayOf(params.event) ?? params.event.type] : [],
    );
    return { snapshot, key: keyOf(snapshot), emitted, armed, taken: this.#taken };
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
    .filter((type) => type.startsWith('xstate.after.'))
    .map((type) => ({ type }));
}

/** The name of the delay behind a deadline's event, or undefined for any other fact. */
export function delayOf({ type }: Fact): string | undefined {
  const [, kind, delay] = type.split('.');
  return kind === 'after' ? delay : undefined;
}

/** The transitions that an inspection event of a machine's actor tells of. */
export function takenIn(machine: AnyStateMachine, event: InspectionEvent): Transition[] {
  if (event.type !== '@xstate.microstep') return [];
  const known = transitionsOf(machine);
  const definitions = event._transitions as unknown as TransitionDefinition[];
  return definitions.map((one) => known.get(one)).filter((one) => one !== undefined);
}

const transitionsOfMachines = new WeakMap<AnyStateMachine, Map<TransitionDefinition, Transition>>();

/** Every transition of a flat machine, by XState's own object for it. */
function transitionsOf(machine: AnyStateMachine): Map<TransitionDefinition, Transition> {
  const remembered = transitionsOfMachines.get(machine);
  if (remembered) return remembered;
  const found = new Map<TransitionDefinition, Transition>();
  transitionsOfMachines.set(machine, found);
  for (const state of Object.values(machine.states)) {
    const groups = [...state.transitions.values(), state.always ?? []];
    for (const group of groups as unknown as TransitionDefinition[][]) {
      const before: Transition[] = [];
      for (const definition of group) {
        const transition = describe(definition, before);
        found.set(definition, transition);
        before.push(transition);
      }
    }
  }
  return found;
}

function describe(definition: TransitionDefinition, before: readonly Transition[]): Transition {
  const { source, target, eventType, guard, description } = definition;
  const cause = delayOf({ type: eventType }) ?? eventType;
  const condition = guard === undefined ? undefined : String(guard);
  const label = `${source.key}: ${cause === '' ? 'always' : cause}${condition ? ` [${condition}]` : ''}`;
  const twins = before.filter((one) => one.guard === condition).length;
  return {
    id: twins === 0 ? label : `${label} #${twins + 1}`,
    chartId: transitionId(definition as never) as string,
    source: source.key,
    target: target?.[0]?.key ?? source.key,
    cause: eventType,
    guard: condition,
    description,
    before: [...before],
  };
}
