/**
 * Mutants of a machine: each is the machine with one mistake in it, such as somebody might make.
 *
 * Rule 1. A mutant is named by its mistake: `sending: socket.sent: retarget to error`.
 * Rule 2. Guards and actions are those of the machine; only what the machine says of them is changed.
 */
import {
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  createMachine,
  not,
} from 'xstate';
import { initialLeaves, pathOfState, statesOf } from './transitions.js';

/** A machine with one mistake. */
export interface Mutant {
  name: string;
  machine: AnyStateMachine;
}

interface TransitionConfig {
  target?: string;
  guard?: unknown;
  actions?: unknown[];
  reenter?: boolean;
}

interface StateConfig {
  entry?: unknown[];
  always?: TransitionConfig[];
  on?: Record<string, TransitionConfig[]>;
  after?: Record<string, TransitionConfig[]>;
  states?: Record<string, StateConfig>;
}

/** A mistake: it changes the copy of a configuration that it is given. */
type Mistake = (config: StateConfig) => void;

/** Finds the part that a mistake is in, in any copy of the configuration. */
type At<T> = (copy: StateConfig) => T;

/** A state, and where its configuration is. */
interface Place {
  node: AnyStateNode;
  config: StateConfig;
  at: At<StateConfig>;
}

/** All mutants of a machine. */
export function* mutantsOf(machine: AnyStateMachine): Generator<Mutant> {
  const config = clone(machine.config as unknown as StateConfig);
  for (const [name, mistake] of mistakesIn(machine, config)) {
    const copy = clone(config);
    mistake(copy);
    // A mutant may loop without a fact; XState gives up after so many microsteps.
    const options = { maxIterations: 50 };
    yield {
      name,
      machine: createMachine({ ...copy, options } as never, machine.implementations as never),
    };
  }
}

function* mistakesIn(
  machine: AnyStateMachine,
  config: StateConfig,
): Generator<[name: string, mistake: Mistake]> {
  // A transition to a compound state enters its initial leaf: leaves are enough.
  const leaves = statesOf(machine).filter(({ type }) => type === 'atomic' || type === 'final');
  for (const place of placesBelow({ node: machine.root, config, at: (copy) => copy })) {
    const { node, config: state, at } = place;
    const label = node.parent ? `${pathOfState(node)}: ` : '';
    yield* droppedActions(`${label}entry`, state.entry, (copy) => at(copy).entry);
    for (const group of groupsOf(place)) yield* groupMistakes(label, place, group, leaves);
    for (const delay of Object.keys(state.after ?? {})) {
      yield [`${label}drop the deadline ${delay}`, (copy) => delete at(copy).after?.[delay]];
    }
  }
}

/** A state and those below it, in the order of the document. */
function* placesBelow(place: Place): Generator<Place> {
  yield place;
  for (const [key, config] of Object.entries(place.config.states ?? {})) {
    const node = place.node.states[key] as AnyStateNode;
    yield* placesBelow({ node, config, at: (copy) => place.at(copy).states?.[key] as StateConfig });
  }
}

/** The mistakes in the transitions of a state on one fact. */
function* groupMistakes(
  prefix: string,
  { node, config, at }: Place,
  { name, of: groupIn, definitions }: Group,
  leaves: readonly AnyStateNode[],
): Generator<[string, Mistake]> {
  for (const [index, transition] of groupIn(config).entries()) {
    const label = `${prefix}${name}${index > 0 ? ` #${index + 1}` : ''}`;
    const listAt = (copy: StateConfig) => groupIn(at(copy));
    const oneAt = (copy: StateConfig) => listAt(copy)[index] as TransitionConfig;
    yield [`${label}: drop`, (copy) => void listAt(copy).splice(index, 1)];
    yield* guardMistakes(label, transition, oneAt);
    yield* targetMistakes(label, definitions[index]?.target, node, leaves, oneAt);
    yield* droppedActions(label, transition.actions, (copy) => oneAt(copy).actions);
    if (transition.reenter)
      yield [`${label}: do not reenter`, (copy) => delete oneAt(copy).reenter];
  }
}

function* guardMistakes(
  label: string,
  { guard }: TransitionConfig,
  at: At<TransitionConfig>,
): Generator<[string, Mistake]> {
  if (guard === undefined) return;
  yield [
    `${label}: negate ${guard}`,
    (copy) => void Object.assign(at(copy), { guard: not(guard as string) }),
  ];
  yield [`${label}: force ${guard}`, (copy) => delete at(copy).guard];
}

function* targetMistakes(
  label: string,
  target: readonly AnyStateNode[] | undefined,
  source: AnyStateNode,
  leaves: readonly AnyStateNode[],
  at: At<TransitionConfig>,
): Generator<[string, Mistake]> {
  if (target === undefined) return;
  const begun = target.flatMap(initialLeaves);
  for (const other of leaves.filter((leaf) => !begun.includes(leaf) && leaf !== source)) {
    yield [
      `${label}: retarget to ${pathOfState(other)}`,
      (copy) => void Object.assign(at(copy), { target: `#${other.id}` }),
    ];
  }
  yield [`${label}: stay`, (copy) => delete at(copy).target];
}

function* droppedActions(
  label: string,
  actions: unknown[] | undefined,
  at: At<unknown[] | undefined>,
): Generator<[string, Mistake]> {
  for (const [index, action] of (actions ?? []).entries()) {
    const name = typeof action === 'string' ? action : (action as { type: string }).type;
    yield [`${label}: forget ${name}`, (copy) => void at(copy)?.splice(index, 1)];
  }
}

/** The transitions of a state on one fact. */
interface Group {
  name: string;
  of(state: StateConfig): TransitionConfig[];
  /** XState's own objects for them. */
  definitions: readonly AnyTransitionDefinition[];
}

function groupsOf({ node, config }: Place): Group[] {
  const facts = Object.keys(config.on ?? {}).map((fact) => ({
    name: fact,
    of: ({ on }: StateConfig) => on?.[fact] ?? [],
    definitions: node.transitions.get(fact) ?? [],
  }));
  const always = { name: 'always', of: (state: StateConfig) => state.always ?? [] };
  const deadlines = Object.keys(config.after ?? {}).map((delay) => ({
    name: delay,
    of: ({ after }: StateConfig) => after?.[delay] ?? [],
    definitions: node.transitions.get(`xstate.after.${delay}.${node.id}`) ?? [],
  }));
  return [...facts, { ...always, definitions: node.always ?? [] }, ...deadlines];
}

/** A transition as XState takes it: one or several, each a target or an object. */
type Written = string | TransitionConfig | (string | TransitionConfig)[];

/** A copy whose transitions are all objects in lists, so that one can be changed or taken out. */
function clone(state: StateConfig): StateConfig {
  const copyList = (written: Written) =>
    [written].flat().map((one) => {
      if (typeof one === 'string') return { target: one };
      return { ...one, ...(one.actions && { actions: [one.actions].flat() }) };
    });
  const { entry, always, on, after, states } = state;
  return {
    ...state,
    ...(entry && { entry: [entry].flat() }),
    ...(always && { always: copyList(always) }),
    ...(on && { on: mapValues(on, copyList) }),
    ...(after && { after: mapValues(after, copyList) }),
    ...(states && { states: mapValues(states, clone) }),
  };
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
