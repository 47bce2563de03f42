/**
 * Entry sets: the states that arcs enter (W3C SCXML, appendix D: `computeEntrySet`), as XState
 * computes them.
 */
import {
  ancestorsOf,
  childrenOf,
  type HistoryValue,
  isWithin,
  type StateNode,
} from './configuration.js';
import { type Arc, domainOf, effectiveTargetsOf, historyDefaultOf } from './targets.js';

export interface Entry {
  readonly node: StateNode;
  /** Whether the actions of its initial transition run. A targeted child suppresses them. */
  readonly isByDefault: boolean;
}

/** Returns the states that arcs enter, in the order of entry: the outermost first. */
export function entrySetOf(arcs: readonly Arc[], history: HistoryValue): Entry[] {
  return new EntrySet(history).of(arcs);
}

class EntrySet {
  readonly #history: HistoryValue;
  readonly #entered = new Set<StateNode>();
  readonly #byDefault = new Set<StateNode>();

  constructor(history: HistoryValue) {
    this.#history = history;
  }

  of(arcs: readonly Arc[]): Entry[] {
    for (const arc of arcs) this.#addArc(arc);
    return [...this.#entered]
      .sort((a, b) => a.order - b.order)
      .map((node) => ({ node, isByDefault: this.#byDefault.has(node) }));
  }

  #addArc(arc: Arc): void {
    const { source, target: targets = [], reenter } = arc;
    const domain = domainOf(arc, this.#history);
    for (const target of targets) {
      const isEntered = source !== target || source !== domain || reenter;
      if (target.type !== 'history' && isEntered) this.#addByDefault(target);
      this.#addDescendants(target);
    }
    const boundary = source.parent === undefined && reenter ? undefined : domain;
    for (const target of effectiveTargetsOf(targets, this.#history)) {
      const ancestors = ancestorsOf(target, domain);
      if (domain?.type === 'parallel') ancestors.push(domain);
      this.#addAncestors(ancestors, boundary);
    }
  }

  #addByDefault(node: StateNode): void {
    this.#entered.add(node);
    this.#byDefault.add(node);
  }

  /** Adds the initial child of a compound state, the regions of a parallel one, or the history. */
  #addDescendants(node: StateNode): void {
    if (node.type === 'history') this.#addHistory(node);
    if (node.type === 'compound') {
      const initial = node.initial.target[0] as StateNode;
      if (initial.type !== 'history') this.#addByDefault(initial);
      this.#addDescendants(initial);
      this.#addAncestors(ancestorsOf(initial, node));
    }
    if (node.type === 'parallel') {
      for (const region of this.#regionsNotEntered(node)) {
        this.#addByDefault(region);
        this.#addDescendants(region);
      }
    }
  }

  #addHistory(node: StateNode): void {
    const parent = node.parent as StateNode;
    const remembered = this.#history[node.id];
    const { target, isInitial } = historyDefaultOf(node);
    if (remembered === undefined && isInitial) this.#byDefault.add(parent);
    const nodes = remembered ?? target;
    for (const one of nodes) {
      this.#entered.add(one);
      this.#addDescendants(one);
    }
    for (const one of nodes) this.#addAncestors(ancestorsOf(one, parent));
  }

  /** Adds the ancestors within the boundary, and the other regions of parallel ancestors. */
  #addAncestors(ancestors: readonly StateNode[], boundary?: StateNode): void {
    for (const node of ancestors) {
      if (isWithin(node, boundary)) this.#entered.add(node);
      if (node.type !== 'parallel') continue;
      for (const region of this.#regionsNotEntered(node)) {
        this.#entered.add(region);
        this.#addDescendants(region);
      }
    }
  }

  /** Yields regions without an entered state. A generator, because each addition changes the rest. */
  *#regionsNotEntered(node: StateNode): Iterable<StateNode> {
    for (const region of childrenOf(node)) {
      if (![...this.#entered].some((one) => isWithin(one, region))) yield region;
    }
  }
}
