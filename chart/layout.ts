/**
 * Lays a chart out: where every box, every line of text and every edge goes. No drawing, no DOM: the
 * same in Node and in a page.
 *
 * Rule 1. Each compound state is arranged alone, from the inside out, and is then one box in the
 *         level above it.
 * Rule 2. All transitions from one state to another are one edge, with a line of label for each.
 * Rule 3. An edge into or out of a compound state goes on inside it, to the very state. On which side
 *         it passes the border was decided by the ranks of the level where it is at home.
 */
import { Composer, LOOP, type Placed, START_SIZE } from './compose.js';
import type { Item, Notes } from './content.js';
import { moved, type Point, type Rect, type Size, simplified } from './geometry.js';
import { findLinks, treeOf } from './links.js';
import type { Chart, ChartState } from './model.js';

/** A chart with a place for everything, in px from the upper left corner. */
export interface Layout extends Size {
  chart: Chart;
  /** The box of every state; one stands before the boxes in it. */
  boxes: Box[];
  edges: Edge[];
  /** The centres of the dots from which the ways to initial states start. */
  starts: Point[];
}

/** The box of a state. */
export interface Box extends Rect {
  state: ChartState;
  /** Whether it is a region of a parallel state. */
  isRegion: boolean;
  /** The height of title and rows; what is in a compound state begins below. */
  header: number;
  rows: Item[];
}

/** An edge, from the border of one box to the border of another. */
export interface Edge {
  /** The ids of its transitions; none for the way to an initial state. */
  transitions: string[];
  /** The states at its ends; no source for the way to an initial state. */
  source?: string;
  target?: string;
  points: Point[];
  label?: Rect & { items: Item[] };
}

const MARGIN = 8;
/** Half of how far apart the ends of a loop are. */
const LOOP_HALF = 7;

/** Lays a chart out. `notes` go after the text of transitions, by their ids. */
export function layOut(chart: Chart, notes: Notes = new Map()): Layout {
  const root = treeOf(chart.root);
  const placed = new Composer(chart, findLinks(chart, root, notes), notes).compose(root);
  const layout: Layout = {
    chart,
    width: Math.ceil(placed.width + placed.margin + 2 * MARGIN),
    height: Math.ceil(placed.height + 2 * MARGIN),
    boxes: [],
    edges: [],
    starts: [],
  };
  const legs = new Map<string, AbsoluteLeg[]>();
  collect(placed, { x: MARGIN, y: MARGIN }, false, layout, legs);
  layout.edges.push(...[...legs.values()].map(joined));
  return layout;
}

type AbsoluteLeg = Placed['legs'][number];

/** Puts a box and what is in it into the layout, and the legs of its links with the others. */
function collect(
  placed: Placed,
  at: Point,
  isRegion: boolean,
  layout: Layout,
  legs: Map<string, AbsoluteLeg[]>,
): void {
  const { state, header, rows, width, height, loop, start } = placed;
  layout.boxes.push({ state, isRegion, header, rows, ...at, width, height });
  if (loop) layout.edges.push(loopAt(placed, loop, at));
  const half = START_SIZE / 2;
  if (start) layout.starts.push(moved(start, { x: at.x + half, y: at.y + half }));
  for (const leg of placed.legs) {
    const { link, label } = leg;
    const key = link?.key ?? `${state.id} starts`;
    const known = legs.get(key) ?? [];
    legs.set(key, known);
    known.push({
      ...leg,
      points: leg.points.map((point) => moved(point, at)),
      ...(label && { label: { ...label, centre: moved(label.centre, at) } }),
    });
  }
  for (const { placed: child, at: place } of placed.children) {
    const isPart = state.type === 'parallel' && child.state.type !== 'history';
    collect(child, moved(place, at), isPart, layout, legs);
  }
}

/** The legs of a link, as one edge. */
function joined(legs: AbsoluteLeg[]): Edge {
  const inOrder = [...legs].sort((one, other) => one.order - other.order);
  const label = inOrder.find((leg) => leg.label)?.label;
  const link = inOrder[0]?.link;
  return {
    transitions: (link?.transitions ?? []).map(({ id }) => id),
    ...(link && { source: link.source.state.id, target: link.target.state.id }),
    points: simplified(inOrder.flatMap(({ points }) => points)),
    ...(label && {
      label: {
        items: label.items,
        x: label.centre.x - label.width / 2,
        y: label.centre.y - label.height / 2,
        width: label.width,
        height: label.height,
      },
    }),
  };
}

/** The edge from a box to itself, beside it. */
function loopAt(placed: Placed, { link, label }: NonNullable<Placed['loop']>, at: Point): Edge {
  const { width, height, header, children } = placed;
  const room = children.length === 0 ? height : header;
  const middle = at.y + Math.max(room, label.height) / 2;
  const right = at.x + width;
  const turn = right + LOOP.out;
  return {
    transitions: link.transitions.map(({ id }) => id),
    source: link.source.state.id,
    target: link.target.state.id,
    points: [
      { x: right, y: middle - LOOP_HALF },
      { x: turn, y: middle - LOOP_HALF },
      { x: turn, y: middle + LOOP_HALF },
      { x: right, y: middle + LOOP_HALF },
    ],
    label: {
      items: label.items,
      x: turn + LOOP.gap,
      y: middle - label.height / 2,
      width: label.width,
      height: label.height,
    },
  };
}
