/**
 * From places in boxes to places on the page: every box, every dot, and every edge as one line.
 *
 * Rule 1. A box stands before the boxes in it, so that these are drawn above it.
 * Rule 2. The segments of a link are joined in their order: on the way out, at home, on the way in.
 */
import { LOOP, type StateBox } from './boxes.js';
import { moved, type Point, type Rect, simplified } from './geometry.js';
import type { TextItem } from './labels.js';
import { START_SIZE, startId } from './level.js';
import type { ChartState } from './model.js';
import type { RoutedSegment } from './segments.js';

/** The box of a state, on the page. */
export interface Box extends Rect {
  state: ChartState;
  /** Whether it is a region of a parallel state. */
  isRegion: boolean;
  /** The height of title and rows; the inside of a compound state begins below. */
  header: number;
  rows: TextItem[];
}

/** An edge, from the border of one box to the border of another. */
export interface Edge {
  /** The ids of its transitions; none for the edge to an initial state. */
  transitions: string[];
  /** The states at its ends; neither for the edge to an initial state. */
  source?: string;
  target?: string;
  points: Point[];
  label?: Rect & { items: TextItem[] };
}

/** A box with its corner on the page. */
export interface PlacedBox {
  box: StateBox;
  at: Point;
  isRegion: boolean;
}

/** Half of how far apart the ends of a loop are. */
const LOOP_HALF = 7;

/** Places a box, and all boxes in it. */
export function placeBoxes(box: StateBox, at: Point, isRegion = false): PlacedBox[] {
  const inner = box.children.flatMap(({ box: child, at: place }) => {
    const isPart = box.state.type === 'parallel' && child.state.type !== 'history';
    return placeBoxes(child, moved(place, at), isPart);
  });
  return [{ box, at, isRegion }, ...inner];
}

/** The box as it is drawn. */
export function drawnBox({ box, at, isRegion }: PlacedBox): Box {
  const { state, header, rows, width, height } = box;
  return { state, isRegion, header, rows, ...at, width, height };
}

/** The centre of the dot in a box, where it has one. */
export function startIn({ box: { start }, at }: PlacedBox): Point[] {
  const half = START_SIZE / 2;
  return start === undefined ? [] : [moved(start, { x: at.x + half, y: at.y + half })];
}

/** The edge from a box to itself, beside it, where it has one. */
export function loopAt({ box, at }: PlacedBox): Edge[] {
  const { loop, width, height, header, children } = box;
  if (loop === undefined) return [];
  const { link, label } = loop;
  const room = children.length === 0 ? height : header;
  const middle = at.y + Math.max(room, label.height) / 2;
  const right = at.x + width;
  const turn = right + LOOP.out;
  return [
    {
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
    },
  ];
}

/** Joins the segments of all boxes to edges. */
export function joinSegments(placed: readonly PlacedBox[]): Edge[] {
  const byEdge = new Map<string, RoutedSegment[]>();
  for (const { box, at } of placed) {
    for (const segment of box.segments) {
      const key = segment.link?.key ?? startId(box);
      const known = byEdge.get(key) ?? [];
      byEdge.set(key, known);
      known.push(segmentMoved(segment, at));
    }
  }
  return [...byEdge.values()].map(joined);
}

function segmentMoved(segment: RoutedSegment, by: Point): RoutedSegment {
  const { points, label } = segment;
  return {
    ...segment,
    points: points.map((point) => moved(point, by)),
    ...(label && { label: { ...label, centre: moved(label.centre, by) } }),
  };
}

function joined(segments: readonly RoutedSegment[]): Edge {
  const inOrder = [...segments].sort((one, other) => one.order - other.order);
  const label = inOrder.find((segment) => segment.label)?.label;
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
