/** How a path through a proxy of our own is made of its middle. */
import type { OpenPath, Path, PathFigures } from './path.js';
import { type Middle, relay } from './relay.js';

/** The path through a relay with this middle, which is made anew for each connection. */
export function own(name: string, middleOf: () => Middle, figures: PathFigures = {}): Path {
  return {
    name,
    by: 'own',
    figures,
    open: async (farPort, context) => openAt(await relay(farPort, context, middleOf)),
  };
}

/** A path of our own that is entered by this port. */
export function openAt(port: number): OpenPath {
  return { entry: { url: `ws://127.0.0.1:${port}/` }, version: '', log: async () => '' };
}
