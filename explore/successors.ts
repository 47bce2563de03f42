/**
 * Which transition can follow which, from the machine alone: the pairs that a coverage must show.
 *
 * Rule 1. A pair is listed unless the order in which XState asks rules it out: a state that is left at
 *         once takes no fact, and a transition behind an unguarded one is never asked.
 * Rule 2. Contexts are not looked into. What they rule out is for a list with reasons.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import {
  candidatesFrom,
  initialLeaves,
  isBelow,
  isResting,
  lineageOf,
  statesOf,
  type Transition,
} from './transitions.js';

/** The transitions that can come right after one. */
export function successors(machine: AnyStateMachine, first: Transition): Transition[] {
  const found = new Set<Transition>();
  for (const leaf of leavesAfter(machine, first)) {
    const always = candidatesFrom(machine, leaf, '');
    for (const one of always) found.add(one);
    if (!isResting(leaf)) continue;
    for (const type of typesIn(leaf)) {
      for (const one of candidatesFrom(machine, leaf, type)) found.add(one);
    }
  }
  return [...found];
}

/** The leaves that may be active after a transition. */
function leavesAfter(machine: AnyStateMachine, { definition }: Transition): AnyStateNode[] {
  const { source, target } = definition;
  const leaves = statesOf(machine).filter(({ type }) => type === 'atomic');
  const entered = (target ?? []).flatMap(initialLeaves);
  return leaves.filter((leaf) => {
    // Nothing finds a machine in a state that it leaves at once.
    if (target === undefined) return (leaf === source || isBelow(leaf, source)) && isResting(leaf);
    return entered.includes(leaf) || target.some((one) => isBeside(one, leaf));
  });
}

/** Whether two states are in different regions of a parallel state. */
function isBeside(one: AnyStateNode, other: AnyStateNode): boolean {
  const shared = lineageOf(one).find((state) => lineageOf(other).includes(state));
  return shared?.type === 'parallel' && shared !== one && shared !== other;
}

/** The events that a leaf and the states around it have transitions for. */
function typesIn(leaf: AnyStateNode): Set<string> {
  return new Set(lineageOf(leaf).flatMap((state) => [...state.transitions.keys()]));
}
