/**
 * The names that XState writes as one string, read in one place: deadlines and state paths.
 *
 * Rule 1. This file runs in browsers too: it imports nothing.
 * Rule 2. No other file of the project takes such a string apart.
 */

const AFTER = 'xstate.after.';

/**
 * The delay behind a deadline's event: `replyTimeout` for `xstate.after.replyTimeout.server.sending`, and
 * undefined for any other event. `state` is the id of the state that waits. Without `state` the delay ends
 * at its first dot.
 */
export function deadlineOf(type: string, state?: string): string | undefined {
  if (!type.startsWith(AFTER)) return undefined;
  const rest = type.slice(AFTER.length);
  if (state !== undefined && rest.endsWith(`.${state}`)) return rest.slice(0, -state.length - 1);
  const end = rest.indexOf('.');
  return end === -1 ? rest : rest.slice(0, end);
}

/** The active states of a state value as one text: the paths of the leaves, such as `a.x, b.y`. */
export function pathOf(value: unknown): string {
  return pathsOf(value).join(', ');
}

/** The keys of each path in a text of `pathOf`, outermost first; no path in the empty text. */
export function keysOf(path: string): string[][] {
  return path === '' ? [] : path.split(', ').map((one) => one.split('.'));
}

/**
 * A text of `pathOf` for a narrow column: without the parents that all its paths share. So `open.live`
 * becomes `live`, and `on.deck.paused, on.volume.loud` becomes `deck.paused, volume.loud`.
 */
export function shortPathOf(path: string): string {
  const paths = keysOf(path);
  const [first = []] = paths;
  const isShared = (key: string, depth: number): boolean =>
    paths.every((keys) => keys[depth] === key && depth < keys.length - 1);
  const own = first.findIndex((key, depth) => !isShared(key, depth));
  return paths.map((keys) => keys.slice(own).join('.')).join(', ');
}

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = pathsOf(below);
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`);
  });
}
