/**
 * Ranks the nodes of a level, and orders them in their ranks, with dagre.
 *
 * Rule 1. This file alone knows dagre. dagre gives ranks, the order in them, and columns; no heights, ports
 *         or lines.
 */
import { graphlib, layout } from '@dagrejs/dagre';
import type { Point } from './geometry.js';
import type { Level, LevelEdge, LevelNode } from './level.js';

const NODE_GAP = 20;
const EDGE_GAP = 11;
/** The most width of all labels below one rank, in px. */
const CROWDED = 800;

/** The rank of each node, 0 the uppermost, and the order that keeps ranks narrow. */
export interface Ranks {
  /** The ranks of nodes are even: labels have the odd ranks between them. */
  of: Map<string, number>;
  /** The keys of the edges that lead upwards. */
  reversed: ReadonlySet<string>;
  /** Pairs of nodes, the second below the first although no edge says so. */
  staggered: [string, string][];
}

/** Ranks the inner nodes of a level, by the edges between them. The border has no rank of its own. */
export function rankLevel({ nodes, edges }: Level): Ranks {
  const inner = innerIds(nodes);
  return rankNodes(inner, edges.filter(isAmong(inner)));
}

/** Orders all nodes of a level in their ranks, and gives each a column; the border goes above and below all. */
export function orderNodes({ nodes, edges }: Level, ranks: Ranks): DagreGraph {
  const isInner = isAmong(innerIds(nodes));
  const last = Math.max(0, ...ranks.of.values());
  return dagreOf(nodes, edges, ranks, (edge) => {
    if (isInner(edge)) return 1;
    const from = ranks.of.get(edge.source) ?? -2;
    const to = ranks.of.get(edge.target) ?? last + 2;
    return (to - from) / 2;
  });
}

function innerIds(nodes: readonly LevelNode[]): string[] {
  return nodes.filter((node) => node.border === undefined).map(({ id }) => id);
}

/** Whether both ends of an edge are among these nodes. */
function isAmong(ids: readonly string[]): (edge: LevelEdge) => boolean {
  return ({ source, target }) => ids.includes(source) && ids.includes(target);
}

/**
 * Ranks nodes by the edges between them. Where the labels below a rank are wider than `CROWDED`, the nodes
 * of that rank are staggered: one below the other.
 */
export function rankNodes(ids: readonly string[], edges: readonly LevelEdge[]): Ranks {
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
 * The back edges of a depth-first search in the order of the document. dagre's own search would find others
 * as soon as edges from the border are there.
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

/** The nodes of the uppermost rank that is too wide, in pairs that are to be staggered. */
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

/** dagre's result for a level. */
export interface DagreGraph {
  node(id: string): { x: number; y: number; rank: number };
  edge(source: string, target: string, name: string): { x?: number; y?: number; points: Point[] };
}

/** The part of dagre's API that is used here; its own types do not resolve. */
interface DagreInput extends DagreGraph {
  setGraph(options: object): void;
  setNode(id: string, label: object): void;
  setEdge(source: string, target: string, label: object, name: string): void;
}

/** The id of a node in dagre. dagre keeps nodes in plain objects, which have a `toString` already. */
function dagreId(id: string): string {
  return `state ${id}`;
}

/** Lays a level out with dagre; an edge spans at least so many ranks. */
function dagreOf(
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
  // The roof joins all parts of the level. Unjoined parts would hang at any height.
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

/** The id of a node above all others; it is not drawn. */
const ROOF = 'roof of the level';

/** The first node of each part of a level; no edge joins two parts. */
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
