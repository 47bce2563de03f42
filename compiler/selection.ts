/**
 * Selection: which alternatives are enabled (W3C SCXML, appendix D: `selectTransitions`). This is the
 * only part of the table that evaluates guards.
 */
import { guardError } from './guards.js';
import type { Macrostep } from './macrostep.js';
import type { Alternative, Choice } from './terms.js';

/** The first alternative that is enabled by the event of a macrostep. */
export function firstEnabled(
  alternatives: readonly Alternative[],
  macrostep: Macrostep,
): Alternative | undefined {
  for (const alternative of alternatives) {
    try {
      if (isEnabled(alternative, macrostep)) return alternative;
    } catch (error) {
      throw guardError(alternative.candidate, macrostep.event, error);
    }
  }
  return undefined;
}

/** The first enabled eventless alternative. As in XState, a guard's own error is thrown here. */
export function firstEventless(
  alternatives: readonly Alternative[],
  macrostep: Macrostep,
): Alternative | undefined {
  for (const alternative of alternatives) if (isEnabled(alternative, macrostep)) return alternative;
  return undefined;
}

function isEnabled(
  { candidate: { guard } }: Alternative,
  { args, configuration }: Macrostep,
): unknown {
  return guard === undefined || guard(args, configuration);
}

/**
 * Collects the enabled alternatives of all regions; returns whether there are any. The alternatives
 * of the parent count only if no region has one.
 */
export function selectInRegions(
  choice: Choice,
  macrostep: Macrostep,
  into: Alternative[],
): boolean {
  let isFound = false;
  for (const region of choice.regions) {
    if (selectInRegions(region, macrostep, into)) isFound = true;
  }
  if (isFound) return true;
  const own = firstEnabled(choice.alternatives, macrostep);
  if (own === undefined) return false;
  into.push(own);
  return true;
}
