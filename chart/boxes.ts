/**
 * The box of one state: its text measured, and around the level in it, where it has one.
 *
 * Rule 1. A box is made after the boxes in it, and before the level that it stands in.
 * Rule 2. All places are from the upper left corner of the box that they are in.
 */
import { moved, type Point, type Size } from './geometry.js';
import { type Notes, sizeOf, stateRows, type TextItem, TITLE_SIZE } from './labels.js';
import { type Level, type LevelNode, startId, startNodes } from './level.js';
import type { Label, Link } from './links.js';
import { widthOf } from './metrics.js';
import type { Chart, ChartState } from './model.js';
import type { ArrangedLevel } from './routes.js';
import {
  type Frame,
  portsOf,
  type RoutedSegment,
  routedSegment,
  type Segment,
} from './segments.js';
import type { Tree } from './tree.js';

/** The text of a box, measured. */
export interface BoxText {
  state: ChartState;
  /** The height of title and rows. */
  header: number;
  rows: TextItem[];
  /** Room to its right for the loop. */
  margin: number;
  /** The edge from the state to itself. */
  loop?: { link: Link; label: Label };
  /** The width that title and rows need. */
  width: number;
}

/** A box with the boxes in it, arranged. */
export interface StateBox extends BoxText, Size {
  children: { box: StateBox; at: Point }[];
  segments: RoutedSegment[];
  /** The dot from which the edge to the initial state starts. */
  start?: Point;
  /** Where links that end inside pass its border, from its left. */
  ports: ReadonlyMap<string, number>;
}

/** How far a loop goes out of its box, and from there to its label. */
export const LOOP = { out: 16, gap: 4 };
export const TITLE_HEIGHT = 26;
const PADDING = 16;
const LEAST: Size = { width: 60, height: 34 };
const HISTORY: Size = { width: 26, height: 26 };

/** Measures the text of a state: its title, its rows, and the label of its loop. */
export function measureText(
  tree: Tree,
  chart: Chart,
  links: readonly Link[],
  notes: Notes,
): BoxText {
  const { state } = tree;
  const loop = loopOf(tree, links);
  const margin = loop ? LOOP.out + LOOP.gap + loop.label.width : 0;
  const rows = stateRows(state, chart.transitions, notes);
  const text = sizeOf(rows);
  const header = TITLE_HEIGHT + (rows.length === 0 ? 0 : text.height + 8);
  const title = widthOf(state.key, TITLE_SIZE, true);
  const width = Math.ceil(Math.max(LEAST.width, title + 24, text.width + 20));
  return { state, header, rows, margin, ...(loop && { loop }), width };
}

function loopOf(tree: Tree, links: readonly Link[]): BoxText['loop'] {
  const link = links.find(({ source, target }) => source === tree && target === tree);
  return link?.label && { link, label: link.label };
}

/** The box of a state without states in it. */
export function leafBox(text: BoxText): StateBox {
  const { state, header, loop, width } = text;
  const height = Math.max(LEAST.height, header, (loop?.label.height ?? 0) + 8);
  const size = state.type === 'history' ? HISTORY : { width, height };
  return { ...text, ...size, children: [], segments: [], ports: new Map() };
}

/** The graph of the level in a compound state: the dot, the boxes, and the places on the border. */
export function levelIn(
  tree: Tree,
  segments: readonly Segment[],
  boxes: ReadonlyMap<Tree, StateBox>,
): Level {
  const nodeOf = ({ state: { id }, width, height, margin }: StateBox): LevelNode => {
    return { id, width, height, margin };
  };
  return {
    nodes: [
      ...startNodes(tree),
      ...childrenOf(tree, boxes).map(nodeOf),
      ...segments.flatMap(({ border }) => (border === undefined ? [] : [border])),
    ],
    edges: segments.map(({ edge }) => edge),
  };
}

/** The box of a compound state around its arranged level. */
export function compoundBox(
  tree: Tree,
  text: BoxText,
  segments: readonly Segment[],
  arranged: ArrangedLevel,
  boxes: ReadonlyMap<Tree, StateBox>,
): StateBox {
  const width = Math.max(text.width, arranged.width + 2 * PADDING);
  const origin = { x: (width - arranged.width) / 2, y: text.header + PADDING };
  const height = origin.y + arranged.height + PADDING;
  const frame: Frame = { tree, box: { width, height }, origin, textEnd: origin.y - PADDING };
  const routed = segments.map((segment) => routedSegment(segment, arranged, frame));
  const placeOf = (id: string): Point => moved(origin, arranged.places.get(id) as Point);
  return {
    ...text,
    width,
    height,
    children: childrenOf(tree, boxes).map((box) => ({ box, at: placeOf(box.state.id) })),
    segments: routed,
    ports: portsOf(segments, routed),
    ...(tree.state.initial !== undefined && { start: placeOf(startId(tree)) }),
  };
}

function childrenOf({ children }: Tree, boxes: ReadonlyMap<Tree, StateBox>): StateBox[] {
  return children.map((child) => boxes.get(child) as StateBox);
}
