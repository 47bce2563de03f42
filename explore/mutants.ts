/**
 * Mutants of a machine: each is the machine with one mistake in it, such as somebody might make.
 *
 * Rule 1. A mutant is named by its mistake: `sending: socket.sent: retarget to error`.
 * Rule 2. Guards and actions are those of the machine; only what the machine says of them is changed.
 */
import { type AnyStateMachine, type AnyStateNode, createMachine, not } from 'xstate';
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
  always?: TransitionConfig | TransitionConfig[];
  on?: Record<string, TransitionConfig | TransitionConfig[]>;
  after?: Record<string, TransitionConfig | TransitionConfig[]>;
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
  const config = machine.config as unknown as StateConfig;
  for (const [name, mistake] of mistakesIn(machine, config)) {
    const copy = clone(config);
    mistake(copy);
    // A mutant may go round for ever without a fact; XState gives up after so many rounds.
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
  // To lead to a state with states inside is to lead to the one it begins in.
  const leaves = statesOf(machine).filter(({ type }) => type === 'atomic' || type === 'final');
  for (const place of placesBelow({ node: machine.root, config, at: (copy) => copy })) {
    const { node, config: state, at } = place;
    const label = node.parent ? `${pathOfState(node)}: ` : '';
    yield* droppedActions(`${label}entry`, state.entry, (copy) => at(copy).entry);
    for (const group of groupsOf(state)) yield* groupMistakes(label, place, group, leaves);
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
  [name, groupIn]: [name: string, group: Group],
  leaves: readonly AnyStateNode[],
): Generator<[string, Mistake]> {
  for (const [index, transition] of listOf(groupIn(config)).entries()) {
    const label = `${prefix}${name}${index > 0 ? ` #${index + 1}` : ''}`;
    const listAt = (copy: StateConfig) => listOf(groupIn(at(copy)));
    const oneAt = (copy: StateConfig) => listAt(copy)[index] as TransitionConfig;
    yield [`${label}: drop`, (copy) => void listAt(copy).splice(index, 1)];
    yield* guardMistakes(label, transition, oneAt);
    yield* targetMistakes(label, targetOf(node, transition), node, leaves, oneAt);
    yield* droppedActions(label, transition.actions, (copy) => oneAt(copy).actions);
    if (transition.reenter)
      yield [`${label}: do not reenter`, (copy) => delete oneAt(copy).reenter];
  }
}

/** The state that a transition leads to. */
function targetOf(node: AnyStateNode, { target }: TransitionConfig): AnyStateNode | undefined {
  if (target === undefined) return undefined;
  if (target.startsWith('#')) return node.machine.getStateNodeById(target.slice(1));
  let found: AnyStateNode | undefined = node.parent;
  for (const key of target.split('.')) found = found?.states[key];
  return found;
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
  target: AnyStateNode | undefined,
  source: AnyStateNode,
  leaves: readonly AnyStateNode[],
  at: At<TransitionConfig>,
): Generator<[string, Mistake]> {
  if (target === undefined) return;
  const begun = initialLeaves(target);
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
type Group = (state: StateConfig) => TransitionConfig | TransitionConfig[] | undefined;

function groupsOf(state: StateConfig): [name: string, group: Group][] {
  const facts = Object.keys(state.on ?? {}).map((fact): [string, Group] => [
    fact,
    (one) => one.on?.[fact],
  ]);
  const always: [string, Group][] = state.always ? [['always', (one) => one.always]] : [];
  const deadlines = Object.keys(state.after ?? {}).map((delay): [string, Group] => [
    delay,
    (one) => one.after?.[delay],
  ]);
  return [...facts, ...always, ...deadlines];
}

function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** A copy whose transitions are all in lists, so that one can be taken out. */
function clone(state: StateConfig): StateConfig {
  const copyList = (value: TransitionConfig | TransitionConfig[] | undefined) =>
    listOf(value).map((one) => ({
      ...one,
      ...(one.actions && { actions: [...one.actions] }),
    }));
  const copyGroup = (group: StateConfig['on'] = {}) => mapValues(group, copyList);
  return {
    ...state,
    ...(state.entry && { entry: [...state.entry] }),
    ...(state.always && { always: copyList(state.always) }),
    ...(state.on && { on: copyGroup(state.on) }),
    ...(state.after && { after: copyGroup(state.after) }),
    ...(state.states && { states: mapValues(state.states, clone) }),
  };
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
