/**
 * Arranges one level of a chart: the states directly in one compound state, and the edges between
 * them. Ranks, orders and columns are dagre's; heights, ports and the ways of edges are made here.
 *
 * Rule 1. Between two ranks an edge goes on a track of its own; through a rank it goes straight, in
 *         the column that dagre kept free for it. So no edge runs through a box or a label.
 * Rule 2. An edge ends on the border of its box: where it was told to, or else where it need not bend.
 */
import { moved, type Point, type Rect, type Size } from './geometry.js';
import { alignRun, spreadPorts } from './ports.js';
import { type DagreGraph, dagreOf, type LevelEdge, type LevelNode, rank } from './ranks.js';
import { assignTracks } from './tracks.js';

/** The way of an edge, and the centre of its label. */
export interface Route {
  points: Point[];
  label?: Point;
}

/** A level, arranged: the places of its nodes by their upper left corners. */
export interface Arranged extends Size {
  places: Map<string, Point>;
  routes: Map<string, Route>;
}

const TRACK_GAP = 9;
/** From a rank to the first track, and from the last track to the next rank: room for an arrowhead. */
const BEFORE_TRACKS = 10;
const AFTER_TRACKS = 15;
/** The same, where nothing stands in the rank. */
const BESIDE_NOTHING = 4;

/** Arranges a level. */
export function arrange(nodes: readonly LevelNode[], edges: readonly LevelEdge[]): Arranged {
  const inner = nodes.filter((node) => node.border === undefined).map(({ id }) => id);
  const isInner = ({ source, target }: LevelEdge): boolean =>
    inner.includes(source) && inner.includes(target);
  const ranks = rank(inner, edges.filter(isInner));
  const last = Math.max(0, ...ranks.of.values());
  const graph = dagreOf(nodes, edges, ranks, (edge) => {
    if (isInner(edge)) return 1;
    const from = ranks.of.get(edge.source) ?? -2;
    const to = ranks.of.get(edge.target) ?? last + 2;
    return (to - from) / 2;
  });
  return new Router(nodes, edges, graph, ranks.reversed).arranged();
}

/** An edge on its way down: the node it leaves, its column in each rank in between, where it ends. */
interface Descent {
  edge: LevelEdge;
  isReversed: boolean;
  upper: LevelNode;
  lower: LevelNode;
  firstRank: number;
  /** A column for each rank, the ports included. */
  columns: number[];
  label?: Size & { rank: number };
}

class Router {
  readonly #nodes: Map<string, LevelNode>;
  readonly #graph: DagreGraph;
  readonly #descents: Descent[];
  #tops: number[] = [];
  #bottoms: number[] = [];
  /** The height of each track of an edge, by its key and the rank above. */
  readonly #tracks = new Map<string, number>();

  constructor(
    nodes: readonly LevelNode[],
    edges: readonly LevelEdge[],
    graph: DagreGraph,
    reversed: ReadonlySet<string>,
  ) {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    this.#graph = graph;
    this.#descents = edges.map((edge) => this.#descentOf(edge, reversed.has(edge.key)));
  }

  arranged(): Arranged {
    this.#assignPorts();
    this.#straighten();
    this.#stackRanks();
    const routes = new Map(this.#descents.map((one) => [one.edge.key, this.#routeOf(one)]));
    const places = new Map([...this.#nodes.values()].map((node) => [node.id, this.#placeOf(node)]));
    const labels = this.#descents.flatMap(({ edge, label }) => {
      const centre = routes.get(edge.key)?.label;
      if (label === undefined || centre === undefined) return [];
      const { width, height } = label;
      return [{ x: centre.x - width / 2, y: centre.y - height / 2, width, height }];
    });
    return normalised(this.#nodes, places, routes, labels);
  }

  #node(id: string): LevelNode {
    return this.#nodes.get(id) as LevelNode;
  }

  #rankOf(id: string): number {
    return this.#graph.node(id).rank;
  }

  #leftOf({ id, width, margin }: LevelNode): number {
    return this.#graph.node(id).x - (width + margin) / 2;
  }

  #descentOf(edge: LevelEdge, isReversed: boolean): Descent {
    const { key, source, target } = edge;
    const [upper, lower] = isReversed ? [target, source] : [source, target];
    const { x, y, points } = this.#graph.edge(upper, lower, key);
    // The first and the last point are where dagre would have it meet its boxes.
    const between = points.slice(1, -1);
    const firstRank = this.#rankOf(upper);
    const labelled = between.findIndex((point) => point.x === x && point.y === y);
    return {
      edge,
      isReversed,
      upper: this.#node(upper),
      lower: this.#node(lower),
      firstRank,
      columns: [Number.NaN, ...between.map((point) => point.x), Number.NaN],
      ...(edge.label && { label: { ...edge.label, rank: firstRank + 1 + labelled } }),
    };
  }

  /** Gives each edge its place on the borders of its boxes. */
  #assignPorts(): void {
    for (const node of this.#nodes.values()) {
      const lefts = this.#descents.filter(({ upper }) => upper === node);
      this.#spread(node, lefts, ({ columns }) => [columns, 0, 1]);
      const arrivals = this.#descents.filter(({ lower }) => lower === node);
      this.#spread(node, arrivals, ({ columns }) => [
        columns,
        columns.length - 1,
        columns.length - 2,
      ]);
    }
  }

  #spread(
    node: LevelNode,
    descents: Descent[],
    at: (one: Descent) => [columns: number[], own: number, next: number],
  ): void {
    const left = this.#leftOf(node);
    const free: Descent[] = [];
    for (const one of descents) {
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

  /** Stacks the ranks, with as much room between them as their tracks need. */
  #stackRanks(): void {
    const heights = this.#heightsOfRanks();
    const first = heights.findIndex((_, rank) => this.#isUsed(rank));
    let y = 0;
    for (const [rank, height] of heights.entries()) {
      this.#tops.push(y);
      this.#bottoms.push(y + height);
      if (rank < first) continue;
      y += height;
      const passing = this.#descents.filter(
        ({ firstRank, columns }) => firstRank <= rank && rank < firstRank + columns.length - 1,
      );
      const tracks = assignTracks(
        passing.map(({ firstRank, columns }) => ({
          upper: columns[rank - firstRank] as number,
          lower: columns[rank - firstRank + 1] as number,
        })),
      );
      const count = Math.max(-1, ...tracks.map((track) => track ?? -1)) + 1;
      if (height > 0) y += BEFORE_TRACKS - BESIDE_NOTHING;
      y += BESIDE_NOTHING;
      for (const [index, { edge }] of passing.entries()) {
        const track = tracks[index] ?? 0;
        this.#tracks.set(`${edge.key} ${rank}`, y + track * TRACK_GAP);
      }
      y += Math.max(0, count - 1) * TRACK_GAP;
      y += heights[rank + 1] === 0 ? BESIDE_NOTHING : AFTER_TRACKS;
    }
  }

  /** Whether a rank is no higher than what is drawn. */
  #isUsed(rank: number): boolean {
    return [...this.#nodes.keys()].some((id) => this.#rankOf(id) <= rank);
  }

  /** Takes small jogs out of edges, at the cost of a column that is not quite where dagre had it. */
  #straighten(): void {
    for (const { columns } of this.#descents) {
      const last = columns.length - 1;
      const reached = alignRun(columns, 0, 1, last);
      if (reached < last) alignRun(columns, last, -1, last - reached);
    }
  }

  #heightsOfRanks(): number[] {
    const heights: number[] = [];
    const raise = (rank: number, height: number): void => {
      heights[rank] = Math.max(heights[rank] ?? 0, height);
    };
    for (const node of this.#nodes.values()) raise(this.#rankOf(node.id), node.height);
    for (const { label } of this.#descents) if (label) raise(label.rank, label.height);
    return Array.from(heights, (height) => height ?? 0);
  }

  #middleOf(rank: number): number {
    return ((this.#tops[rank] as number) + (this.#bottoms[rank] as number)) / 2;
  }

  #placeOf(node: LevelNode): Point {
    return { x: this.#leftOf(node), y: this.#middleOf(this.#rankOf(node.id)) - node.height / 2 };
  }

  #routeOf({ edge, isReversed, upper, lower, firstRank, columns, label }: Descent): Route {
    const points: Point[] = [];
    for (const [index, x] of columns.entries()) {
      const rank = firstRank + index;
      const isFirst = index === 0;
      const isLast = index === columns.length - 1;
      if (!isFirst) points.push({ x, y: this.#tracks.get(`${edge.key} ${rank - 1}`) as number });
      if (isFirst) points.push({ x, y: this.#placeOf(upper).y + upper.height });
      if (isLast) points.push({ x, y: this.#placeOf(lower).y });
      else points.push({ x, y: this.#tracks.get(`${edge.key} ${rank}`) as number });
    }
    if (isReversed) points.reverse();
    if (label === undefined) return { points };
    const x = columns[label.rank - firstRank] as number;
    return { points, label: { x, y: this.#middleOf(label.rank) } };
  }
}

/** Moves everything so that it begins at 0, and says how large it is. */
function normalised(
  nodes: ReadonlyMap<string, LevelNode>,
  places: ReadonlyMap<string, Point>,
  routes: ReadonlyMap<string, Route>,
  labels: readonly Rect[],
): Arranged {
  const boxes = [...nodes.values()].map(({ id, width, height, margin }) => {
    return { ...(places.get(id) as Point), width: width + margin, height };
  });
  const points = [...routes.values()].flatMap((route) => route.points);
  const rects = [
    ...boxes,
    ...labels,
    ...points.map((point) => ({ ...point, width: 0, height: 0 })),
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

function routeMoved({ points, label }: Route, by: Point): Route {
  const way = points.map((point) => moved(point, by));
  return label === undefined ? { points: way } : { points: way, label: moved(label, by) };
}
