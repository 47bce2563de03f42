/** Middles that rewrite the request of the handshake, and leave all else alone. */
import type { Middle } from './relay.js';

/** Removes headers, whatever their case. */
export function headersRemoved(...names: string[]): Middle {
  const isRemoved = (line: string): boolean =>
    names.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return { request: (lines) => lines.filter((line) => !isRemoved(line)) };
}

/** Adds header lines, as proxies do that tell of themselves. */
export function headersAdded(...added: string[]): Middle {
  return { request: (lines) => [...lines, ...added] };
}

/** Puts this line in the place of the headers that have its name. */
export function headerReplaced(line: string): Middle {
  const name = line.slice(0, line.indexOf(':') + 1).toLowerCase();
  return {
    request: (lines) => lines.map((other) => (other.toLowerCase().startsWith(name) ? line : other)),
  };
}
