/**
 * Composes boxes from the inside out: each compound state is arranged alone, with places on its
 * border for the edges that pass it, and is then one box in the level above it. All places are from
 * the upper left corner of the box that they are in.
 */
import { type Item, type Notes, rowsOf, sizeOf, TITLE_SIZE } from './content.js';
import type { Point, Size } from './geometry.js';
import { type Arranged, arrange, type Route } from './level.js';
import {
  childToward,
  edgeBetween,
  isWithin,
  type Label,
  type Link,
  linksBetween,
  startEdges,
  startId,
  type Tree,
} from './links.js';
import type { Chart, ChartState } from './model.js';
import type { LevelEdge, LevelNode } from './ranks.js';
import { widthOf } from './text.js';

/** The part of an edge that runs in one level. */
export interface Leg {
  /** The link that it is a part of; none for the way from the dot to the initial state. */
  link?: Link;
  /** Orders the legs of a link: on the way out, at home, on the way in. */
  order: number;
  points: Point[];
  label?: Label & { centre: Point };
}

/** A box with what is in it, arranged. */
export interface Placed extends Size {
  state: ChartState;
  header: number;
  rows: Item[];
  /** Room to its right for the loop. */
  margin: number;
  loop?: { link: Link; label: Label };
  children: { placed: Placed; at: Point }[];
  legs: Leg[];
  /** The dot from which the way to the initial state starts. */
  start?: Point;
  /** Where links that end inside pass its border, from its left. */
  ports: Map<string, number>;
}

/** How far a loop goes out of its box, and from there to its label. */
export const LOOP = { out: 16, gap: 4 };
export const START_SIZE = 10;
export const TITLE_HEIGHT = 26;
const PADDING = 16;
const LEAST: Size = { width: 60, height: 34 };
const HISTORY: Size = { width: 26, height: 26 };

/** Composes the boxes of one chart. */
export class Composer {
  readonly #chart: Chart;
  readonly #links: readonly Link[];
  readonly #notes: Notes;

  constructor(chart: Chart, links: readonly Link[], notes: Notes) {
    this.#chart = chart;
    this.#links = links;
    this.#notes = notes;
  }

  compose(tree: Tree): Placed {
    const { state } = tree;
    const loop = this.#loopOf(tree);
    const margin = loop ? LOOP.out + LOOP.gap + loop.label.width : 0;
    const rows = rowsOf(state, this.#chart.transitions, this.#notes);
    const text = sizeOf(rows);
    const header = TITLE_HEIGHT + (rows.length === 0 ? 0 : text.height + 8);
    const title = widthOf(state.key, TITLE_SIZE, true);
    const common = { state, header, rows, margin, ...(loop && { loop }) };
    const width = Math.ceil(Math.max(LEAST.width, title + 24, text.width + 20));
    if (tree.children.length > 0) return this.#composeInside(tree, { ...common, width });
    const height = Math.max(LEAST.height, header, (loop?.label.height ?? 0) + 8);
    const size = state.type === 'history' ? HISTORY : { width, height };
    return { ...common, ...size, children: [], legs: [], ports: new Map() };
  }

  #composeInside(
    tree: Tree,
    common: Pick<Placed, 'state' | 'header' | 'rows' | 'margin' | 'width'>,
  ): Placed {
    const { state } = tree;
    const children = tree.children.map((child) => this.compose(child));
    const byId = new Map(children.map((child) => [child.state.id, child]));
    const ways = this.#waysIn(tree, byId);
    const nodes: LevelNode[] = [
      ...(state.initial === undefined ? [] : [startOf(tree)]),
      ...children.map(({ state: { id }, width, height, margin }) => ({
        id,
        width,
        height,
        margin,
      })),
      ...ways.flatMap(({ border }) => (border === undefined ? [] : [border])),
    ];
    const arranged = arrange(
      nodes,
      ways.map(({ edge }) => edge),
    );
    const width = Math.max(common.width, arranged.width + 2 * PADDING);
    const origin = { x: (width - arranged.width) / 2, y: common.header + PADDING };
    const height = origin.y + arranged.height + PADDING;
    const legs = ways.map((way) => legOf(way, arranged, origin, { width, height }, tree));
    const ports = new Map(
      ways.flatMap(({ edge: { key }, passes }, index) => {
        const points = (legs[index] as Leg).points;
        const end = passes === 'out' ? points.at(-1) : points[0];
        return passes === undefined ? [] : [[key, (end as Point).x] as const];
      }),
    );
    const placeOf = (id: string): Point => {
      const { x, y } = arranged.places.get(id) as Point;
      return { x: origin.x + x, y: origin.y + y };
    };
    return {
      ...common,
      width,
      height,
      children: children.map((placed) => ({ placed, at: placeOf(placed.state.id) })),
      legs,
      ports,
      ...(state.initial !== undefined && { start: placeOf(startOf(tree).id) }),
    };
  }

  #loopOf(tree: Tree): Placed['loop'] {
    const link = this.#links.find(({ source, target }) => source === tree && target === tree);
    return link?.label && { link, label: link.label };
  }

  /** All that runs in a level: from child to child, and to and from its border. */
  #waysIn(tree: Tree, children: ReadonlyMap<string, Placed>): Way[] {
    const ways: Way[] = startEdges(tree).map((edge) => ({ edge, isFlipped: false }));
    const port = (child: string, key: string): number | undefined =>
      children.get(child)?.ports.get(key);
    for (const link of linksBetween(tree, this.#links)) {
      const edge = edgeBetween(tree, link);
      const sourcePort = port(edge.source, link.key);
      const targetPort = port(edge.target, link.key);
      ways.push({
        link,
        edge: { ...edge, ...defined({ sourcePort, targetPort }) },
        isFlipped: false,
      });
    }
    for (const link of this.#links) {
      const leaves = isWithin(link.source, tree) && !isWithin(link.target, tree);
      const enters = isWithin(link.target, tree) && !isWithin(link.source, tree);
      if (!leaves && !enters) continue;
      const child = childToward(tree, leaves ? link.source : link.target).state.id;
      const side = leaves ? link.exit : link.enter;
      const borderId = `${link.key} at the border of ${tree.state.id}`;
      const border: LevelNode = { id: borderId, width: 2, height: 0, margin: 0, border: side };
      const own = port(child, link.key);
      const isDown = side === 'bottom';
      const isHome = link.level === tree;
      const edge: LevelEdge = {
        key: link.key,
        source: isDown ? child : borderId,
        target: isDown ? borderId : child,
        weight: 1,
        ...(isHome && link.label && { label: link.label }),
        ...defined(isDown ? { sourcePort: own } : { targetPort: own }),
      };
      ways.push({
        link,
        edge,
        border,
        isFlipped: leaves !== isDown,
        ...(!isHome && { passes: leaves ? 'out' : 'in' }),
      });
    }
    return ways;
  }
}

/** An edge of a level, and what it means to its link. */
interface Way {
  link?: Link;
  edge: LevelEdge;
  /** The place on the border of the level where it ends. */
  border?: LevelNode;
  /** Whether its link runs the other way. */
  isFlipped: boolean;
  /** Whether its link goes on beyond the border. */
  passes?: 'out' | 'in';
}

function defined(ports: { sourcePort?: number | undefined; targetPort?: number | undefined }): {
  sourcePort?: number;
  targetPort?: number;
} {
  return Object.fromEntries(Object.entries(ports).filter(([, port]) => port !== undefined));
}

function startOf(tree: Tree): LevelNode {
  return { id: startId(tree), width: START_SIZE, height: START_SIZE, margin: 0 };
}

/** The way as it runs in the box of the level, up to the border where it passes or ends there. */
function legOf(way: Way, arranged: Arranged, origin: Point, box: Size, tree: Tree): Leg {
  const { link, edge, border, isFlipped, passes } = way;
  const route = arranged.routes.get(edge.key) as Route;
  const points = route.points.map(({ x, y }) => ({ x: origin.x + x, y: origin.y + y }));
  if (isFlipped) points.reverse();
  if (border !== undefined) {
    const isOut = passes === 'out' || link?.target === tree;
    const x = (isOut ? points.at(-1) : points[0])?.x as number;
    // What starts from the state itself starts below what is written in it.
    const upper = passes === undefined ? origin.y - PADDING : 0;
    const end = { x, y: border.border === 'top' ? upper : box.height };
    if (isOut) points.push(end);
    else points.unshift(end);
  }
  const order = passes === undefined ? 0 : tree.depth + 1;
  const at = route.label;
  return {
    ...(link && { link }),
    order: passes === 'out' ? -order : order,
    points,
    ...(link?.label &&
      at && { label: { ...link.label, centre: { x: origin.x + at.x, y: origin.y + at.y } } }),
  };
}
