/**
 * Rows: a configuration with what the table says of it, and what such a saying consists of.
 *
 * Rule 1. A row depends on the machine alone. What is not known yet is filled in when it is first
 *         asked for.
 */
import type { StateValue } from 'xstate';
import type { Operation } from './actions.js';
import {
  ancestorsOf,
  type Configuration,
  type History,
  isAtomic,
  type Move,
  type Node,
  stateValueOf,
} from './configuration.js';
import type { Guard, PlainGuard } from './guards.js';
import type { Route } from './route.js';
import type { Table } from './table.js';

/** A transition, resolved. */
export interface Candidate extends Move {
  /** Its place among the transitions of the machine. */
  readonly index: number;
  readonly guard: Guard | undefined;
  /** The function of a guard that is nothing more, and its parameters. */
  readonly plain: PlainGuard | undefined;
  /** The name of the guard, where it has one. */
  readonly guardName: string | undefined;
  readonly operations: readonly Operation[];
}

/** A transition as it is taken from one row. */
export class Branch {
  readonly candidate: Candidate;
  /** Filled in when it is first taken. */
  step: Step | undefined = undefined;

  constructor(candidate: Candidate) {
    this.candidate = candidate;
  }
}

/** The transitions to ask, the innermost state's first; of parallel regions, each on its own. */
export interface Choice {
  readonly regions: readonly Choice[];
  readonly branches: readonly Branch[];
  /** How often it was asked for, while it had no route. */
  uses: number;
  /** Made when it has been used often enough; null where there is none. */
  route: Route | null | undefined;
}

/** What is run when transitions are taken in a configuration, and the one that follows. */
export interface Step {
  readonly operations: readonly Operation[];
  readonly next: Row;
  /** Whether a snapshot has to show it: not if the same states are active as before. */
  readonly isChange: boolean;
}

/** A configuration with what the table says of it. */
export class Row implements Configuration {
  readonly nodes: readonly Node[];
  readonly history: History;
  readonly value: StateValue;
  readonly tags: ReadonlySet<string>;
  /** For each active atomic state, its eventless transitions and its ancestors'. */
  readonly eventless: readonly (readonly Branch[])[];
  /** What to ask on an event, by its type; null for nothing. */
  readonly choices = new Map<string, Choice | null>();
  /** The type of event that came last, and its choice: most rows see one and the same. */
  lastType: string | undefined = undefined;
  lastChoice: Choice | null = null;
  /** The same for the route that was taken last. */
  lastRouted: string | undefined = undefined;
  lastRoute: Route | null = null;
  /** The steps of several transitions at once, by their indices. */
  readonly jointSteps = new Map<string, Step>();
  readonly #branches: Branch[] = [];

  constructor(table: Table, nodes: readonly Node[], history: History) {
    this.nodes = nodes;
    this.history = history;
    this.value = stateValueOf(table.machine.root, nodes);
    this.tags = new Set(nodes.flatMap((node) => node.tags));
    this.eventless = nodes
      .filter(isAtomic)
      .map((leaf) => [leaf, ...ancestorsOf(leaf)].flatMap((node) => table.eventlessOf(node)))
      .filter((candidates) => candidates.length > 0)
      .map((candidates) => candidates.map((one) => this.branchOf(one)));
  }

  branchOf(candidate: Candidate): Branch {
    this.#branches[candidate.index] ??= new Branch(candidate);
    return this.#branches[candidate.index] as Branch;
  }
}
