/**
 * The transition table of a machine. A row is a configuration. A row answers an event type with a
 * choice of transitions, and transitions with a microstep: the operations and the next row.
 *
 * Rule 1. Rows are made when they are reached: parallel regions multiply, and few of their products
 *         ever occur.
 * Rule 2. The machine bounds the table; the events do not. All event types that no transition names
 *         share one choice.
 */
import type { AnyStateMachine } from 'xstate';
import { type HistoryValue, initialNodesOf, type StateNode } from './configuration.js';
import { completionOf } from './finalStates.js';
import type { Macrostep } from './macrostep.js';
import type { Operation } from './operation.js';
import { ResolvedMachine } from './resolve.js';
import { firstEnabled, firstEventless, selectInRegions } from './selection.js';
import { changeOf, initialChangeOf, type StateChange, withoutConflicts } from './stateChange.js';
import {
  type Alternative,
  type Candidate,
  type Choice,
  type Microstep,
  TableRow,
} from './terms.js';

export class TransitionTable {
  readonly machine: AnyStateMachine;
  readonly #resolved: ResolvedMachine;
  readonly #rows = new Map<string, TableRow>();
  readonly #rowsByNodes = new Map<readonly StateNode[], TableRow>();

  /** The row before the initial states: only the root is active. */
  readonly preInitialRow: TableRow;
  /** The microstep from there into the initial states. */
  readonly initialMicrostep: Microstep;

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.#resolved = new ResolvedMachine(machine);
    const root = machine.root as StateNode;
    this.preInitialRow = this.#row([root], {});
    const arc = { source: root, target: initialNodesOf(root), reenter: true };
    const change = initialChangeOf(arc, this.preInitialRow);
    this.initialMicrostep = this.#microstep(this.preInitialRow, change, []);
  }

  // ----------------------------------------------------------------------------------- rows

  /** The row of a snapshot, also of one that the interpreter made. */
  rowOf(nodes: readonly StateNode[], history: HistoryValue): TableRow {
    return this.#rowsByNodes.get(nodes) ?? this.#row(nodes, history);
  }

  #row(nodes: readonly StateNode[], history: HistoryValue): TableRow {
    const key = keyOf(nodes, history);
    let row = this.#rows.get(key);
    if (row === undefined) {
      const { root } = this.machine;
      const eventlessOf = (node: StateNode): readonly Candidate[] => {
        return this.#resolved.stateOf(node).eventless;
      };
      row = new TableRow(root as StateNode, nodes, history, eventlessOf);
      this.#rows.set(key, row);
      this.#rowsByNodes.set(row.nodes, row);
    }
    return row;
  }

  // -------------------------------------------------------------------------------- choices

  /** The microstep that the event of a macrostep causes; undefined for none. */
  microstepOnEvent(macrostep: Macrostep<TableRow>): Microstep | undefined {
    const { configuration: row, event } = macrostep;
    const choice = this.choiceOf(row, event.type);
    if (choice === null) return undefined;
    if (choice.regions.length === 0) {
      const selected = firstEnabled(choice.alternatives, macrostep);
      return selected && this.microstepOf(row, selected);
    }
    const selected: Alternative[] = [];
    selectInRegions(choice, macrostep, selected);
    return this.#jointMicrostep(row, selected);
  }

  /** The microstep of the enabled eventless transitions; undefined for none. */
  microstepWithoutEvent(macrostep: Macrostep<TableRow>): Microstep | undefined {
    const { configuration: row } = macrostep;
    const { eventless } = row;
    if (eventless.length === 0) return undefined;
    if (eventless.length === 1) {
      const selected = firstEventless(eventless[0] as readonly Alternative[], macrostep);
      return selected && this.microstepOf(row, selected);
    }
    const selected = eventless.flatMap((alternatives) => {
      return firstEventless(alternatives, macrostep) ?? [];
    });
    return this.#jointMicrostep(row, [...new Set(selected)]);
  }

  /** The choice of a row for an event type; null if the row ignores it. */
  choiceOf(row: TableRow, type: string): Choice | null {
    if (type === row.lastType) return row.lastChoice;
    let choice = row.choices.get(type);
    if (choice === undefined) {
      const key = this.#resolved.keyOf(type);
      choice = row.choices.get(key);
      if (choice === undefined) {
        choice = this.#choiceAt(this.machine.root as StateNode, row, type);
        if (choice.regions.length === 0 && choice.alternatives.length === 0) choice = null;
        row.choices.set(key, choice);
      }
    }
    row.lastType = type;
    row.lastChoice = choice;
    return choice;
  }

  #choiceAt(node: StateNode, row: TableRow, type: string): Choice {
    const candidates = this.#resolved.candidatesOf(node, type);
    const own = candidates.map((candidate) => row.alternativeOf(candidate));
    const inner = row.nodes
      .filter((one) => one.parent === node)
      .map((child) => this.#choiceAt(child, row, type))
      .filter(({ regions, alternatives }) => regions.length + alternatives.length > 0);
    const [only] = inner;
    if (only === undefined) return makeChoice([], own);
    if (inner.length === 1 && only.regions.length === 0) {
      return makeChoice([], [...only.alternatives, ...own]);
    }
    return makeChoice(inner, own);
  }

  // ----------------------------------------------------------------------------- microsteps

  microstepOf(row: TableRow, alternative: Alternative): Microstep {
    alternative.microstep ??= this.#microstepThrough(row, [alternative.candidate]);
    return alternative.microstep;
  }

  #jointMicrostep(row: TableRow, selected: readonly Alternative[]): Microstep | undefined {
    const [first] = selected;
    if (first === undefined) return undefined;
    if (selected.length === 1) return this.microstepOf(row, first);
    const candidates = selected.map(({ candidate }) => candidate);
    const key = candidates.map(({ index }) => index).join();
    let microstep = row.jointMicrosteps.get(key);
    if (microstep === undefined) {
      microstep = this.#microstepThrough(row, withoutConflicts(candidates, row));
      row.jointMicrosteps.set(key, microstep);
    }
    return microstep;
  }

  #microstepThrough(row: TableRow, taken: readonly Candidate[]): Microstep {
    const change = changeOf(taken, row);
    return this.#microstep(row, change, [
      ...change.exitSet.flatMap((node) => this.#resolved.stateOf(node).exit),
      ...taken.flatMap((candidate) => candidate.operations),
    ]);
  }

  /** `before` are the operations that precede the entries. */
  #microstep(row: TableRow, change: StateChange, before: readonly Operation[]): Microstep {
    const { exitSet, entrySet, nodes, history } = change;
    const active = new Set(row.nodes);
    for (const node of exitSet) active.delete(node);
    const operations = [...before];
    const completed = new Set<StateNode>();
    let isEnd = false;
    for (const { node, isByDefault } of entrySet) {
      active.add(node);
      const { entry, initial } = this.#resolved.stateOf(node);
      operations.push(...entry);
      if (isByDefault) operations.push(...initial);
      if (node.type !== 'final') continue;
      const completion = completionOf(node, active, completed);
      operations.push(...completion.operations);
      isEnd ||= completion.isEnd;
    }
    const innermostFirst = [...nodes].sort((a, b) => b.order - a.order);
    if (isEnd) {
      operations.push(...innermostFirst.flatMap((node) => this.#resolved.stateOf(node).exit));
    }
    const isSame =
      history === row.history &&
      row.nodes.length === nodes.length &&
      row.nodes.every((node) => active.has(node));
    const next = isSame ? row : this.#row(isEnd ? innermostFirst : nodes, history);
    return { operations, next, isChange: !isSame };
  }
}

/** The key of a configuration: the places of its states in the document, and of those remembered. */
function keyOf(nodes: readonly StateNode[], history: HistoryValue): string {
  const orders = (list: readonly StateNode[]): string => list.map((node) => node.order).join();
  const memories = Object.keys(history).sort();
  return [
    orders(nodes),
    ...memories.map((id) => `${id}=${orders(history[id] as readonly StateNode[])}`),
  ].join('|');
}

function makeChoice(regions: readonly Choice[], alternatives: readonly Alternative[]): Choice {
  return { regions, alternatives, uses: 0, fastPath: undefined };
}
