/**
 * Names that XState writes as one string, read in one place: deadlines and active states.
 *
 * Rule 1. This file runs in browsers too: it imports nothing.
 * Rule 2. Nobody else in the project takes such a string apart.
 */

const AFTER = 'xstate.after.';

/**
 * The delay behind a deadline's event: `replyTimeout` for `xstate.after.replyTimeout.server.sending`, and
 * undefined for any other event. `state` is the id of the state that waits; without it the delay ends at
 * its first dot.
 */
export function deadlineOf(type: string, state?: string): string | undefined {
  if (!type.startsWith(AFTER)) return undefined;
  const rest = type.slice(AFTER.length);
  if (state !== undefined && rest.endsWith(`.${state}`)) return rest.slice(0, -state.length - 1);
  const end = rest.indexOf('.');
  return end === -1 ? rest : rest.slice(0, end);
}

/** The active states of a state value as one text: their paths, such as `open.live`, joined by `, `. */
export function pathOf(value: unknown): string {
  return pathsOf(value).join(', ');
}

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = pathsOf(below);
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`);
  });
}
