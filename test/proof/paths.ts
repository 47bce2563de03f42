/**
 * Part 2: every path on the pure machine. One for each edge of its reachable graph, one for each two
 * edges in a row, and every simple path; each played with XState's own `transition`, and everything
 * that is said held against the table as it was written down, and against rules that hold always.
 * Paths that begin alike share what they have in common.
 */

import { deadlineOf } from '../../chart/names.js';
import {
  type Edge,
  edgePairPaths,
  edgePaths,
  type Graph,
  simplePaths,
} from '../../explore/graph.js';
import { ownerOf } from '../../explore/stateTable.js';
import type { Fact } from '../../explore/stepper.js';
import { stopRequested } from '../support/facts.js';
import { type Emitted, type Played, playOn, playStart, type Step } from '../support/play.js';
import type { Part } from './part.js';
import { type Explored, type Subject, styleOf } from './subjects.js';
import { writtenTable } from './totalTable.js';

/** All the paths of a graph that are played: of a machine of checks, one for each edge. */
export function pathsOf(graph: Graph, { kind }: Subject): Edge[][] {
  if (kind === 'probe') return edgePaths(graph);
  return [...edgePaths(graph), ...edgePairPaths(graph), ...simplePaths(graph)];
}

/** The steps of a path, as they are told to a machine. */
export function stepsOf(path: readonly { fact: Fact }[]): Step[] {
  return path.map(({ fact }) => {
    const delay = deadlineOf(fact.type);
    return delay === undefined ? (fact as Step) : { deadline: delay };
  });
}

/** The rows that the written table has for a fact in a state. */
type Rows = (state: string, fact: string) => readonly string[];

/** Reads a table as it was written down. */
export function rowsOf(text: string): Rows {
  const rows = new Map<string, string[]>();
  let state = '';
  let cell: string[] = [];
  for (const line of text.split('\n')) {
    const depth = line.length - line.trimStart().length;
    if (line === '') continue;
    if (depth === 0) state = line;
    else if (depth === 2) {
      cell = [];
      rows.set(`${state} ${line.trim()}`, cell);
    } else if (depth === 4) cell.push(line.trim().replace(/^(\[\w+\] )+/, ''));
    else cell.push(`${cell.pop()}\n${line.trim()}`);
  }
  return (at, fact) => rows.get(`${at} ${fact}`) ?? [];
}

/** Plays paths of one machine with one input, what they have in common once. */
class Player {
  readonly #subject: Subject;
  readonly #rows: Rows;
  readonly #root: Prefix;

  constructor(subject: Subject, input: object, rows: Rows) {
    this.#subject = subject;
    this.#rows = rows;
    this.#root = { played: playStart(subject.machine, input), next: new Map() };
  }

  /** Everything that is not as it must be on a path, at steps that no path before it had. */
  shortfalls(path: readonly Edge[]): string[] {
    const shortfalls: (string | undefined)[] = [];
    let at = this.#root;
    for (const [n, edge] of path.entries()) {
      let next = at.next.get(edge);
      if (next === undefined) {
        const steps = stepsOf(path.slice(0, n + 1));
        const played = playOn(this.#subject.machine, at.played, steps[n] as Step);
        next = { played, next: new Map() };
        at.next.set(edge, next);
        shortfalls.push(
          edgeShortfall(this.#subject, edge, played, this.#rows),
          ruleShortfall(this.#subject, played, steps),
        );
      }
      at = next;
    }
    return shortfalls.filter((one) => one !== undefined);
  }
}

/** What was played up to an edge, and the edges played from there. */
interface Prefix {
  played: Played;
  next: Map<Edge, Prefix>;
}

/** How the last step that was played differs from the table's word on its edge, or undefined. */
function edgeShortfall(
  subject: Subject,
  edge: Edge,
  played: Played,
  rows: Rows,
): string | undefined {
  const { path: state, snapshot } = edge.from.stepped;
  const name = styleOf(subject).nameOf(edge);
  const entered = edge.stepped.path;
  const { lineOf } = styleOf(subject);
  const emitted = (played.emittedBy.at(-1) ?? []).map((one) => lineOf(one, snapshot.context));
  const isStated = played.said.at(-1)?.[0] === `= ${entered}`;
  const said = [...(isStated ? [`= ${entered}`] : []), ...emitted].join('\n');
  if (isStated === (state === entered))
    return `${subject.name}: in ${state}, the state is not told`;
  if (rows(ownerOf(edge), name).some((row) => saidOf(row, state) === said)) return undefined;
  return `${subject.name}: in ${state}, ${name} led to\n${said}\nwhich the table does not have`;
}

/** What a row of a table comes to, in the lines of a transcript. */
function saidOf(row: string, state: string): string {
  if (row.startsWith('ignored: ')) return '';
  const [arrow, ...all] = row.split('\n');
  const lines = all.filter((line) => !/^[~%] /.test(line));
  const target = arrow?.replace('→ ', '');
  return [...(target === state ? [] : [`= ${target}`]), ...lines].join('\n');
}

type Rule = [holds: boolean, rule: string];

/** Rules that hold on every path, whatever happens. */
export function ruleShortfall(
  subject: Subject,
  played: Played,
  steps: readonly Step[],
): string | undefined {
  const { name } = subject;
  const rules = rulesOf(subject, played, steps);
  const broken = rules.find(([holds]) => !holds);
  return broken && `${name}: it does not hold that ${broken[1]}, after ${show(steps)}`;
}

function rulesOf({ name, kind }: Subject, played: Played, steps: readonly Step[]): Rule[] {
  switch (kind) {
    case 'opening':
      return openingRules(played);
    case 'pings':
      return pingsRules(played);
    case 'probe':
      return probeRules(played);
    case 'session':
      return sessionRules(name, played, steps);
  }
}

/** A probe closes once, and then says no more. */
function probeRules(played: Played): Rule[] {
  const at = (type: Emitted['type']) => placesOf(played, type);
  const closes = at('socket.close');
  return [
    [closes.length <= 1, 'at most one Close frame is sent'],
    [at('socket.terminate').length <= 1, 'a connection is dropped at most once'],
    [
      [...at('socket.send'), ...at('socket.ping')].every((sent) => sent < (closes[0] ?? Infinity)),
      'nothing is sent once it has closed',
    ],
  ];
}

/** The places in what was emitted at which something of a type stands. */
function placesOf({ emitted }: Played, type: Emitted['type']): number[] {
  return emitted.flatMap((one, n) => (one.type === type ? [n] : []));
}

function openingRules(played: Played): Rule[] {
  const { snapshot } = played;
  const count = (type: Emitted['type']) => placesOf(played, type).length;
  const isOver = snapshot.status === 'done';
  const ended: Rule = [count('opening.ended') === (isOver ? 1 : 0), 'opening.ended comes once'];
  if (!isOver) return [ended];
  const { outcome, fault, subprotocol } = snapshot.output;
  const isOpen = outcome === 'opened';
  return [
    ended,
    [snapshot.value === outcome, 'the outcome is the final state'],
    [(fault !== null) === (outcome === 'error'), 'a fault goes with error alone'],
    [count('opening.faulted') === (outcome === 'error' ? 1 : 0), 'a fault is told once'],
    [(subprotocol !== null) === isOpen, 'an open socket has a subprotocol, perhaps none'],
    [count('socket.handOver') === (isOpen ? 1 : 0), 'an open socket is handed over once'],
    [count('socket.terminate') === (isOpen ? 0 : 1), 'no connection is left open'],
  ];
}

function pingsRules(played: Played): Rule[] {
  const { emitted, snapshot } = played;
  const count = (type: Emitted['type']) => placesOf(played, type).length;
  const isOver = snapshot.status === 'done';
  const pings = count('socket.ping');
  const pongs = count('pings.answered');
  const isUnanswered = snapshot.value === 'unanswered';
  return [
    [count('pings.ended') === (isOver ? 1 : 0), 'pings.ended comes once'],
    [!isOver || emitted.at(-1)?.type === 'pings.ended', 'pings.ended comes last'],
    [pings - pongs === 0 || pings - pongs === 1, 'at most one ping is unanswered'],
    [count('pings.failed') === (isUnanswered ? 1 : 0), 'a missing pong is told, once'],
    [!isOver || snapshot.output.sent === pings, 'every ping is counted'],
    [!isOver || snapshot.output.count === pongs, 'every pong is counted'],
  ];
}

function sessionRules(name: Subject['name'], played: Played, steps: readonly Step[]): Rule[] {
  const { emitted, snapshot } = played;
  const at = (type: Emitted['type']) => placesOf(played, type);
  const count = (type: Emitted['type']) => at(type).length;
  const isOver = snapshot.status === 'done';
  const rules: Rule[] = [
    [count('session.ended') === (isOver ? 1 : 0), 'session.ended comes once, at the end'],
    [count('socket.close') <= 1, 'at most one Close frame is sent'],
    [count('socket.terminate') <= 1, 'a connection is dropped at most once'],
    [
      [...at('socket.close'), ...at('socket.terminate')].every((end) =>
        at('socket.send').every((send) => send < end),
      ),
      'nothing is sent once it has closed',
    ],
  ];
  if (!isOver) return rules;
  const { outcome, fault, end, exchanges } = snapshot.output;
  rules.push(
    [emitted.at(-1)?.type === 'session.ended', 'session.ended comes last'],
    [snapshot.value === outcome, 'the outcome is the final state'],
    [(fault !== null) === (outcome === 'error'), 'a fault goes with error alone'],
    [count('session.faulted') === (outcome === 'error' ? 1 : 0), 'a fault is told once'],
    [end !== null || count('socket.terminate') === 1, 'no connection is left open'],
    [outcome !== 'stopped' || steps.includes(stopRequested), 'nobody stops it but the application'],
  );
  if (outcome === 'done') {
    const rounds = snapshot.context.settings.rounds;
    rules.push([
      name === 'server' ? exchanges === rounds : end !== null,
      'done means all is said, or the end of the stream was seen',
    ]);
  }
  return rules;
}

function show(steps: readonly Step[]): string {
  return steps.map((step) => ('deadline' in step ? step.deadline : step.type)).join(', ');
}

/** The part for all subjects. */
export function pathsPart(all: ReadonlyMap<Subject, Explored[]>): Part {
  const figures: Part['figures'] = {};
  const shortfalls: string[] = [];
  for (const [subject, explored] of all) {
    const rows = rowsOf(writtenTable(subject));
    const sum = (count: (graph: Graph) => number) =>
      explored.reduce((total, { graph }) => total + count(graph), 0);
    figures[`${subject.name}: states with context`] = sum(({ vertices }) => vertices.length);
    figures[`${subject.name}: paths to each edge`] = sum((graph) => edgePaths(graph).length);
    if (subject.kind !== 'probe') {
      figures[`${subject.name}: paths to each two edges`] = sum(
        (graph) => edgePairPaths(graph).length,
      );
      figures[`${subject.name}: simple paths`] = sum((graph) => simplePaths(graph).length);
    }
    for (const { input, graph } of explored) {
      const player = new Player(subject, input, rows);
      for (const path of pathsOf(graph, subject)) shortfalls.push(...player.shortfalls(path));
    }
  }
  return { title: '2. Every path, pure', figures, shortfalls };
}
