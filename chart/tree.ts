/**
 * The states of a chart with their parents: which state is in which, and in what order a pass visits them.
 *
 * Rule 1. A level is the inside of one compound state: the states directly in it.
 */
import type { ChartState } from './model.js';

/** A state among its relatives. */
export interface Tree {
  state: ChartState;
  parent: Tree | undefined;
  children: Tree[];
  depth: number;
}

/** The state and those in it, with their parents. */
export function treeOf(state: ChartState, parent?: Tree): Tree {
  const tree: Tree = { state, parent, children: [], depth: parent ? parent.depth + 1 : 0 };
  tree.children = state.children.map((child) => treeOf(child, tree));
  return tree;
}

/** The state and all states in it, in the order of the document: each before the states in it. */
export function outsideIn(tree: Tree): Tree[] {
  return [tree, ...tree.children.flatMap(outsideIn)];
}

/** The state and all states in it: each after the states in it. */
export function insideOut(tree: Tree): Tree[] {
  return outsideIn(tree).reverse();
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

/** The innermost state that has both states in it; one of the two, where that holds the other. */
export function commonLevel(source: Tree, target: Tree): Tree {
  let level = source;
  while (level !== target && !isWithin(target, level)) level = level.parent as Tree;
  return level;
}
