/**
 * Ranks the states of one level, with dagre. This file alone knows dagre: it is asked for ranks, for
 * the order in them and for columns.
 */
import { graphlib, layout } from '@dagrejs/dagre';
import type { Point, Size } from './geometry.js';

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
  /** How much it counts that it be short and straight. */
  weight: number;
}

const NODE_GAP = 20;
const EDGE_GAP = 11;
/** How wide the labels below one rank may be in all. */
const CROWDED = 800;

/** The rank of each node, 0 the uppermost, and what must follow what to keep ranks narrow. */
export interface Ranks {
  /** Even numbers: the labels of edges have ranks of their own. */
  of: Map<string, number>;
  /** The keys of the edges that lead upwards. */
  reversed: ReadonlySet<string>;
  /** Pairs of nodes, the second below the first although no edge says so. */
  staggered: [string, string][];
}

/**
 * Ranks nodes by the edges between them. Where the labels of all edges that leave a rank would stand
 * in a very long row, its nodes are put one below the other.
 */
export function rank(ids: readonly string[], edges: readonly LevelEdge[]): Ranks {
  const nodes = ids.map((id) => ({ id, width: 10, height: 10, margin: 0 }));
  const staggered: [string, string][] = [];
  const reversed = backEdges(ids, edges);
  for (;;) {
    const graph = dagreOf(nodes, edges, { reversed, staggered }, () => 1);
    const of = new Map(ids.map((id) => [id, graph.node(id).rank]));
    const crowded = crowdedIn(ids, edges, of);
    if (crowded.length === 0 || staggered.length >= ids.length) return { of, reversed, staggered };
    staggered.push(...crowded);
  }
}

/**
 * The edges that lead back to where one came from, in the order of the document. dagre would find some
 * by itself, but others once there are edges from the border.
 */
function backEdges(ids: readonly string[], edges: readonly LevelEdge[]): Set<string> {
  const back = new Set<string>();
  const isOver = new Map<string, boolean>();
  const visit = (id: string): void => {
    if (isOver.has(id)) return;
    isOver.set(id, false);
    for (const { key, source, target } of edges) {
      if (source !== id) continue;
      if (isOver.get(target) === false) back.add(key);
      else visit(target);
    }
    isOver.set(id, true);
  };
  for (const id of ids) visit(id);
  return back;
}

/** The nodes of the uppermost rank that is too wide, in pairs. */
function crowdedIn(
  ids: readonly string[],
  edges: readonly LevelEdge[],
  ranks: ReadonlyMap<string, number>,
): [string, string][] {
  const rankOf = (id: string): number => ranks.get(id) as number;
  const widthBelow = (id: string): number => {
    const leaving = edges.filter(({ source, target }) => {
      return (
        [source, target].includes(id) && Math.min(rankOf(source), rankOf(target)) === rankOf(id)
      );
    });
    return leaving.reduce((sum, { label }) => sum + (label ? label.width + EDGE_GAP : 0), 0);
  };
  for (const level of [...new Set(ranks.values())].sort((one, other) => one - other)) {
    const wide = ids.filter((id) => rankOf(id) === level && widthBelow(id) > 0);
    const width = wide.reduce((sum, id) => sum + widthBelow(id), 0);
    if (width <= CROWDED || wide.length < 2) continue;
    return wide.slice(1).map((id, index) => [wide[index] as string, id]);
  }
  return [];
}

/** What dagre made of a level. */
export interface DagreGraph {
  node(id: string): { x: number; y: number; rank: number };
  edge(source: string, target: string, name: string): { x?: number; y?: number; points: Point[] };
}

/** What is used of dagre, whose own types do not resolve. */
interface DagreInput extends DagreGraph {
  setGraph(options: object): void;
  setNode(id: string, label: object): void;
  setEdge(source: string, target: string, label: object, name: string): void;
}

/** The id of a state for dagre, which keeps nodes in plain objects: these have a `toString` already. */
function dagreId(id: string): string {
  return `state ${id}`;
}

/** Lays a level out with dagre; an edge spans at least so many ranks. */
export function dagreOf(
  nodes: readonly LevelNode[],
  edges: readonly LevelEdge[],
  { reversed, staggered }: Pick<Ranks, 'reversed' | 'staggered'>,
  minlenOf: (edge: LevelEdge) => number,
): DagreGraph {
  const graph = new graphlib.Graph({ multigraph: true }) as DagreInput;
  graph.setGraph({ nodesep: NODE_GAP, edgesep: EDGE_GAP });
  for (const { id, width, height, margin } of nodes) {
    graph.setNode(dagreId(id), { width: width + margin, height });
  }
  // Without these, parts that nothing joins would hang at any height.
  graph.setNode(ROOF, { width: 0, height: 0 });
  for (const id of firstOfEachPart(nodes, edges)) {
    graph.setEdge(ROOF, dagreId(id), { weight: 1 }, ROOF);
  }
  for (const edge of edges) {
    const { key, source, target, label, weight } = edge;
    const room = label ?? { width: 0, height: 0 };
    const ends = [dagreId(source), dagreId(target)] as const;
    const [upper, lower] = reversed.has(key) ? [ends[1], ends[0]] : ends;
    graph.setEdge(upper, lower, { ...room, labelpos: 'c', weight, minlen: minlenOf(edge) }, key);
  }
  for (const [upper, lower] of staggered) {
    graph.setEdge(dagreId(upper), dagreId(lower), {}, ROOF);
  }
  layout(graph);
  return {
    node: (id) => graph.node(dagreId(id)),
    edge: (source, target, name) => graph.edge(dagreId(source), dagreId(target), name),
  };
}

/** The id of a node above all others, which is not drawn. */
const ROOF = 'roof of the level';

/** The first node of each part of a level that no edge joins with the rest. */
function firstOfEachPart(nodes: readonly LevelNode[], edges: readonly LevelEdge[]): string[] {
  const part = new Map(nodes.map(({ id }) => [id, id]));
  for (const { source, target } of edges) {
    const [kept, gone] = [part.get(source), part.get(target)];
    for (const [id, one] of part) if (one === gone && kept !== undefined) part.set(id, kept);
  }
  const known = new Set<string>();
  return nodes.flatMap(({ id, border }) => {
    const own = part.get(id) as string;
    if (border !== undefined || known.has(own)) return [];
    known.add(own);
    return [id];
  });
}
