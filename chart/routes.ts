/**
 * The points of a level: where its boxes stand, and the lines of its edges.
 *
 * Rule 1. Between two ranks an edge runs along its track. Through a rank it runs straight, in its column.
 * Rule 2. A level begins at 0, whatever dagre's columns begin at.
 */
import { type Chain, leftOf } from './chains.js';
import { moved, type Point, type Rect, type Size } from './geometry.js';
import type { Level } from './level.js';
import type { DagreGraph } from './ranks.js';
import type { Stack } from './stack.js';

/** The line of an edge, and the centre of its label. */
export interface RoutedEdge {
  points: Point[];
  label?: Point;
}

/** A level, arranged: the places of its nodes by their upper left corners. */
export interface ArrangedLevel extends Size {
  places: ReadonlyMap<string, Point>;
  routes: ReadonlyMap<string, RoutedEdge>;
}

/** Places the nodes: each in its column, in the middle of its rank. */
export function placeNodes({ nodes }: Level, graph: DagreGraph, stack: Stack): Map<string, Point> {
  return new Map(
    nodes.map((node) => {
      const y = stack.middleOf(graph.node(node.id).rank) - node.height / 2;
      return [node.id, { x: leftOf(node, graph), y }];
    }),
  );
}

/** Routes the edges: down their columns, and across on their tracks. */
export function routeEdges(
  chains: readonly Chain[],
  places: ReadonlyMap<string, Point>,
  stack: Stack,
): Map<string, RoutedEdge> {
  return new Map(chains.map((chain) => [chain.edge.key, routeOf(chain, places, stack)]));
}

function routeOf(
  { edge, isReversed, upper, lower, firstRank, columns, label }: Chain,
  places: ReadonlyMap<string, Point>,
  stack: Stack,
): RoutedEdge {
  const topOf = (id: string): number => (places.get(id) as Point).y;
  const points: Point[] = [];
  for (const [index, x] of columns.entries()) {
    const rank = firstRank + index;
    const isFirst = index === 0;
    const isLast = index === columns.length - 1;
    if (!isFirst) points.push({ x, y: stack.trackOf(edge.key, rank - 1) });
    if (isFirst) points.push({ x, y: topOf(upper.id) + upper.height });
    if (isLast) points.push({ x, y: topOf(lower.id) });
    else points.push({ x, y: stack.trackOf(edge.key, rank) });
  }
  if (isReversed) points.reverse();
  if (label === undefined) return { points };
  const x = columns[label.rank - firstRank] as number;
  return { points, label: { x, y: stack.middleOf(label.rank) } };
}

/** Moves everything so that the level begins at 0, and measures it. */
export function trimLevel(
  { nodes }: Level,
  chains: readonly Chain[],
  places: ReadonlyMap<string, Point>,
  routes: ReadonlyMap<string, RoutedEdge>,
): ArrangedLevel {
  const rects = [
    ...nodes.map(({ id, width, height, margin }) => {
      return { ...(places.get(id) as Point), width: width + margin, height };
    }),
    ...chains.flatMap((chain) => labelRects(chain, routes)),
    ...[...routes.values()].flatMap(({ points }) =>
      points.map((point) => ({ ...point, width: 0, height: 0 })),
    ),
  ];
  const left = Math.min(...rects.map(({ x }) => x));
  const by = { x: -left, y: 0 };
  return {
    width: Math.max(...rects.map(({ x, width }) => x + width)) - left,
    height: Math.max(...rects.map(({ y, height }) => y + height)),
    places: new Map([...places].map(([id, place]) => [id, moved(place, by)])),
    routes: new Map([...routes].map(([key, route]) => [key, routeMoved(route, by)])),
  };
}

function labelRects({ edge, label }: Chain, routes: ReadonlyMap<string, RoutedEdge>): Rect[] {
  const centre = routes.get(edge.key)?.label;
  if (label === undefined || centre === undefined) return [];
  const { width, height } = label;
  return [{ x: centre.x - width / 2, y: centre.y - height / 2, width, height }];
}

function routeMoved({ points, label }: RoutedEdge, by: Point): RoutedEdge {
  const line = points.map((point) => moved(point, by));
  return label === undefined ? { points: line } : { points: line, label: moved(label, by) };
}
