/**
 * What joins the states of a chart: the transitions from one state to another, gathered, each with
 * the level where it is at home and the sides on which it passes the borders of compound states.
 */
import { type Item, labelOf, type Notes, sizeOf } from './content.js';
import type { Size } from './geometry.js';
import type { Chart, ChartState, ChartTransition } from './model.js';
import { type LevelEdge, rank } from './ranks.js';

/** A state among its relatives. */
export interface Tree {
  state: ChartState;
  parent: Tree | undefined;
  children: Tree[];
  depth: number;
}

export type Side = 'top' | 'bottom';

/** The label of an edge, and the room for it. */
export interface Label extends Size {
  items: Item[];
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
  exit: Side;
  enter: Side;
}

/** The state and those in it, with their parents. */
export function treeOf(state: ChartState, parent?: Tree): Tree {
  const tree: Tree = { state, parent, children: [], depth: parent ? parent.depth + 1 : 0 };
  tree.children = state.children.map((child) => treeOf(child, tree));
  return tree;
}

/** The links of a chart; those from a state to itself are at home in that state. */
export function findLinks(chart: Chart, root: Tree, notes: Notes): Link[] {
  const trees = new Map(below(root).map((tree) => [tree.state.id, tree]));
  const links = new Map<string, Link>();
  for (const transition of chart.transitions) {
    for (const id of transition.targets) {
      const key = `${transition.source} -> ${id}`;
      const known = links.get(key);
      if (known) known.transitions.push(transition);
      else links.set(key, linkOf(key, transition, trees, id));
    }
  }
  const all = [...links.values()].map((link) => withLabel(link, notes));
  for (const tree of below(root)) chooseSides(tree, all);
  return all;
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
  const level = levelOf(source, target);
  return { key, source, target, transitions: [transition], level, exit: 'bottom', enter: 'top' };
}

/** Room around the text of a label, so that the edge ends short of it. */
const LABEL_PADDING = { x: 8, y: 6 };

function withLabel(link: Link, notes: Notes): Link {
  const items = labelOf(link.transitions, notes);
  if (items.length === 0) return link;
  const { width, height } = sizeOf(items);
  const label = {
    items,
    width: Math.ceil(width) + 2 * LABEL_PADDING.x,
    height: height + 2 * LABEL_PADDING.y,
  };
  return { ...link, label };
}

function below(tree: Tree): Tree[] {
  return [tree, ...tree.children.flatMap(below)];
}

function levelOf(source: Tree, target: Tree): Tree {
  let level = source;
  while (level !== target && !isWithin(target, level)) level = level.parent as Tree;
  return level;
}

/** Whether a state is somewhere in another. */
export function isWithin(tree: Tree, outer: Tree): boolean {
  for (let at = tree.parent; at !== undefined; at = at.parent) if (at === outer) return true;
  return false;
}

/** The state directly in a level that is, or holds, another. */
export function childToward(level: Tree, tree: Tree): Tree {
  let at = tree;
  while (at.parent !== level) at = at.parent as Tree;
  return at;
}

/** The links of a level from one of its children to another. */
export function linksBetween(level: Tree, links: readonly Link[]): Link[] {
  return links.filter(
    (link) => link.level === level && link.source !== level && link.target !== level,
  );
}

/** An edge of a level for a link that is at home there. */
export function edgeBetween(level: Tree, { key, source, target, label }: Link): LevelEdge {
  const from = childToward(level, source);
  const to = childToward(level, target);
  const order = level.children.indexOf(to) - level.children.indexOf(from);
  // What follows in the document follows on the page, where it can.
  const weight = order === 1 ? 3 : 1;
  return { key, source: from.state.id, target: to.state.id, weight, ...(label && { label }) };
}

/** The id of the dot in a compound state from which the way to the initial state starts. */
export function startId({ state }: Tree): string {
  return `${state.id} starts`;
}

/** The way from the dot to the initial state. */
export function startEdges(level: Tree): LevelEdge[] {
  const { initial } = level.state;
  if (initial === undefined) return [];
  return [{ key: startId(level), source: startId(level), target: initial, weight: 4 }];
}

/** A link leaves upwards where its target has a higher rank. */
function chooseSides(level: Tree, links: readonly Link[]): void {
  const between = linksBetween(level, links);
  if (between.length === 0) return;
  const starts = startEdges(level);
  const ids = [...starts.map(({ key }) => key), ...level.children.map(({ state }) => state.id)];
  const edges = between.map((link) => edgeBetween(level, link));
  const { of } = rank(ids, [...starts, ...edges]);
  for (const [index, { source, target }] of edges.entries()) {
    const link = between[index] as Link;
    const isDown = (of.get(source) as number) < (of.get(target) as number);
    link.exit = isDown ? 'bottom' : 'top';
    link.enter = isDown ? 'top' : 'bottom';
  }
}
