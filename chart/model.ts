/**
 * The model of a chart: a machine as plain data, to be drawn, sent or compared. It has the states and the
 * transitions in the order of the document, and no function.
 *
 * Rule 1. The model is read from the live machine. JSON of the machine loses the order of the states and the
 *         operands of guards.
 * Rule 2. The model is complete. An ignored event is a transition without targets and actions.
 * Rule 3. Only this file and `notation.ts` read undocumented fields of XState's nodes, pinned by tests (5.33).
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { keysOf } from './names.js';
import { actionText, causeText, guardText, invokeText } from './notation.js';

/** A whole machine. */
export interface Chart {
  id: string;
  description?: string;
  root: ChartState;
  /** State by state in the order of the document; of one state in the order in which XState tries them. */
  transitions: ChartTransition[];
}

/** A state, with the states in it. */
export interface ChartState {
  /** Unique in the chart, such as `server.sending`. */
  id: string;
  key: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** How far a history state remembers. */
  history?: 'shallow' | 'deep';
  description?: string;
  entry: string[];
  exit: string[];
  tags: string[];
  /** The id of the initial child of a compound state. */
  initial?: string;
  children: ChartState[];
  /** The actors that run while the state is active. */
  invokes: string[];
}

/** One transition of one state. */
export interface ChartTransition {
  /** Unique in the chart; `transitionId` gives the same id for XState's own object. */
  id: string;
  source: string;
  /** Ids of states; none where the transition does not leave its source. */
  targets: string[];
  /** The cause as it is shown: an event's type, `after replyTimeout`, `always`, `done`. */
  cause: string;
  guard?: string;
  actions: string[];
  /** Whether a transition to itself, or to within itself, leaves the state and enters it anew. */
  reenter: boolean;
  description?: string;
}

/** The chart of a machine. */
export function chartOf(machine: AnyStateMachine): Chart {
  const nodes = nodesBelow(machine.root);
  return {
    id: machine.id,
    ...descriptionOf(machine.root),
    root: stateOf(machine.root),
    transitions: nodes.flatMap(transitionsOf),
  };
}

/**
 * The id of a transition in the `_transitions` of an inspected microstep. It is undefined for an initial
 * transition, which no chart lists.
 */
export function transitionId(transition: AnyTransitionDefinition): string | undefined {
  const { source, eventType } = transition;
  const index = candidatesOf(source, eventType).indexOf(transition);
  return index === -1 ? undefined : idOf(source, eventType, index);
}

/** Whether a transition changes nothing: its state ignores the event on purpose. */
export function isIgnored({ targets, actions }: ChartTransition): boolean {
  return targets.length === 0 && actions.length === 0;
}

/** The states below a state, itself first, in the order of the document. */
export function statesBelow(state: ChartState): ChartState[] {
  return [state, ...state.children.flatMap(statesBelow)];
}

/** The ids of the active states of a text of `pathOf`, each below its parents; the root is not among them. */
export function activeStates({ root }: Chart, path: string): string[] {
  const ids = new Set<string>();
  for (const keys of keysOf(path)) {
    let at: ChartState | undefined = root;
    for (const key of keys) {
      at = at?.children.find((child) => child.key === key);
      if (at) ids.add(at.id);
    }
  }
  return [...ids];
}

/** The path of every state by its id, such as `open.live`; of the root its key. */
export function statePaths({ root }: Chart): Map<string, string> {
  const paths = new Map([[root.id, root.key]]);
  const visit = ({ children }: ChartState, above: string): void => {
    for (const child of children) {
      const path = `${above}${child.key}`;
      paths.set(child.id, path);
      visit(child, `${path}.`);
    }
  };
  visit(root, '');
  return paths;
}

/** The event in the id of a history state's default transition, which no event causes. */
const HISTORY_DEFAULT = 'xstate.history';

function nodesBelow(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesBelow)];
}

function stateOf(node: AnyStateNode): ChartState {
  const { id, key, type, tags, history } = node;
  const initial = type === 'compound' ? node.initial.target?.[0]?.id : undefined;
  return {
    id,
    key,
    type,
    ...(type === 'history' && { history: history || 'shallow' }),
    ...descriptionOf(node),
    // XState adds the start and the end of deadlines to `node.entry` and `node.exit`.
    entry: [node.config.entry ?? []].flat().map(actionText),
    exit: [node.config.exit ?? []].flat().map(actionText),
    tags: [...tags],
    ...(initial !== undefined && { initial }),
    children: Object.values(node.states).map(stateOf),
    invokes: node.invoke.map(invokeText),
  };
}

function descriptionOf({ description }: { description?: string }): { description?: string } {
  return description === undefined ? {} : { description };
}

function transitionsOf(node: AnyStateNode): ChartTransition[] {
  const events = ['', ...node.transitions.keys()];
  const transitions = events.flatMap((event) =>
    candidatesOf(node, event).map((one, index) => transitionOf(one, idOf(node, event, index))),
  );
  return [...defaultOf(node), ...transitions];
}

/** The transitions of a state on an event, in the order in which XState asks. */
function candidatesOf(node: AnyStateNode, event: string): AnyTransitionDefinition[] {
  return (event === '' ? node.always : node.transitions.get(event)) ?? [];
}

function idOf(node: AnyStateNode, event: string, index: number): string {
  return `${node.id}/${event}/${index}`;
}

function transitionOf(transition: AnyTransitionDefinition, id: string): ChartTransition {
  const { source, target, guard, actions, reenter } = transition;
  return {
    id,
    source: source.id,
    targets: (target ?? []).map((one) => one.id),
    cause: causeText(transition),
    ...(guard !== undefined && { guard: guardText(guard) }),
    actions: actions.map(actionText),
    reenter,
    ...descriptionOf(transition),
  };
}

/** The default transition of a history state, where it has one. */
function defaultOf(node: AnyStateNode): ChartTransition[] {
  const { target } = node.config as { target?: string | string[] };
  if (node.type !== 'history' || target === undefined) return [];
  const targets = [target].flat().map((path) => resolve(node, path).id);
  const id = idOf(node, HISTORY_DEFAULT, 0);
  return [{ id, source: node.id, targets, cause: 'default', actions: [], reenter: false }];
}

/** The state that a history state's target names, by its id or by its path from the parent. */
function resolve(node: AnyStateNode, target: string): AnyStateNode {
  if (target.startsWith('#')) return node.machine.getStateNodeById(target.slice(1));
  let found: AnyStateNode | undefined = node.parent;
  for (const key of target.split('.')) found = found?.states[key];
  // XState itself throws only when the history state is entered for the first time.
  if (found === undefined) throw new Error(`${node.id} leads to ${target}, which is no state`);
  return found;
}
