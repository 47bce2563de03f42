/**
 * What of a machine was exercised, from the transitions that were taken: its states, its
 * transitions, every guard both ways, and every pair of consecutive transitions.
 *
 * Rule 1. A guard passed where its transition was taken; it failed where XState asked it and took a
 *         transition that it asks later, or none at all.
 * Rule 2. What cannot be exercised is listed by name, with the reason. A line of that list that
 *         names something exercised, or nothing at all, is stale, and as bad as a gap.
 */
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate';
import type { Taken } from '../chart/coverageMarks.js';
import type { Asked } from './microsteps.js';
import type { Stepper } from './stepper.js';
import { successors } from './successors.js';
import { pathOfState, statesOf, type Transition } from './transitions.js';

/** Names of what cannot be exercised, with reasons; `*` stands for any run of characters. */
export type Unreachable = Readonly<Record<string, string>>;

export const DIMENSIONS = ['states', 'transitions', 'guards', 'pairs'] as const;

export type Dimension = (typeof DIMENSIONS)[number];

/** How one dimension stands. */
export interface DimensionReport {
  covered: number;
  uncovered: string[];
  unreachable: string[];
  /** Lines of the list that name something covered, or nothing. */
  stale: string[];
}

/** What a run did at its start, or on one fact. */
export type Step = Asked & { snapshot: AnyMachineSnapshot };

export type CoverageReport = Record<Dimension, DimensionReport>;

/** Collects what runs of one machine take; the transitions come from any stepper of the machine. */
export class Coverage {
  readonly #universe: Record<Dimension, Set<string>>;
  readonly #covered: Record<Dimension, Set<string>>;
  readonly #transitions: readonly Transition[];
  readonly #times = new Map<string, number>();

  constructor({ machine, transitions }: Stepper) {
    this.#transitions = transitions;
    const states = statesOf(machine).filter(({ parent }) => parent !== undefined);
    const guarded = transitions.filter((one) => one.guard !== undefined);
    this.#universe = {
      states: new Set(states.map(pathOfState)),
      transitions: new Set(transitions.map((one) => one.id)),
      guards: new Set(guarded.flatMap(({ id }) => [`${id} passed`, `${id} failed`])),
      pairs: new Set(
        transitions.flatMap((first) => successors(machine, first).map((next) => pair(first, next))),
      ),
    };
    this.#covered = {
      states: new Set(),
      transitions: new Set(),
      guards: new Set(),
      pairs: new Set(),
    };
  }

  /** Counts one run: its start, and then its steps. */
  run(steps: readonly Step[]): void {
    let last: Transition | undefined;
    for (const step of steps) last = this.#take(step, last);
  }

  /** How each dimension stands, given what cannot be exercised. */
  report(unreachable: Partial<Record<Dimension, Unreachable>>): CoverageReport {
    const entries = DIMENSIONS.map((dimension) => [
      dimension,
      this.#reportOf(dimension, unreachable[dimension] ?? {}),
    ]);
    return Object.fromEntries(entries) as CoverageReport;
  }

  /** How often each transition was taken, as a diagram shows it, given what cannot be exercised. */
  taken(unreachable: Unreachable): Taken {
    const lines = Object.entries(unreachable).map(([line, why]) => ({
      pattern: patternOf(line),
      why,
    }));
    const taken = this.#transitions.flatMap(({ id, chartId }) => {
      const times = this.#times.get(id);
      return times === undefined ? [] : [[chartId, times] as const];
    });
    const excused = this.#transitions.flatMap(({ id, chartId }) => {
      const line = this.#times.has(id) ? undefined : lines.find(({ pattern }) => pattern.test(id));
      return line === undefined ? [] : [[chartId, line.why] as const];
    });
    return { taken: Object.fromEntries(taken), unreachable: Object.fromEntries(excused) };
  }

  #take({ snapshot, taken, refused }: Step, before?: Transition): Transition | undefined {
    let last = before;
    for (const transition of taken) {
      this.#enter(transition.definition.source);
      this.#covered.transitions.add(transition.id);
      this.#times.set(transition.id, (this.#times.get(transition.id) ?? 0) + 1);
      if (transition.guard !== undefined) this.#covered.guards.add(`${transition.id} passed`);
      if (last) this.#covered.pairs.add(pair(last, transition));
      last = transition;
    }
    for (const { id } of refused) this.#covered.guards.add(`${id} failed`);
    for (const state of snapshot._nodes as AnyStateNode[]) this.#enter(state);
    return last;
  }

  #enter(state: AnyStateNode): void {
    if (state.parent) this.#covered.states.add(pathOfState(state));
  }

  #reportOf(dimension: Dimension, unreachable: Unreachable): DimensionReport {
    const covered = this.#covered[dimension];
    const missing = [...this.#universe[dimension]].filter((name) => !covered.has(name));
    const patterns = Object.keys(unreachable).map((line) => ({ line, pattern: patternOf(line) }));
    const isListed = (name: string) => patterns.some(({ pattern }) => pattern.test(name));
    const isStale = (pattern: RegExp) =>
      !missing.some((name) => pattern.test(name)) ||
      [...covered].some((name) => pattern.test(name));
    return {
      covered: covered.size,
      uncovered: missing.filter((name) => !isListed(name)),
      unreachable: missing.filter(isListed),
      stale: patterns.filter(({ pattern }) => isStale(pattern)).map(({ line }) => line),
    };
  }
}

function pair(first: Transition, next: Transition): string {
  return `${first.id} > ${next.id}`;
}

function patternOf(line: string): RegExp {
  const escaped = line.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}
