/**
 * Chains: each edge of a level as a list of columns, one a rank, from its upper node to its lower one.
 * dagre keeps these columns free for it.
 *
 * Rule 1. Through a rank an edge goes straight, in its column. So no edge runs through a box or a label.
 * Rule 2. An edge ends on the border of its box: at its port, or else where it need not bend.
 */
import type { Size } from './geometry.js';
import type { Level, LevelEdge, LevelNode } from './level.js';
import { alignRun, spreadPorts } from './ports.js';
import type { DagreGraph, Ranks } from './ranks.js';

/** An edge with its column in each rank that it meets. */
export interface Chain {
  edge: LevelEdge;
  /** Whether the edge leads from the lower node to the upper one. */
  isReversed: boolean;
  upper: LevelNode;
  lower: LevelNode;
  firstRank: number;
  /** A column for each rank; the first and the last are the ports. */
  columns: number[];
  label?: Size & { rank: number };
}

/** The chains of all edges of a level, their ports still open. */
export function chainEdges(
  { nodes, edges }: Level,
  { reversed }: Ranks,
  graph: DagreGraph,
): Chain[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return edges.map((edge) => {
    const { key, source, target } = edge;
    const isReversed = reversed.has(key);
    const [upper, lower] = isReversed ? [target, source] : [source, target];
    const { x, y, points } = graph.edge(upper, lower, key);
    // The first and the last point are where dagre would have it meet its boxes.
    const between = points.slice(1, -1);
    const firstRank = graph.node(upper).rank;
    const labelled = between.findIndex((point) => point.x === x && point.y === y);
    return {
      edge,
      isReversed,
      upper: byId.get(upper) as LevelNode,
      lower: byId.get(lower) as LevelNode,
      firstRank,
      columns: [Number.NaN, ...between.map((point) => point.x), Number.NaN],
      ...(edge.label && { label: { ...edge.label, rank: firstRank + 1 + labelled } }),
    };
  });
}

/** The left border of a node, from the left of the level. */
export function leftOf({ id, width, margin }: LevelNode, graph: DagreGraph): number {
  return graph.node(id).x - (width + margin) / 2;
}

/** Gives each edge its place on the borders of its boxes. */
export function assignPorts({ nodes }: Level, chains: readonly Chain[], graph: DagreGraph): void {
  for (const node of nodes) {
    const left = leftOf(node, graph);
    const lefts = chains.filter(({ upper }) => upper === node);
    assignBorder(node, left, lefts, ({ columns }) => [columns, 0, 1]);
    const arrivals = chains.filter(({ lower }) => lower === node);
    assignBorder(node, left, arrivals, ({ columns }) => [
      columns,
      columns.length - 1,
      columns.length - 2,
    ]);
  }
}

/** Assigns the ports of one border of a node; `at` tells which column is the port, and the one next to it. */
function assignBorder(
  node: LevelNode,
  left: number,
  chains: readonly Chain[],
  at: (one: Chain) => [columns: number[], own: number, next: number],
): void {
  const free: Chain[] = [];
  for (const one of chains) {
    const { sourcePort, targetPort } = one.edge;
    const port = (one.upper === node) !== one.isReversed ? sourcePort : targetPort;
    const [columns, own] = at(one);
    if (port !== undefined) columns[own] = left + port;
    else if (node.border !== undefined) columns[own] = left + node.width / 2;
    else free.push(one);
  }
  const wished = free.map((one) => {
    const [columns, , next] = at(one);
    return columns[next] as number;
  });
  const ports = spreadPorts(wished, left, node.width);
  for (const [index, one] of free.entries()) {
    const [columns, own] = at(one);
    columns[own] = ports[index] as number;
  }
}

/** Takes small jogs out of edges, at the cost of a column that is not quite where dagre had it. */
export function straighten(chains: readonly Chain[]): void {
  for (const { columns } of chains) {
    const last = columns.length - 1;
    const reached = alignRun(columns, 0, 1, last);
    if (reached < last) alignRun(columns, last, -1, last - reached);
  }
}
