/**
 * Configurations: which states are active together, and what a set of transitions makes of them.
 *
 * Rule 1. It is the algorithm of the statechart standard (W3C SCXML, appendix D) as XState reads it:
 *         exits from the innermost outwards, entries from the outermost inwards.
 * Rule 2. The order of `nodes` is the order in which they were entered. XState's is, and the order of
 *         parallel regions in an event follows from it.
 * Rule 3. Nothing here depends on the context: guards have been asked before.
 */
import type { AnyStateNode, StateValue } from 'xstate';

export type Node = AnyStateNode;

/** What the history states remember, by their id. */
export type History = Readonly<Record<string, readonly Node[]>>;

/** The states that are active together, and what the history states remember meanwhile. */
export interface Configuration {
  readonly nodes: readonly Node[];
  readonly history: History;
  readonly value: StateValue;
}

/** What of a transition decides which states are left and entered. */
export interface Move {
  readonly source: Node;
  readonly target?: readonly Node[] | undefined;
  readonly reenter: boolean;
}

/** What a set of moves does, in the order in which it is done. */
export interface Passage {
  readonly exits: readonly Node[];
  readonly entries: readonly Entry[];
  readonly nodes: readonly Node[];
  readonly history: History;
}

export interface Entry {
  readonly node: Node;
  /** Whether the actions of its initial transition are run: not where a child was targeted. */
  readonly isByDefault: boolean;
}

// ---------------------------------------------------------------------------------- states

export function isAtomic(node: Node): boolean {
  return node.type === 'atomic' || node.type === 'final';
}

export function childrenOf(node: Node): Node[] {
  return (Object.values(node.states) as Node[]).filter((child) => child.type !== 'history');
}

/** The ancestors of a state, the innermost first, up to one that is not among them. */
export function ancestorsOf(node: Node, until?: Node): Node[] {
  const ancestors: Node[] = [];
  if (node === until) return ancestors;
  for (let at = node.parent; at !== undefined && at !== until; at = at.parent) ancestors.push(at);
  return ancestors;
}

/** Whether a state lies within another; every state lies within undefined, what is around the root. */
function isWithin(node: Node, outer: Node | undefined): boolean {
  let at = node;
  while (at.parent !== undefined && at.parent !== outer) at = at.parent;
  return at.parent === outer;
}

/** The value that a subscriber sees: a key for an atomic state, an object for what has children. */
export function stateValueOf(node: Node, active: readonly Node[]): StateValue {
  const children = active.filter((one) => one.parent === node);
  const [only] = children;
  if (node.type === 'compound' && only !== undefined && isAtomic(only)) return only.key;
  const value = Object.fromEntries(
    children.map((child) => [child.key, stateValueOf(child, active)]),
  );
  return Object.freeze(value) as StateValue;
}

/** Whether a state is in one of its final states; a parallel one, whether all of its regions are. */
export function isComplete(node: Node, active: ReadonlySet<Node>): boolean {
  if (node.type === 'compound') {
    return childrenOf(node).some((child) => child.type === 'final' && active.has(child));
  }
  if (node.type === 'parallel') return childrenOf(node).every((child) => isComplete(child, active));
  return node.type === 'final';
}

// --------------------------------------------------------------------------------- targets

/** Where a history state leads when it remembers nothing. */
function defaultsOf(node: Node): { target: readonly Node[]; isInitial: boolean } {
  const parent = node.parent as Node;
  const given = (node.config as { target?: string | readonly string[] }).target;
  if (given !== undefined && given !== '') {
    const prefix = `#${parent.id.replaceAll('.', '\\.')}.`;
    const targets = typeof given === 'string' ? [given] : given;
    const nodes = targets.map((target) => {
      return parent.machine.getStateNodeById(target.startsWith('#') ? target : prefix + target);
    });
    return { target: nodes as Node[], isInitial: false };
  }
  if (parent.type === 'parallel') return { target: [parent], isInitial: false };
  return { target: parent.initial.target as readonly Node[], isInitial: true };
}

/** The targets of a transition, with history states replaced by what they stand for. */
function targetsOf(targets: readonly Node[] | undefined, history: History): Node[] {
  const found = (targets ?? []).flatMap((target) => {
    if (target.type !== 'history') return [target];
    return history[target.id] ?? targetsOf(defaultsOf(target).target, history);
  });
  return [...new Set(found)];
}

/** The innermost state that is neither left nor entered; undefined if even the root is. */
function domainOf(move: Move, history: History): Node | undefined {
  const { source, reenter } = move;
  const targets = targetsOf(move.target, history);
  const staysInside = targets.every((target) => target === source || isWithin(target, source));
  if (!reenter && staysInside) return source;
  const [head = source, ...tail] = [...targets, source];
  const common = ancestorsOf(head).find((one) => tail.every((other) => isWithin(other, one)));
  if (common !== undefined) return common;
  return reenter ? undefined : (source.machine.root as Node);
}

// ------------------------------------------------------------------------------- the moves

function exitsOf(moves: readonly Move[], active: Iterable<Node>, history: History): Set<Node> {
  const exits = new Set<Node>();
  for (const move of moves) {
    if (move.target === undefined || move.target.length === 0) continue;
    const domain = domainOf(move, history);
    for (const node of active) if (isWithin(node, domain)) exits.add(node);
  }
  return exits;
}

/** Leaves out the moves that cannot be made together: of two, the inner one is kept, or the first. */
export function withoutConflicts<M extends Move>(moves: readonly M[], from: Configuration): M[] {
  const kept = new Set<M>();
  const exits = (move: M): Set<Node> => exitsOf([move], from.nodes, from.history);
  for (const move of moves) {
    const rivals = [...kept].filter((other) => {
      const theirs = exits(other);
      return [...exits(move)].some((node) => theirs.has(node));
    });
    const first = rivals.findIndex((other) => !isWithin(move.source, other.source));
    if (first !== -1) continue;
    for (const rival of rivals) kept.delete(rival);
    kept.add(move);
  }
  return [...kept];
}

/** Computes what moves without conflicts do to a configuration. */
export function passageOf(moves: readonly Move[], from: Configuration, isInitial = false): Passage {
  const exits = isInitial ? [] : [...exitsOf(moves, from.nodes, from.history)];
  exits.sort((a, b) => b.order - a.order);
  const history = remember(exits, from);
  // What is left now is remembered already when the same step comes back to it.
  const entries = new Entries(history).of(moves);
  const nodes = new Set(from.nodes);
  for (const node of exits) nodes.delete(node);
  for (const { node } of entries) nodes.add(node);
  return { exits, entries, nodes: [...nodes], history };
}

/** What the history states within the states that are left will remember. */
function remember(exits: readonly Node[], from: Configuration): History {
  let history = from.history;
  for (const left of exits) {
    for (const node of Object.values(left.states) as Node[]) {
      if (node.type !== 'history') continue;
      const isRemembered = (one: Node): boolean =>
        node.history === 'deep' ? isAtomic(one) && isWithin(one, left) : one.parent === left;
      history = { ...history, [node.id]: from.nodes.filter(isRemembered) };
    }
  }
  return history;
}

/** Collects the states that moves enter. */
class Entries {
  readonly #history: History;
  readonly #entered = new Set<Node>();
  readonly #byDefault = new Set<Node>();

  constructor(history: History) {
    this.#history = history;
  }

  of(moves: readonly Move[]): Entry[] {
    for (const move of moves) this.#add(move);
    return [...this.#entered]
      .sort((a, b) => a.order - b.order)
      .map((node) => ({ node, isByDefault: this.#byDefault.has(node) }));
  }

  #add(move: Move): void {
    const { source, target: targets = [], reenter } = move;
    const domain = domainOf(move, this.#history);
    for (const target of targets) {
      const isEntered = source !== target || source !== domain || reenter;
      if (target.type !== 'history' && isEntered) this.#enterByDefault(target);
      this.#descend(target);
    }
    const boundary = source.parent === undefined && reenter ? undefined : domain;
    for (const target of targetsOf(targets, this.#history)) {
      const ancestors = ancestorsOf(target, domain);
      if (domain?.type === 'parallel') ancestors.push(domain);
      this.#climb(ancestors, boundary);
    }
  }

  #enterByDefault(node: Node): void {
    this.#entered.add(node);
    this.#byDefault.add(node);
  }

  /** Enters what a state is entered with: its initial state, its regions, what history remembers. */
  #descend(node: Node): void {
    if (node.type === 'history') this.#recall(node);
    if (node.type === 'compound') {
      const initial = node.initial.target[0] as Node;
      if (initial.type !== 'history') this.#enterByDefault(initial);
      this.#descend(initial);
      this.#climb(ancestorsOf(initial, node));
    }
    if (node.type === 'parallel') {
      for (const region of this.#untouchedRegions(node)) {
        this.#enterByDefault(region);
        this.#descend(region);
      }
    }
  }

  #recall(node: Node): void {
    const parent = node.parent as Node;
    const remembered = this.#history[node.id];
    const { target, isInitial } = defaultsOf(node);
    if (remembered === undefined && isInitial) this.#byDefault.add(parent);
    const nodes = remembered ?? target;
    for (const one of nodes) {
      this.#entered.add(one);
      this.#descend(one);
    }
    for (const one of nodes) this.#climb(ancestorsOf(one, parent));
  }

  /** Enters ancestors, those within the boundary, and the regions beside them. */
  #climb(ancestors: readonly Node[], boundary?: Node): void {
    for (const node of ancestors) {
      if (isWithin(node, boundary)) this.#entered.add(node);
      if (node.type !== 'parallel') continue;
      for (const region of this.#untouchedRegions(node)) {
        this.#entered.add(region);
        this.#descend(region);
      }
    }
  }

  /** The regions in which nothing is entered yet, asked for one by one: each changes the answer. */
  *#untouchedRegions(node: Node): Iterable<Node> {
    for (const region of childrenOf(node)) {
      if (![...this.#entered].some((one) => isWithin(one, region))) yield region;
    }
  }
}
