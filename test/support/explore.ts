/**
 * The reachable graph of a machine, walked with XState's own graph functions.
 *
 * Rule 1. The key of a vertex is its state and its context without the settings, which never change.
 * Rule 2. A finished session takes no more facts: pure machines would, live ones do not.
 * Rule 3. Deadlines are facts like any other: each one that is armed is tried.
 */
import { type AnyStateMachine, initialTransition } from 'xstate';
import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import { armedDeadlines, eventOf, type Snapshot, type Step } from './play.js';

/** The facts that a session might be told in a state; deadlines are added to them. */
export type FactsOf = (snapshot: Snapshot) => readonly Step[];

/** For each edge of the graph, the shortest way to its source and then the edge. */
export function everyEdge(machine: AnyStateMachine, input: object, facts: FactsOf): Step[][] {
  const options = optionsOf(machine, input, facts);
  const waysTo = new Map(
    getShortestPaths(machine, options).map((path) => [
      keyOf(path.state as Snapshot),
      path.steps.slice(1).map((step) => stepOf(step.event)),
    ]),
  );
  return Object.values(getAdjacencyMap(machine, options)).flatMap((vertex) => {
    const source = vertex.state as Snapshot;
    const way = waysTo.get(keyOf(source));
    if (way === undefined) throw new Error(`no way leads to ${keyOf(source)}`);
    const edges = Object.values(vertex.transitions) as { event: { type: string } }[];
    return edges.map(({ event }): Step[] => [...way, stepOf(event)]);
  });
}

/** Every path that enters no vertex twice. */
export function everySimplePath(machine: AnyStateMachine, input: object, facts: FactsOf): Step[][] {
  return getSimplePaths(machine, optionsOf(machine, input, facts)).map((path) =>
    path.steps.slice(1).map((step) => stepOf(step.event)),
  );
}

function optionsOf(machine: AnyStateMachine, input: object, facts: FactsOf) {
  const [fromState] = initialTransition(machine, input) as unknown as [Snapshot];
  if (fromState.status === 'error') throw fromState.error;
  const events = (snapshot: Snapshot) => {
    if (snapshot.status !== 'active') return [];
    const told = facts(snapshot).map((step) => eventOf(machine, snapshot, step));
    return [...told, ...armedDeadlines(snapshot).map((type) => ({ type }))];
  };
  const serializeState = (snapshot: Snapshot) => keyOf(snapshot);
  const serializeEvent = (event: object) => JSON.stringify(event);
  return { fromState, events, serializeState, serializeEvent, input, limit: 20_000 } as object;
}

function keyOf(snapshot: Snapshot): string {
  const { settings, ...rest } = snapshot.context;
  return JSON.stringify([snapshot.value, rest]);
}

/** A deadline's event, by the deadline's name; any other event is a fact. */
function stepOf(event: { type: string }): Step {
  const [, kind, name] = event.type.split('.');
  return kind === 'after' && name !== undefined ? { deadline: name } : (event as Step);
}
