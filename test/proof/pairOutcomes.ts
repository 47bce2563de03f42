/**
 * Part 5: the pairs. An end that listens, an end that dials, either of them with either session, and
 * a network that may do nearly anything, explored together without gaps. Whatever it does: no run hangs, every run ends, no
 * message is invented, lost unnoticed, reordered or altered unnoticed, and the two ends are only in
 * those pairs of outcomes that `pair.fixtures.json` declares, each with a shortest run that leads
 * there.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { pathOf } from '../../chart/names.js';
import { type End, otherSide, SIDES, type Side, type Whole } from '../../explore/network.js';
import {
  type Action,
  actionsTo,
  cycleOrLength,
  type Node,
  Pair,
  type Reaction,
} from '../../explore/pair.js';
import { Stepper } from '../../explore/stepper.js';
import { clientSession, opening, serverSession } from '../../machines/index.js';
import { factLine } from '../../runners/transcript.js';
import { broken, closed, endedWithoutClose, opened } from '../support/facts.js';
import { emittedLine } from '../support/play.js';
import { type Part, shortfallOf } from './part.js';

/** Which session each end holds: that of the server speaks, that of the client returns what comes. */
export type Roles = Record<Side, 'server' | 'client'>;

/** One run of a pair, replayable on the pure machines and over sockets. */
export interface Fixture extends Roles {
  rounds: number;
  /** How the two ends end: a final state, with the fault where it is `error`. */
  outcome: [listener: string, dialler: string];
  actions: Action[];
}

/** The book's pair; the usual pair, in which the client speaks; and two that misunderstand each other. */
const PAIRS: readonly (Roles & { rounds: number })[] = [
  { listener: 'server', dialler: 'client', rounds: 3 },
  { listener: 'client', dialler: 'server', rounds: 3 },
  { listener: 'server', dialler: 'server', rounds: 1 },
  { listener: 'client', dialler: 'client', rounds: 1 },
];

/** The book's pair. */
export const BOOK: Roles = { listener: 'server', dialler: 'client' };

const BOUNDS = { faults: 2, limit: 500_000 };
/** Strict sessions, which know each other, keep the same rules; their outcomes are not declared. */
const STRICT = { rounds: 2, faults: 2 };
const FILE = fileURLToPath(new URL('../../../test/proof/pair.fixtures.json', import.meta.url));

/** The pairs of outcomes that may be, each with a shortest run. */
export function declaredFixtures(): Fixture[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Fixture[];
}

const UNEXPLAINED = { expected: '', came: '', remedy: '' };

/** The machines of a pair, by their ids. */
export interface Machines {
  server: AnyStateMachine;
  client: AnyStateMachine;
  opening: AnyStateMachine;
}

const MACHINES: Machines = { server: serverSession, client: clientSession, opening };

/** Two ends, or mutants of them, and a network. */
export function pairOf(
  { listener, dialler }: Roles,
  rounds: number,
  faults: number,
  mutants: Partial<Machines> = {},
  areStrict = false,
): Pair {
  const machines = { ...MACHINES, ...mutants };
  const sessionOf = (role: 'server' | 'client'): Stepper =>
    new Stepper(machines[role], {
      ...(role === 'server' && { rounds }),
      ...(role === 'server' && areStrict && { strict: true }),
      ...(areStrict && { sendsCloseFrame: true }),
    });
  return new Pair({
    listener: sessionOf(listener),
    opening: new Stepper(machines.opening, {}),
    dialler: sessionOf(dialler),
    faults,
    limit: BOUNDS.limit,
    vocabulary: {
      opened,
      refused: {
        type: 'socket.failed',
        ...{ failure: { blame: 'transport', code: 'ERR_CONNECT', ...UNEXPLAINED } },
      },
      reset: broken,
      endedByFin: endedWithoutClose,
      endedByClose: (code) => {
        if (code === 1000 || code === 1001) return closed(code);
        const failure = { blame: 'remote', code: 'ERR_PEER_CLOSED', ...UNEXPLAINED };
        return { type: 'socket.failed', ...{ failure } };
      },
    },
  });
}

/** How one side stands. */
function outcomeOf(whole: Whole, side: Side): string {
  const { stepped } = whole.ends[side];
  if (stepped === undefined) return 'no session';
  const { snapshot } = stepped;
  if (snapshot.status === 'active') return `still in ${pathOf(snapshot.value)}`;
  const { fault, outcome } = snapshot.output;
  return fault === null ? outcome : `${outcome} ${fault.code}`;
}

export function outcomesOf(whole: Whole): [listener: string, dialler: string] {
  return [outcomeOf(whole, 'listener'), outcomeOf(whole, 'dialler')];
}

/** What the pairs of outcomes are, with the first run that leads to each. */
function terminalFixtures(nodes: readonly Node[], roles: Roles, rounds: number): Fixture[] {
  const { listener, dialler } = roles;
  const found = new Map<string, Fixture>();
  for (const node of nodes) {
    if (node.next.length > 0) continue;
    const outcome = outcomesOf(node.whole);
    const name = outcome.join(' | ');
    if (!found.has(name)) {
      const actions = actionsTo(node);
      found.set(name, { listener, dialler, rounds, outcome, actions });
    }
  }
  return [...found.values()];
}

/** The first rule that a state of the whole breaks, in words. */
export function brokenRule(
  { whole, next }: Node,
  roles: Roles,
  rounds: number,
): string | undefined {
  const { ends, tampered } = whole;
  for (const side of SIDES) {
    const { heard } = ends[side];
    const { said } = ends[otherSide(side)];
    // A garbled message has a mark behind it; a doubled one comes twice. Nothing else may differ.
    if (
      tampered[side] ? !isInOrder(heard, said) : heard.some((payload, n) => payload !== said[n])
    ) {
      return `the ${side} hears ${JSON.stringify(heard)} where ${JSON.stringify(said)} was said`;
    }
    const broken =
      roles[side] === 'server' ? brokenSpeech(ends[side], rounds) : brokenEcho(ends[side]);
    if (broken !== undefined) return `the ${side} ${broken}`;
  }
  if (next.length > 0) return undefined;
  const outcomes = outcomesOf(whole);
  if (!outcomes.some((outcome) => outcome.startsWith('still'))) return undefined;
  return `nothing can happen any more, and the ends are ${outcomes.join(' and ')}`;
}

/** The rule of a server session that an end breaks. */
function brokenSpeech({ stepped, heard, said }: End, rounds: number): string | undefined {
  const output = stepped?.snapshot.output;
  if (output?.outcome !== 'done') return undefined;
  if (output.exchanges !== rounds) return 'is done without every reply';
  const replies = heard.slice(0, rounds);
  const wrong = replies.filter((reply, n) => reply !== said[n]).length;
  if (replies.length !== rounds) return 'is done and has not heard every reply';
  return output.mismatches === wrong
    ? undefined
    : `counts ${output.mismatches} wrong echoes of ${wrong}`;
}

/** The rule of a client session that an end breaks. */
function brokenEcho({ stepped, heard, said }: End): string | undefined {
  const output = stepped?.snapshot.output;
  if (output?.outcome === 'done' && output.end === null)
    return 'is done without an end of the stream';
  if (said.every((payload, n) => payload === heard[n])) return undefined;
  return `returns ${JSON.stringify(said)} for ${JSON.stringify(heard)}`;
}

/** Whether all that was heard was said, in that order, but for the network's own mischief. */
function isInOrder(heard: readonly string[], said: readonly string[]): boolean {
  const unmarked = (payload: string) => payload.replace(/\?+$/, '');
  const places = heard.map((one) => said.findIndex((other) => unmarked(other) === unmarked(one)));
  return places.every((place, n) => place >= 0 && place >= (places[n - 1] ?? 0));
}

/** The first thing that is wrong with a pair, with the run that shows it; undefined where all is well. */
export function pairShortfall(pair: Pair, roles: Roles, rounds: number): string | undefined {
  let nodes: Node[] = [];
  const failure = shortfallOf(() => {
    nodes = pair.explore();
  });
  return failure ?? nodesShortfall(pair, nodes, roles, rounds);
}

function nodesShortfall(
  pair: Pair,
  nodes: readonly Node[],
  roles: Roles,
  rounds: number,
): string | undefined {
  for (const node of nodes) {
    const broken = brokenRule(node, roles, rounds);
    if (broken) return counterexample(pair, roles, rounds, node, broken);
  }
  const [root] = nodes;
  return root && typeof cycleOrLength(root) !== 'number'
    ? 'a run can go round for ever'
    : undefined;
}

/** How the terminal pairs of outcomes differ from those declared. */
function outcomeDifferences(fixtures: readonly Fixture[]): string[] {
  const nameOf = ({ listener, dialler, outcome, actions }: Fixture): string =>
    `${listener} | ${dialler}: ${outcome.join(' | ')} in ${actions.length} steps`;
  const found = fixtures.map(nameOf);
  const declared = declaredFixtures().map(nameOf);
  return [
    ...found
      .filter((name) => !declared.includes(name))
      .map((name) => `${name} is an outcome, and is not declared`),
    ...declared
      .filter((name) => !found.includes(name))
      .map((name) => `${name} is declared, and no run leads there`),
  ];
}

/** Replays a run on the pure machines: what each action told whom, and the end. */
export function replay(
  pair: Pair,
  actions: readonly Action[],
): { told: Reaction[][]; whole: Whole } {
  let whole = pair.initial();
  const told: Reaction[][] = [];
  for (const action of actions) {
    const possible = pair.actions(whole);
    if (!possible.includes(action)) {
      throw new Error(`"${action}" cannot happen here; these can: ${possible.join(', ')}`);
    }
    const result = pair.act(whole, action);
    whole = result.whole;
    told.push(result.told);
  }
  return { told, whole };
}

/** A run in two columns, the listener on the left; what the network does stands between. */
export function twoColumns(pair: Pair, actions: readonly Action[]): string[] {
  const WIDTH = 56;
  const lines: string[] = [];
  for (const [n, told] of replay(pair, actions).told.entries()) {
    lines.push(`-- ${actions[n]} `.padEnd(2 * WIDTH, '-'));
    for (const { side, fact, stepped } of told) {
      const said = [
        ...(fact ? [factLine(fact as never)] : []),
        `= ${stepped.path}`,
        ...stepped.emitted.map((emitted) => emittedLine(emitted as never)),
      ];
      for (const line of said) {
        lines.push(
          side === 'listener'
            ? line.slice(0, WIDTH)
            : `${' '.repeat(WIDTH)}${line.slice(0, WIDTH)}`,
        );
      }
    }
  }
  return lines;
}

/** A rule that is broken, the run that shows it in two columns, and the same run to replay. */
function counterexample(
  pair: Pair,
  { listener, dialler }: Roles,
  rounds: number,
  node: Node,
  broken: string,
): string {
  const actions = actionsTo(node);
  const outcome = outcomesOf(node.whole);
  const fixture: Fixture = { listener, dialler, rounds, outcome, actions };
  return [broken, ...twoColumns(pair, actions), JSON.stringify(fixture)].join('\n');
}

/** Declares the pairs of outcomes as they are. */
export function updateFixtures(): void {
  const fixtures = PAIRS.flatMap(({ rounds, ...roles }) =>
    terminalFixtures(pairOf(roles, rounds, BOUNDS.faults).explore(), roles, rounds),
  );
  const lines = fixtures.map((fixture) => `  ${JSON.stringify(fixture)}`);
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`);
}

/** The part. */
export function pairPart(): Part {
  const { faults } = BOUNDS;
  const figures: Part['figures'] = { 'faults at most': faults };
  const shortfalls: string[] = [];
  const fixtures: Fixture[] = [];
  const explore = (name: string, pair: Pair, roles: Roles, rounds: number): Node[] => {
    const nodes = pair.explore();
    const shortfall = nodesShortfall(pair, nodes, roles, rounds);
    if (shortfall !== undefined) shortfalls.push(`${name}: ${shortfall}`);
    figures[`${name}: rounds`] = rounds;
    figures[`${name}: states of the whole`] = nodes.length;
    figures[`${name}: steps between them`] = nodes.reduce((sum, { next }) => sum + next.length, 0);
    figures[`${name}: longest run, in steps`] = String(cycleOrLength(nodes[0] as Node));
    return nodes;
  };
  for (const { rounds, ...roles } of PAIRS) {
    const { listener, dialler } = roles;
    const name = `${listener} listens, ${dialler} dials`;
    const nodes = explore(name, pairOf(roles, rounds, faults), roles, rounds);
    fixtures.push(...terminalFixtures(nodes, roles, rounds));
  }
  const strict = pairOf(BOOK, STRICT.rounds, STRICT.faults, {}, true);
  explore('strict', strict, BOOK, STRICT.rounds);
  figures['pairs of outcomes, each declared and witnessed'] = declaredFixtures().length;
  shortfalls.push(...outcomeDifferences(fixtures));
  return { title: '5. The pairs', figures, shortfalls };
}
