/**
 * State changes: the states that arcs exit and enter, and the configuration that follows.
 *
 * Rule 1. The algorithm is W3C SCXML's (appendix D), as XState implements it: exits from the
 *         innermost state outwards, entries from the outermost state inwards.
 * Rule 2. Guards are evaluated before: the arcs given here are taken.
 */
import {
  type Configuration,
  type HistoryValue,
  isAtomic,
  isWithin,
  type StateNode,
} from './configuration.js';
import { type Entry, entrySetOf } from './entrySet.js';
import { type Arc, domainOf } from './targets.js';

/** The effect of arcs on a configuration, in the order in which it happens. */
export interface StateChange {
  readonly exitSet: readonly StateNode[];
  readonly entrySet: readonly Entry[];
  /** The states that are active afterwards. */
  readonly nodes: readonly StateNode[];
  readonly history: HistoryValue;
}

function exitSetOf(
  arcs: readonly Arc[],
  active: Iterable<StateNode>,
  history: HistoryValue,
): Set<StateNode> {
  const exitSet = new Set<StateNode>();
  for (const arc of arcs) {
    if (arc.target === undefined || arc.target.length === 0) continue;
    const domain = domainOf(arc, history);
    for (const node of active) if (isWithin(node, domain)) exitSet.add(node);
  }
  return exitSet;
}

/**
 * Removes arcs that conflict: two whose exit sets share a state. The arc of the inner source stays;
 * otherwise the first one stays.
 */
export function withoutConflicts<A extends Arc>(arcs: readonly A[], from: Configuration): A[] {
  const kept = new Set<A>();
  const exits = (arc: A): Set<StateNode> => exitSetOf([arc], from.nodes, from.history);
  for (const arc of arcs) {
    const rivals = [...kept].filter((other) => {
      const theirs = exits(other);
      return [...exits(arc)].some((node) => theirs.has(node));
    });
    const first = rivals.findIndex((other) => !isWithin(arc.source, other.source));
    if (first !== -1) continue;
    for (const rival of rivals) kept.delete(rival);
    kept.add(arc);
  }
  return [...kept];
}

/** Computes how arcs without conflicts change a configuration. */
export function changeOf(arcs: readonly Arc[], from: Configuration): StateChange {
  const exitSet = [...exitSetOf(arcs, from.nodes, from.history)];
  exitSet.sort((a, b) => b.order - a.order);
  const history = historyAfter(exitSet, from);
  return { ...entered(arcs, from, exitSet, history), exitSet, history };
}

/** Computes how a machine enters its initial states: nothing is exited before. */
export function initialChangeOf(arc: Arc, from: Configuration): StateChange {
  return { ...entered([arc], from, [], {}), exitSet: [], history: {} };
}

/** `history` includes the states that are exited in the same step. */
function entered(
  arcs: readonly Arc[],
  from: Configuration,
  exitSet: readonly StateNode[],
  history: HistoryValue,
): Pick<StateChange, 'entrySet' | 'nodes'> {
  const entrySet = entrySetOf(arcs, history);
  const nodes = new Set(from.nodes);
  for (const node of exitSet) nodes.delete(node);
  for (const { node } of entrySet) nodes.add(node);
  return { entrySet, nodes: [...nodes] };
}

/** The memory of the history states once the states of the exit set are exited. */
function historyAfter(exitSet: readonly StateNode[], from: Configuration): HistoryValue {
  let history = from.history;
  for (const exited of exitSet) {
    for (const node of Object.values(exited.states) as StateNode[]) {
      if (node.type !== 'history') continue;
      const isRemembered = (one: StateNode): boolean =>
        node.history === 'deep' ? isAtomic(one) && isWithin(one, exited) : one.parent === exited;
      history = { ...history, [node.id]: from.nodes.filter(isRemembered) };
    }
  }
  return history;
}
