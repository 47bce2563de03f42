/**
 * The terms of the table and of the fast paths: the types that both speak of.
 *
 * Rule 1. Everything here depends on the machine alone, not on a context.
 * Rule 2. Lazy fields start empty. The table and the fast paths fill them in at first use.
 * Rule 3. The algorithms are elsewhere: transitionTable.ts, fastPaths.ts.
 */
import type { EventObject, MachineContext, StateValue } from 'xstate';
import {
  ancestorsOf,
  type Configuration,
  type HistoryValue,
  isAtomic,
  type StateNode,
  stateValueOf,
} from './configuration.js';
import type { Guard, PlainGuard } from './guards.js';
import type { Args, Macrostep } from './macrostep.js';
import type { Operation } from './operation.js';
import type { Shape } from './shape.js';
import type { Arc } from './targets.js';

/** A transition, resolved. */
export interface Candidate extends Arc {
  /** Its place among all transitions of the machine. */
  readonly index: number;
  readonly guard: Guard | undefined;
  /** The plain form of the guard. */
  readonly plain: PlainGuard | undefined;
  /** The name of the guard, if it has one. */
  readonly guardName: string | undefined;
  readonly operations: readonly Operation[];
}

/** A candidate in one row. */
export class Alternative {
  readonly candidate: Candidate;
  /** Filled in when the candidate is first taken from this row. */
  microstep: Microstep | undefined = undefined;

  constructor(candidate: Candidate) {
    this.candidate = candidate;
  }
}

/** The answer of a row to an event type: which guards to evaluate, in which order. */
export interface Choice {
  /** The choices of parallel regions, each on its own. */
  readonly regions: readonly Choice[];
  /** The alternatives, the innermost state's first. They count if no region has one enabled. */
  readonly alternatives: readonly Alternative[];
  /** The number of uses without a fast path. */
  uses: number;
  /** Made after enough uses; null if the table has to do it. */
  fastPath: FastPath | null | undefined;
}

/** The operations of transitions that are taken together, and the row that follows. */
export interface Microstep {
  readonly operations: readonly Operation[];
  readonly next: TableRow;
  /** Whether a snapshot has to show it. It need not if the same states stay active. */
  readonly isChange: boolean;
}

/** A configuration, with the table's answers for it. */
export class TableRow implements Configuration {
  readonly nodes: readonly StateNode[];
  readonly history: HistoryValue;
  readonly value: StateValue;
  readonly tags: ReadonlySet<string>;
  /** For each active atomic state, the eventless transitions of the state and its ancestors. */
  readonly eventless: readonly (readonly Alternative[])[];
  /** The choices by the key of an event type; null for an event that is ignored. */
  readonly choices = new Map<string, Choice | null>();
  /** The last event type, and its choice: most rows see one and the same type. */
  lastType: string | undefined = undefined;
  lastChoice: Choice | null = null;
  /** The last event type that had a fast path, and the fast path. */
  lastFastType: string | undefined = undefined;
  lastFastPath: FastPath | null = null;
  /** The microsteps of several transitions at once, by their indices. */
  readonly jointMicrosteps = new Map<string, Microstep>();
  readonly #alternatives: Alternative[] = [];

  constructor(
    root: StateNode,
    nodes: readonly StateNode[],
    history: HistoryValue,
    eventlessOf: (node: StateNode) => readonly Candidate[],
  ) {
    this.nodes = nodes;
    this.history = history;
    this.value = stateValueOf(root, nodes);
    this.tags = new Set(nodes.flatMap((node) => node.tags));
    this.eventless = nodes
      .filter(isAtomic)
      .map((leaf) => [leaf, ...ancestorsOf(leaf)].flatMap(eventlessOf))
      .filter((candidates) => candidates.length > 0)
      .map((candidates) => candidates.map((candidate) => this.alternativeOf(candidate)));
  }

  alternativeOf(candidate: Candidate): Alternative {
    this.#alternatives[candidate.index] ??= new Alternative(candidate);
    return this.#alternatives[candidate.index] as Alternative;
  }
}

/** Code that takes an event, in the row and of the type that it was made for. */
export type FastPath = (actor: FastPathActor, event: EventObject) => void;

/** An actor, as the code of a fast path sees it. */
export interface FastPathActor {
  readonly context: MachineContext;
  /** The shape of the context; null if it has none, undefined if it is not known yet. */
  shape: Shape | null | undefined;
  shapeOf(context: MachineContext): Shape | null;
  /** Marks the shape as unknown: a function of the machine may have changed the context. */
  forgetShape(): void;
  arm(timer: EventObject, ms: number): void;
  clear(timer: EventObject): void;
  readonly system: Args['system'];
  /** Makes this the state of the actor. */
  commit(row: TableRow, context: MachineContext): void;
  /** Ends the machine, after `commit`. */
  finish(output: unknown): void;
  /** Keeps the effects of the initial states until the start. */
  holdUntilStart(effects: () => void): void;
  emit(event: EventObject): void;
  /** Shows the new snapshot to observers; the last call of a macrostep. */
  publish(isDone: boolean): void;
  /** Makes the macrostep with which the table continues. */
  macrostepFrom(row: TableRow, event: EventObject, context: MachineContext): Macrostep<TableRow>;
  /** Completes a macrostep by the table; see `Logic.runToCompletion`. */
  completeByTable(macrostep: Macrostep<TableRow>, isSettled: boolean, eventlessCount: number): void;
}
