/**
 * The table of a machine: for each configuration and kind of event, which transitions to ask; for
 * each configuration and choice among them, what to run and which configuration follows.
 *
 * Rule 1. Transitions, guards and actions are resolved when compiling, and refused then.
 * Rule 2. Configurations are filled in as they are reached: parallel regions multiply, and few of
 *         their products are ever seen. What is filled in depends on the machine alone.
 * Rule 3. The table is bounded by the machine, not by what is sent to it: events that no transition
 *         names share one row.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type Operation, resolveAction, type Surroundings } from './actions.js';
import {
  childrenOf,
  type Entry,
  type History,
  isComplete,
  type Move,
  type Node,
  passageOf,
  withoutConflicts,
} from './configuration.js';
import { finish, raiseDone } from './ending.js';
import { guardError, plainGuard, resolveGuard } from './guards.js';
import { refuse } from './refuse.js';
import { beginningOf, type Route, routeOf } from './route.js';
import { type Branch, type Candidate, type Choice, Row, type Step } from './row.js';
import type { Run } from './run.js';

/** What a state does, resolved. */
interface Resolved {
  readonly entry: readonly Operation[];
  readonly exit: readonly Operation[];
  /** The actions of its initial transition. */
  readonly initial: readonly Operation[];
  readonly eventless: readonly Candidate[];
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
}

export class Table {
  readonly machine: AnyStateMachine;
  /** How often a choice is asked for before it gets a route. */
  readonly #usesBeforeRoute: number;
  readonly #around: Surroundings;
  readonly #resolved = new Map<Node, Resolved>();
  /** Every event descriptor of the machine, wildcards too. */
  readonly #descriptors = new Set<string>();
  readonly #rows = new Map<string, Row>();
  readonly #rowsByNodes = new Map<readonly Node[], Row>();
  #candidates = 0;
  #begun = 0;
  #beginning: Route | null | undefined = undefined;

  /** The row of a machine that has not begun. */
  readonly outset: Row;
  /** The step from there into its initial states. */
  readonly initial: Step;

  constructor(machine: AnyStateMachine, usesBeforeRoute: number) {
    this.machine = machine;
    this.#usesBeforeRoute = usesBeforeRoute;
    this.#around = { machine, timers: new Map() };
    this.#resolve(machine.root);
    this.outset = this.#row([machine.root], {});
    const targets = new Set<Node>();
    collectInitial(machine.root, targets);
    const move = { source: machine.root, target: [...targets], reenter: true };
    const { entries, nodes } = passageOf([move], this.outset, true);
    this.initial = this.#step([], this.outset, [], entries, nodes, {});
  }

  // ----------------------------------------------------------------------------- resolving

  #resolve(node: AnyStateNode): void {
    if (node.invoke.length > 0) refuse(node.id, 'it invokes an actor');
    const operationsOf = (actions: readonly unknown[]): Operation[] => {
      return actions.map((action) => resolveAction(this.#around, action, node.id));
    };
    const resolve = (transition: Transition): Candidate => ({
      source: transition.source,
      target: transition.target,
      reenter: transition.reenter,
      index: this.#candidates++,
      guard:
        transition.guard === undefined
          ? undefined
          : resolveGuard(this.machine, transition.guard, node.id),
      plain: plainGuard(this.machine, transition.guard),
      guardName: nameOf(transition.guard),
      operations: operationsOf(transition.actions),
    });
    const candidates = new Map<string, readonly Candidate[]>();
    for (const [descriptor, transitions] of node.transitions) {
      this.#descriptors.add(descriptor);
      candidates.set(descriptor, (transitions as readonly Transition[]).map(resolve));
    }
    const eventless = (node.always ?? []) as readonly Transition[];
    this.#resolved.set(node, {
      entry: operationsOf(node.entry),
      exit: operationsOf(node.exit),
      initial: operationsOf(node.type === 'history' ? [] : node.initial.actions),
      eventless: eventless.map(resolve),
      candidates,
    });
    for (const child of Object.values(node.states) as Node[]) this.#resolve(child);
  }

  eventlessOf(node: Node): readonly Candidate[] {
    return this.#partsOf(node).eventless;
  }

  #partsOf(node: Node): Resolved {
    return this.#resolved.get(node) as Resolved;
  }

  // ----------------------------------------------------------------------- configurations

  /** The row of a snapshot, whichever logic has made it. */
  rowOf(nodes: readonly Node[], history: History): Row {
    return this.#rowsByNodes.get(nodes) ?? this.#row(nodes, history);
  }

  #row(nodes: readonly Node[], history: History): Row {
    const orders = (list: readonly Node[]): string => list.map((node) => node.order).join();
    const memories = Object.keys(history).sort();
    const key = [
      orders(nodes),
      ...memories.map((id) => `${id}=${orders(history[id] as Node[])}`),
    ].join('|');
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = new Row(this, nodes, history);
      this.#rows.set(key, row);
      this.#rowsByNodes.set(row.nodes, row);
    }
    return row;
  }

  // ----------------------------------------------------------------------------- choosing

  /** The step that a run's event makes it take; undefined for none. */
  stepOnEvent(run: Run): Step | undefined {
    const { row, event } = run;
    const { type } = event;
    const choice = type === row.lastType ? row.lastChoice : this.#choiceOf(row, type);
    if (choice === null) return undefined;
    if (choice.regions.length === 0) {
      const chosen = firstEnabled(choice.branches, run);
      return chosen && this.stepOf(row, chosen);
    }
    const chosen: Branch[] = [];
    chooseInRegions(choice, run, chosen);
    return this.#stepOfAll(row, chosen);
  }

  /** The step that eventless transitions make a run take; undefined for none. */
  stepWithoutEvent(run: Run): Step | undefined {
    const { row } = run;
    const { eventless } = row;
    if (eventless.length === 0) return undefined;
    if (eventless.length === 1) {
      const chosen = firstOpen(eventless[0] as readonly Branch[], run);
      return chosen && this.stepOf(row, chosen);
    }
    const chosen = eventless.flatMap((branches) => firstOpen(branches, run) ?? []);
    return this.#stepOfAll(row, [...new Set(chosen)]);
  }

  #choiceOf(row: Row, type: string): Choice | null {
    let choice = row.choices.get(type);
    if (choice === undefined) {
      // Types that no transition names are told apart by the wildcards that match them.
      const isNamed = this.#descriptors.has(type);
      const wildcards = [...this.#descriptors].filter((one) => one !== type && matches(one, type));
      const key = isNamed ? type : `* ${wildcards.join(' ')}`;
      choice = row.choices.get(key);
      if (choice === undefined) {
        choice = this.#choiceAt(this.machine.root, row, type);
        if (choice.regions.length === 0 && choice.branches.length === 0) choice = null;
        row.choices.set(key, choice);
      }
    }
    row.lastType = type;
    row.lastChoice = choice;
    return choice;
  }

  /** Code that takes an event of this type from here to where the machine rests; null for none. */
  routeOf(row: Row, type: string): Route | null {
    if (type === row.lastRouted) return row.lastRoute;
    const choice = this.#choiceOf(row, type);
    if (choice === null) return null;
    if (choice.route === undefined) {
      if (choice.uses++ < this.#usesBeforeRoute) return null;
      choice.route = routeOf(this, row, choice);
    }
    row.lastRouted = type;
    // Two kinds of events mean something of their own.
    const isOrdinary = type !== 'xstate.init' && !type.startsWith('xstate.error.actor');
    row.lastRoute = isOrdinary ? choice.route : null;
    return row.lastRoute;
  }

  /** Code that takes the machine into its initial states; null for none. */
  beginning(): Route | null {
    if (this.#beginning === undefined) {
      if (this.#begun++ < this.#usesBeforeRoute) return null;
      this.#beginning = beginningOf(this);
    }
    return this.#beginning;
  }

  #choiceAt(node: Node, row: Row, type: string): Choice {
    const own = this.#candidatesOf(node, type).map((candidate) => row.branchOf(candidate));
    const inner = row.nodes
      .filter((one) => one.parent === node)
      .map((child) => this.#choiceAt(child, row, type))
      .filter(({ regions, branches }) => regions.length + branches.length > 0);
    const [only] = inner;
    if (only === undefined) return choiceOf([], own);
    if (inner.length === 1 && only.regions.length === 0) {
      return choiceOf([], [...only.branches, ...own]);
    }
    return choiceOf(inner, own);
  }

  #candidatesOf(node: Node, type: string): readonly Candidate[] {
    const { candidates } = this.#partsOf(node);
    const wildcards = [...candidates.keys()]
      .filter((descriptor) => descriptor !== type && matches(descriptor, type))
      .sort((a, b) => b.length - a.length);
    return [type, ...wildcards].flatMap((descriptor) => candidates.get(descriptor) ?? []);
  }

  // -------------------------------------------------------------------------------- steps

  stepOf(row: Row, branch: Branch): Step {
    branch.step ??= this.#stepThrough(row, [branch.candidate]);
    return branch.step;
  }

  #stepOfAll(row: Row, chosen: readonly Branch[]): Step | undefined {
    const [first] = chosen;
    if (first === undefined) return undefined;
    if (chosen.length === 1) return this.stepOf(row, first);
    const candidates = chosen.map(({ candidate }) => candidate);
    const key = candidates.map(({ index }) => index).join();
    let step = row.jointSteps.get(key);
    if (step === undefined) {
      step = this.#stepThrough(row, withoutConflicts(candidates, row));
      row.jointSteps.set(key, step);
    }
    return step;
  }

  #stepThrough(row: Row, taken: readonly Candidate[]): Step {
    const { exits, entries, nodes, history } = passageOf(taken, row);
    const operations = [
      ...exits.flatMap((node) => this.#partsOf(node).exit),
      ...taken.flatMap((candidate) => candidate.operations),
    ];
    return this.#step(operations, row, exits, entries, nodes, history);
  }

  #step(
    operations: readonly Operation[],
    row: Row,
    exits: readonly Node[],
    entries: readonly Entry[],
    nodes: readonly Node[],
    history: History,
  ): Step {
    const active = new Set(row.nodes);
    for (const node of exits) active.delete(node);
    const all = [...operations];
    const completed = new Set<Node>();
    let isDone = false;
    for (const { node, isByDefault } of entries) {
      active.add(node);
      const { entry, initial } = this.#partsOf(node);
      all.push(...entry);
      if (isByDefault) all.push(...initial);
      if (node.type !== 'final') continue;
      const { operations: ending, isEnd } = this.#completion(node, active, completed);
      all.push(...ending);
      isDone ||= isEnd;
    }
    const innermostFirst = [...nodes].sort((a, b) => b.order - a.order);
    if (isDone) all.push(...innermostFirst.flatMap((node) => this.#partsOf(node).exit));
    const isSame =
      history === row.history &&
      row.nodes.length === nodes.length &&
      row.nodes.every((node) => active.has(node));
    const next = isSame ? row : this.#row(isDone ? innermostFirst : nodes, history);
    return { operations: all, next, isChange: !isSame };
  }

  /** What follows from a final state: its parents are done, and perhaps the machine. */
  #completion(
    node: Node,
    active: ReadonlySet<Node>,
    completed: Set<Node>,
  ): { operations: Operation[]; isEnd: boolean } {
    const { parent } = node;
    const operations: Operation[] = [];
    let outer = parent?.type === 'parallel' ? parent : parent?.parent;
    let last = outer ?? node;
    // Nothing takes an event of the root's end; but an output is computed for it.
    const isTaken = outer !== undefined || node.output !== undefined;
    if (parent?.type === 'compound' && isTaken) operations.push(raiseDone(parent.id, node.output));
    while (outer?.type === 'parallel' && !completed.has(outer) && isComplete(outer, active)) {
      completed.add(outer);
      operations.push(raiseDone(outer.id, undefined));
      last = outer;
      outer = outer.parent;
    }
    const isEnd = outer === undefined;
    if (isEnd) operations.push(finish(this.machine.root, last));
    return { operations, isEnd };
  }
}

interface Transition extends Move {
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
}

function nameOf(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard;
  return typeof guard === 'object' && guard !== null ? (guard as { type: string }).type : undefined;
}

/** The states that a machine starts in, the root first. */
function collectInitial(node: Node, into: Set<Node>): void {
  into.add(node);
  if (node.type === 'compound') collectInitial(node.initial.target[0] as Node, into);
  if (node.type === 'parallel') for (const child of childrenOf(node)) collectInitial(child, into);
}

/** Whether a descriptor such as `*` or `socket.*` takes an event of this type. */
function matches(descriptor: string, type: string): boolean {
  if (descriptor === type || descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const tokens = descriptor.split('.');
  const given = type.split('.');
  const star = tokens.indexOf('*');
  return star === tokens.length - 1 && tokens.slice(0, star).every((one, i) => one === given[i]);
}

// ------------------------------------------------------------------------------- choosing

function choiceOf(regions: readonly Choice[], branches: readonly Branch[]): Choice {
  return { regions, branches, uses: 0, route: undefined };
}

function firstEnabled(branches: readonly Branch[], run: Run): Branch | undefined {
  for (const branch of branches) {
    try {
      if (passes(branch, run)) return branch;
    } catch (error) {
      throw guardError(branch.candidate, run.event, error);
    }
  }
  return undefined;
}

/** The first eventless transition that is enabled. What a guard throws is thrown as it is. */
function firstOpen(branches: readonly Branch[], run: Run): Branch | undefined {
  for (const branch of branches) if (passes(branch, run)) return branch;
  return undefined;
}

function passes({ candidate: { guard } }: Branch, { args, row }: Run): unknown {
  return guard === undefined || guard(args, row);
}

/** Collects what each region chooses; the parent's own transitions only if none does. */
function chooseInRegions(choice: Choice, run: Run, into: Branch[]): boolean {
  let isChosen = false;
  for (const region of choice.regions) {
    if (chooseInRegions(region, run, into)) isChosen = true;
  }
  if (isChosen) return true;
  const own = firstEnabled(choice.branches, run);
  if (own === undefined) return false;
  into.push(own);
  return true;
}
