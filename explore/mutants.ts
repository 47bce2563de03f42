/**
 * Mutants of a machine: each is the machine with one mistake in it, such as somebody might make.
 *
 * Rule 1. A mutant is named by its mistake: `sending: socket.sent: retarget to error`.
 * Rule 2. Guards and actions are those of the machine; only what the machine says of them is changed.
 */
import { type AnyStateMachine, createMachine, not } from 'xstate';

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
  type?: string;
  entry?: unknown[];
  always?: TransitionConfig | TransitionConfig[];
  on?: Record<string, TransitionConfig | TransitionConfig[]>;
  after?: Record<string, TransitionConfig | TransitionConfig[]>;
}

interface Config {
  initial: string;
  entry?: unknown[];
  states: Record<string, StateConfig>;
}

/** A mistake: it changes the copy of a configuration that it is given. */
type Mistake = (config: Config) => void;

/** All mutants of a flat machine. */
export function* mutantsOf(machine: AnyStateMachine): Generator<Mutant> {
  const config = machine.config as unknown as Config;
  for (const [name, mistake] of mistakesIn(config)) {
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

function* mistakesIn(config: Config): Generator<[name: string, mistake: Mistake]> {
  const states = Object.keys(config.states);
  yield* droppedActions('entry', config.entry, (copy) => copy.entry);
  for (const [key, state] of Object.entries(config.states)) {
    const stateIn = (copy: Config): StateConfig => copy.states[key] as StateConfig;
    yield* droppedActions(`${key}: entry`, state.entry, (copy) => stateIn(copy).entry);
    for (const [name, group] of groupsOf(state)) {
      for (const [index, transition] of listOf(group(state)).entries()) {
        const label = `${key}: ${name}${index > 0 ? ` #${index + 1}` : ''}`;
        const at = (copy: Config): TransitionConfig =>
          listOf(group(stateIn(copy)))[index] as TransitionConfig;
        yield [`${label}: drop`, (copy) => void listOf(group(stateIn(copy))).splice(index, 1)];
        yield* guardMistakes(label, transition, at);
        yield* targetMistakes(label, key, transition, states, at);
        yield* droppedActions(label, transition.actions, (copy) => at(copy).actions);
        if (transition.reenter)
          yield [`${label}: do not reenter`, (copy) => delete at(copy).reenter];
      }
    }
    for (const delay of Object.keys(state.after ?? {})) {
      yield [`${key}: drop the deadline ${delay}`, (copy) => delete stateIn(copy).after?.[delay]];
    }
  }
}

type At<T> = (copy: Config) => T;

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
  key: string,
  { target }: TransitionConfig,
  states: readonly string[],
  at: At<TransitionConfig>,
): Generator<[string, Mistake]> {
  if (target === undefined) return;
  for (const other of states.filter((state) => state !== target && state !== key)) {
    yield [
      `${label}: retarget to ${other}`,
      (copy) => void Object.assign(at(copy), { target: other }),
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
function clone(config: Config): Config {
  const copyList = (value: TransitionConfig | TransitionConfig[] | undefined) =>
    listOf(value).map((one) => ({
      ...one,
      ...(one.actions && { actions: [...one.actions] }),
    }));
  const copyGroup = (group: StateConfig['on'] = {}) =>
    Object.fromEntries(Object.entries(group).map(([name, value]) => [name, copyList(value)]));
  const states = Object.entries(config.states).map(([key, state]) => [
    key,
    {
      ...state,
      ...(state.entry && { entry: [...state.entry] }),
      ...(state.always && { always: copyList(state.always) }),
      ...(state.on && { on: copyGroup(state.on) }),
      ...(state.after && { after: copyGroup(state.after) }),
    },
  ]);
  return {
    ...config,
    ...(config.entry && { entry: [...config.entry] }),
    states: Object.fromEntries(states),
  };
}
