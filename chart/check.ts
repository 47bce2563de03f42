/**
 * Whether a chart can be drawn. A chart may come from another process, and its parts may not belong together.
 *
 * Rule 1. The answer is one reason in words, for "cannot be drawn: …".
 * Rule 2. The check of the levels does not recurse: a very deep chart would exhaust the stack.
 */
import type { Chart, ChartState } from './model.js';

/** The most levels, states and transitions that are drawn. Below these bounds a drawing takes seconds. */
export const LEVELS = 40;
export const STATES = 2_000;
export const TRANSITIONS = 10_000;

/** The reason why a chart cannot be drawn; undefined where it can. */
export function reasonNotToDraw({ root, transitions }: Chart): string | undefined {
  const ids = new Set<string>();
  let level: ChartState[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === LEVELS) return `its states are more than ${LEVELS} levels deep`;
    for (const state of level) {
      const reason = reasonOfState(state, ids);
      if (reason !== undefined) return reason;
      ids.add(state.id);
    }
    if (ids.size > STATES) return `it has more than ${STATES} states`;
    level = level.flatMap(({ children }) => children);
  }
  if (transitions.length > TRANSITIONS) return `it has more than ${TRANSITIONS} transitions`;
  return reasonOfTransitions(transitions, ids);
}

function reasonOfState(
  { id, initial, children }: ChartState,
  ids: ReadonlySet<string>,
): string | undefined {
  if (ids.has(id)) return `two of its states have the id ${id}`;
  if (initial === undefined || children.some((child) => child.id === initial)) return undefined;
  return `${id} begins in ${initial}, which is no state in it`;
}

function reasonOfTransitions(
  transitions: Chart['transitions'],
  states: ReadonlySet<string>,
): string | undefined {
  const ids = new Set<string>();
  for (const { id, source, targets } of transitions) {
    if (ids.has(id)) return `two of its transitions have the id ${id}`;
    ids.add(id);
    if (!states.has(source)) return `${id} is of ${source}, which is no state`;
    const lost = targets.find((target) => !states.has(target));
    if (lost !== undefined) return `${id} leads to ${lost}, which is no state`;
  }
  return undefined;
}
