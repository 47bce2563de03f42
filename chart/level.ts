/**
 * A level as a plain graph: the boxes directly in one compound state, the dot from which its initial state
 * is entered, the places on its border, and the edges between all of these.
 */
import type { Size } from './geometry.js';
import type { ChartState } from './model.js';
import type { Tree } from './tree.js';

/** The graph of a level. */
export interface Level {
  nodes: readonly LevelNode[];
  edges: readonly LevelEdge[];
}

/** A box to be placed, or a place on the border of the level where an edge comes in or goes out. */
export interface LevelNode extends Size {
  id: string;
  /** Free room to its right, for edges from the box to itself. */
  margin: number;
  border?: 'top' | 'bottom';
}

/** An edge from one node of the level to another. */
export interface LevelEdge {
  key: string;
  source: string;
  target: string;
  label?: Size;
  /** Where it must end, from the left of the box. */
  sourcePort?: number;
  targetPort?: number;
  /** How strongly dagre keeps the edge short and straight. */
  weight: number;
}

/** The diameter of the dot from which an initial state is entered. */
export const START_SIZE = 10;

/** The node of that dot, where a compound state has an initial state. */
export function startNodes(tree: Tree): LevelNode[] {
  if (tree.state.initial === undefined) return [];
  return [{ id: startId(tree), width: START_SIZE, height: START_SIZE, margin: 0 }];
}

/** The edge from the dot to the initial state. */
export function startEdges(tree: Tree): LevelEdge[] {
  const { initial } = tree.state;
  if (initial === undefined) return [];
  return [{ key: startId(tree), source: startId(tree), target: initial, weight: 4 }];
}

/** The id of the dot, and the key of its edge. */
export function startId({ state }: { state: ChartState }): string {
  return `${state.id} starts`;
}
