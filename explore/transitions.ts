/**
 * The transitions of a machine by name, and the order in which XState asks for them: from the innermost
 * active state outwards, and within a state in the order of the document.
 */
import type {
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { transitionId } from '../chart/model.js';
import { deadlineOf } from '../chart/names.js';

/** A transition of one state. */
export interface Transition {
  /** `state: fact [guard]`, or `state: fact [guard] #2` where that is not unique. */
  id: string;
  /** Its id in the chart of the machine. */
  chartId: string;
  /** The path of the state that has it. */
  source: string;
  /** The fact's type; '' for a transition without one. */
  cause: string;
  guard: string | undefined;
  description: string | undefined;
  /** The candidates of the same state and fact that XState asks before this one. */
  before: Transition[];
  /** XState's own object for it. */
  definition: AnyTransitionDefinition;
}

const known = new WeakMap<AnyStateMachine, Map<AnyTransitionDefinition, Transition>>();

/** Every transition of a machine, by XState's own object for it. */
export function transitionsOf(machine: AnyStateMachine): Map<AnyTransitionDefinition, Transition> {
  const remembered = known.get(machine);
  if (remembered) return remembered;
  const found = new Map<AnyTransitionDefinition, Transition>();
  known.set(machine, found);
  for (const state of statesOf(machine)) {
    for (const group of [...state.transitions.values(), state.always ?? []]) {
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

function describe(definition: AnyTransitionDefinition, before: readonly Transition[]): Transition {
  const { source, eventType, guard, description } = definition;
  const path = pathOfState(source);
  const cause = deadlineOf(eventType, source.id) ?? eventType;
  const condition = guard === undefined ? undefined : String(guard);
  const label = `${path}: ${cause === '' ? 'always' : cause}${condition ? ` [${condition}]` : ''}`;
  const twins = before.filter((one) => one.guard === condition).length;
  return {
    id: twins === 0 ? label : `${label} #${twins + 1}`,
    chartId: transitionId(definition) as string,
    source: path,
    cause: eventType,
    guard: condition,
    description,
    before: [...before],
    definition,
  };
}

/** All states of a machine, its root first, in the order of the document. */
export function statesOf({ root }: AnyStateMachine): AnyStateNode[] {
  const below = (state: AnyStateNode): AnyStateNode[] =>
    Object.values(state.states).flatMap((child) => [child, ...below(child)]);
  return [root, ...below(root)];
}

/** The path of a state, such as `open.live`; the machine's id for its root. */
export function pathOfState({ path, id }: AnyStateNode): string {
  return path.length === 0 ? id : path.join('.');
}

/** The guarded transitions that XState asks for an event before those that it takes, and refuses. */
export function refusedIn(
  snapshot: AnyMachineSnapshot,
  type: string,
  taken: readonly Transition[],
): Transition[] {
  const sources = taken.map(({ definition }) => definition.source);
  const refused = new Set<Transition>();
  for (const leaf of leavesIn(snapshot)) {
    for (const one of candidatesFrom(snapshot.machine, leaf, type)) {
      if (taken.includes(one)) break;
      // XState asks a state only if no state below it has a transition to take.
      if (sources.some((source) => isBelow(source, one.definition.source))) break;
      refused.add(one);
    }
  }
  return [...refused].filter(({ guard }) => guard !== undefined);
}

/** The transitions that may be taken on an event in a leaf, in the order in which XState asks. */
export function candidatesFrom(
  machine: AnyStateMachine,
  leaf: AnyStateNode,
  type: string,
): Transition[] {
  const transitions = transitionsOf(machine);
  const candidates: Transition[] = [];
  for (const state of lineageOf(leaf)) {
    for (const definition of groupOf(state, type)) {
      const transition = transitions.get(definition) as Transition;
      candidates.push(transition);
      // XState asks nothing after an unguarded transition.
      if (transition.guard === undefined) return candidates;
    }
  }
  return candidates;
}

function groupOf(state: AnyStateNode, type: string): readonly AnyTransitionDefinition[] {
  if (type === '') return state.always ?? [];
  const descriptors = [...state.transitions.keys()].filter((one) => matches(one, type));
  return descriptors.flatMap((one) => state.transitions.get(one) ?? []);
}

function matches(descriptor: string, type: string): boolean {
  if (descriptor === type || descriptor === '*') return true;
  return descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1));
}

/** Whether facts can find a machine in a state: it has no states inside, and is not left at once. */
export function isResting({ type, always }: AnyStateNode): boolean {
  return type === 'atomic' && !always?.some(({ guard }) => guard === undefined);
}

/** The leaves in which a state begins. */
export function initialLeaves(state: AnyStateNode): AnyStateNode[] {
  if (state.type === 'parallel') return Object.values(state.states).flatMap(initialLeaves);
  if (state.type !== 'compound') return [state];
  return (state.initial.target ?? []).flatMap(initialLeaves);
}

/** A state, its parent, and so on to the root. */
export function lineageOf(state: AnyStateNode): AnyStateNode[] {
  return state.parent ? [state, ...lineageOf(state.parent)] : [state];
}

export function isBelow(state: AnyStateNode, other: AnyStateNode): boolean {
  return state !== other && lineageOf(state).includes(other);
}

function leavesIn(snapshot: AnyMachineSnapshot): AnyStateNode[] {
  const nodes = snapshot._nodes as AnyStateNode[];
  return nodes.filter(({ type }) => type === 'atomic' || type === 'final');
}
