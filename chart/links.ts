/**
 * The links of a chart: all transitions from one state to another, as one edge to be.
 *
 * Rule 1. A link is at home in one level: the innermost one that has both ends in it.
 * Rule 2. The ranks of that level decide on which side the link passes the borders around its ends. So the
 *         levels below it can be arranged before it.
 */
import type { Size } from './geometry.js';
import { edgeLabel, type Notes, sizeOf, type TextItem } from './labels.js';
import { type LevelEdge, startEdges } from './level.js';
import type { Chart, ChartTransition } from './model.js';
import { rankNodes } from './ranks.js';
import { childToward, commonLevel, outsideIn, type Tree } from './tree.js';

/** A horizontal border of a box. */
export type Border = 'top' | 'bottom';

/** The label of an edge, and the room for it. */
export interface Label extends Size {
  items: TextItem[];
}

/** All transitions from one state to another. */
export interface Link {
  key: string;
  source: Tree;
  target: Tree;
  transitions: ChartTransition[];
  /** None where there is nothing to say. */
  label?: Label;
  /** The innermost state that has both ends in it; one of the ends, where that holds the other. */
  level: Tree;
  /** Where it leaves the compound states around its source, and enters those around its target. */
  exit: Border;
  enter: Border;
}

/** The links of a chart, in the order of their first transitions. */
export function gatherLinks({ transitions }: Chart, root: Tree): Link[] {
  const trees = new Map(outsideIn(root).map((tree) => [tree.state.id, tree]));
  const links = new Map<string, Link>();
  for (const transition of transitions) {
    for (const id of transition.targets) {
      const key = `${transition.source} -> ${id}`;
      const known = links.get(key);
      if (known) known.transitions.push(transition);
      else links.set(key, linkOf(key, transition, trees, id));
    }
  }
  return [...links.values()];
}

function linkOf(
  key: string,
  transition: ChartTransition,
  trees: ReadonlyMap<string, Tree>,
  id: string,
): Link {
  const source = trees.get(transition.source);
  const target = trees.get(id);
  if (source === undefined || target === undefined)
    throw new Error(`${key}: there is no such state`);
  const level = commonLevel(source, target);
  return { key, source, target, transitions: [transition], level, exit: 'bottom', enter: 'top' };
}

/** Room around the text of a label, so that the edge ends short of it. */
const LABEL_PADDING = { x: 8, y: 6 };

/** Gives each link its label. */
export function labelLinks(links: readonly Link[], notes: Notes): void {
  for (const link of links) {
    const items = edgeLabel(link.transitions, notes);
    if (items.length === 0) continue;
    const { width, height } = sizeOf(items);
    link.label = {
      items,
      width: Math.ceil(width) + 2 * LABEL_PADDING.x,
      height: height + 2 * LABEL_PADDING.y,
    };
  }
}

/** Chooses the borders for the links of one level: a link leaves upwards where its target ranks higher. */
export function chooseBorders(level: Tree, links: readonly Link[]): void {
  const between = linksBetween(level, links);
  if (between.length === 0) return;
  const starts = startEdges(level);
  const ids = [...starts.map(({ key }) => key), ...level.children.map(({ state }) => state.id)];
  const edges = between.map((link) => edgeBetween(level, link));
  const { of } = rankNodes(ids, [...starts, ...edges]);
  for (const [index, { source, target }] of edges.entries()) {
    const link = between[index] as Link;
    const isDown = (of.get(source) as number) < (of.get(target) as number);
    link.exit = isDown ? 'bottom' : 'top';
    link.enter = isDown ? 'top' : 'bottom';
  }
}

/** The links of a level from one of its children to another. */
export function linksBetween(level: Tree, links: readonly Link[]): Link[] {
  return links.filter(
    (link) => link.level === level && link.source !== level && link.target !== level,
  );
}

/** The edge of a level for a link that is at home there. */
export function edgeBetween(level: Tree, { key, source, target, label }: Link): LevelEdge {
  const from = childToward(level, source);
  const to = childToward(level, target);
  const order = level.children.indexOf(to) - level.children.indexOf(from);
  // A state that follows another in the document follows it on the page, where it can.
  const weight = order === 1 ? 3 : 1;
  return { key, source: from.state.id, target: to.state.id, weight, ...(label && { label }) };
}
