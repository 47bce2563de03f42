/**
 * Lays a chart out: where every box, every line of text and every edge goes. `layOut` is the list of all
 * passes, in their order. A pass does one thing, and stands in the file of its name.
 *
 * Rule 1. No drawing, no DOM: the same in Node and in a page.
 * Rule 2. Each compound state is arranged alone, from the inside out. Then it is one box in the level above.
 * Rule 3. All transitions from one state to another are one edge, with a line of label for each.
 * Rule 4. An edge into or out of a compound state continues inside it, to the very state.
 */
import { compoundBox, leafBox, levelIn, measureText, type StateBox } from './boxes.js';
import { assignPorts, chainEdges, straighten } from './chains.js';
import type { Point, Size } from './geometry.js';
import type { Notes } from './labels.js';
import { chooseBorders, gatherLinks, labelLinks } from './links.js';
import type { Chart } from './model.js';
import {
  type Box,
  drawnBox,
  type Edge,
  joinSegments,
  loopAt,
  placeBoxes,
  startIn,
} from './placement.js';
import { orderNodes, rankLevel } from './ranks.js';
import { placeNodes, routeEdges, trimLevel } from './routes.js';
import { gatherSegments } from './segments.js';
import { stackRanks } from './stack.js';
import { insideOut, outsideIn, type Tree, treeOf } from './tree.js';

export type { Box, Edge } from './placement.js';

/** A chart with a place for everything, in px from the upper left corner. */
export interface Layout extends Size {
  chart: Chart;
  /** The box of every state; one stands before the boxes in it. */
  boxes: Box[];
  edges: Edge[];
  /** The centres of the dots from which initial states are entered. */
  starts: Point[];
}

/** The free border of the page. */
const MARGIN = 8;

/** Lays a chart out. `notes` go after the text of transitions, by their ids. */
export function layOut(chart: Chart, notes: Notes = new Map()): Layout {
  const root = treeOf(chart.root);
  const links = gatherLinks(chart, root);
  labelLinks(links, notes);
  for (const level of outsideIn(root)) chooseBorders(level, links);

  const boxes = new Map<Tree, StateBox>();
  for (const tree of insideOut(root)) {
    const text = measureText(tree, chart, links, notes);
    if (tree.children.length === 0) {
      boxes.set(tree, leafBox(text));
      continue;
    }
    const segments = gatherSegments(tree, links, boxes);
    const level = levelIn(tree, segments, boxes);
    const ranks = rankLevel(level);
    const graph = orderNodes(level, ranks);
    const chains = chainEdges(level, ranks, graph);
    assignPorts(level, chains, graph);
    straighten(chains);
    const stack = stackRanks(level, chains, graph);
    const places = placeNodes(level, graph, stack);
    const routes = routeEdges(chains, places, stack);
    const arranged = trimLevel(level, chains, places, routes);
    boxes.set(tree, compoundBox(tree, text, segments, arranged, boxes));
  }

  const outermost = boxes.get(root) as StateBox;
  const placed = placeBoxes(outermost, { x: MARGIN, y: MARGIN });
  return {
    chart,
    width: Math.ceil(outermost.width + outermost.margin + 2 * MARGIN),
    height: Math.ceil(outermost.height + 2 * MARGIN),
    boxes: placed.map(drawnBox),
    edges: [...placed.flatMap(loopAt), ...joinSegments(placed)],
    starts: placed.flatMap(startIn),
  };
}
