/**
 * Configurations: sets of states that are active together, and questions about them.
 *
 * Rule 1. `nodes` has the states in the order of their entry, as in XState. The order in which
 *         parallel regions take an event follows from it.
 * Rule 2. Nothing here depends on the context or on an event.
 */
import type { AnyStateNode, StateValue } from 'xstate';

export type StateNode = AnyStateNode;

/** The states that each history state remembers, by its id. */
export type HistoryValue = Readonly<Record<string, readonly StateNode[]>>;

/** The states that are active together, and the history states' memory at that time. */
export interface Configuration {
  readonly nodes: readonly StateNode[];
  readonly history: HistoryValue;
  readonly value: StateValue;
}

export function isAtomic(node: StateNode): boolean {
  return node.type === 'atomic' || node.type === 'final';
}

export function childrenOf(node: StateNode): StateNode[] {
  return (Object.values(node.states) as StateNode[]).filter((child) => child.type !== 'history');
}

/** The ancestors of a state, the innermost first; `until` and the states above it are left out. */
export function ancestorsOf(node: StateNode, until?: StateNode): StateNode[] {
  const ancestors: StateNode[] = [];
  if (node === until) return ancestors;
  for (let at = node.parent; at !== undefined && at !== until; at = at.parent) ancestors.push(at);
  return ancestors;
}

/** Whether a state is a proper descendant of another. Undefined is the parent of the root. */
export function isWithin(node: StateNode, outer: StateNode | undefined): boolean {
  let at = node;
  while (at.parent !== undefined && at.parent !== outer) at = at.parent;
  return at.parent === outer;
}

/** The value that a snapshot shows: a key for an atomic child, an object for other children. */
export function stateValueOf(node: StateNode, active: readonly StateNode[]): StateValue {
  const children = active.filter((one) => one.parent === node);
  const [only] = children;
  if (node.type === 'compound' && only !== undefined && isAtomic(only)) return only.key;
  const value = Object.fromEntries(
    children.map((child) => [child.key, stateValueOf(child, active)]),
  );
  return Object.freeze(value) as StateValue;
}

/** Whether a state is done: a final child is active, or every region of a parallel state is done. */
export function isDone(node: StateNode, active: ReadonlySet<StateNode>): boolean {
  if (node.type === 'compound') {
    return childrenOf(node).some((child) => child.type === 'final' && active.has(child));
  }
  if (node.type === 'parallel') return childrenOf(node).every((child) => isDone(child, active));
  return node.type === 'final';
}

/** The states in which a machine starts, the root first. History states do not count here. */
export function initialNodesOf(node: StateNode): StateNode[] {
  if (node.type === 'compound') {
    return [node, ...initialNodesOf(node.initial.target[0] as StateNode)];
  }
  if (node.type === 'parallel') return [node, ...childrenOf(node).flatMap(initialNodesOf)];
  return [node];
}
