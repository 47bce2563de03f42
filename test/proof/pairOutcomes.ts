/**
 * Part 5: the pair. The server's machine, the client's machine and a network that may do nearly
 * anything, explored together without gaps. Whatever it does: no run hangs, every run ends, no
 * message is invented, lost unnoticed, reordered or altered unnoticed, and the two ends are only in
 * those pairs of outcomes that `pair.fixtures.json` declares, each with a shortest run that leads
 * there.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { pathOf } from '../../chart/names.js';
import { otherSide, SIDES, type Side, type Whole } from '../../explore/network.js';
import {
  type Action,
  actionsTo,
  cycleOrLength,
  type Node,
  Pair,
  type Reaction,
} from '../../explore/pair.js';
import { Stepper } from '../../explore/stepper.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { factLine } from '../../runners/transcript.js';
import { broken, closed, endedWithoutClose, opened, openedByOurs } from '../support/facts.js';
import { emittedLine } from '../support/play.js';
import { type Part, shortfallOf } from './part.js';

/** One run of the pair, replayable on the pure machines and over sockets. */
export interface Fixture {
  rounds: number;
  /** How the server and the client end: a final state, with the fault where it is `error`. */
  outcome: [server: string, client: string];
  actions: Action[];
}

const BOUNDS = { rounds: 3, faults: 2, limit: 500_000 };
/** Strict sessions, which know each other, keep the same rules; their outcomes are not declared. */
const STRICT = { rounds: 2, faults: 2 };
const FILE = fileURLToPath(new URL('../../../test/proof/pair.fixtures.json', import.meta.url));

/** The pairs of outcomes that may be, each with a shortest run. */
export function declaredFixtures(): Fixture[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Fixture[];
}

const UNEXPLAINED = { expected: '', came: '', remedy: '' };

/** The two machines, or mutants of them, and a network. */
export function pairOf(
  rounds: number,
  faults: number,
  machines: { server: AnyStateMachine; client: AnyStateMachine } = {
    server: serverSession,
    client: clientSession,
  },
  areStrict = false,
): Pair {
  return new Pair({
    server: new Stepper(machines.server, {
      rounds,
      ...(areStrict && { strict: true, sendsCloseFrame: true }),
    }),
    client: new Stepper(machines.client, {}),
    faults,
    limit: BOUNDS.limit,
    vocabulary: {
      opened: areStrict ? openedByOurs : opened,
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

export function outcomesOf(whole: Whole): [server: string, client: string] {
  return [outcomeOf(whole, 'server'), outcomeOf(whole, 'client')];
}

/** What the pairs of outcomes are, with the first run that leads to each. */
function terminalFixtures(nodes: readonly Node[], rounds: number): Fixture[] {
  const found = new Map<string, Fixture>();
  for (const node of nodes) {
    if (node.next.length > 0) continue;
    const outcome = outcomesOf(node.whole);
    const name = outcome.join(' | ');
    if (!found.has(name)) found.set(name, { rounds, outcome, actions: actionsTo(node) });
  }
  return [...found.values()];
}

/** The first rule that a state of the whole breaks, in words. */
export function brokenRule({ whole, next }: Node, rounds: number): string | undefined {
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
  }
  const { server, client } = ends;
  if (next.length === 0) {
    const outcomes = outcomesOf(whole);
    if (outcomes.some((outcome) => outcome.startsWith('still'))) {
      return `nothing can happen any more, and the ends are ${outcomes.join(' and ')}`;
    }
  }
  const serverOutput = server.stepped?.snapshot.output;
  if (serverOutput?.outcome === 'done') {
    if (serverOutput.exchanges !== rounds) return 'the server is done without every reply';
    const replies = server.heard.slice(0, rounds);
    const wrong = replies.filter((reply, n) => reply !== server.said[n]).length;
    if (replies.length !== rounds) return 'the server is done and has not heard every reply';
    if (serverOutput.mismatches !== wrong)
      return `the server counts ${serverOutput.mismatches} wrong echoes of ${wrong}`;
  }
  const clientOutput = client.stepped?.snapshot.output;
  if (clientOutput?.outcome === 'done' && clientOutput.end === null) {
    return 'the client is done without an end of the stream';
  }
  if (client.said.some((payload, n) => payload !== client.heard[n])) {
    return `the client returns ${JSON.stringify(client.said)} for ${JSON.stringify(client.heard)}`;
  }
  return undefined;
}

/** Whether all that was heard was said, in that order, but for the network's own mischief. */
function isInOrder(heard: readonly string[], said: readonly string[]): boolean {
  const unmarked = (payload: string) => payload.replace(/\?+$/, '');
  const places = heard.map((one) => said.findIndex((other) => unmarked(other) === unmarked(one)));
  return places.every((place, n) => place >= 0 && place >= (places[n - 1] ?? 0));
}

/** The first thing that is wrong with a pair, with the run that shows it; undefined where all is well. */
export function pairShortfall(pair: Pair, rounds: number): string | undefined {
  let nodes: Node[] = [];
  const failure = shortfallOf(() => {
    nodes = pair.explore();
  });
  return failure ?? nodesShortfall(pair, nodes, rounds);
}

function nodesShortfall(pair: Pair, nodes: readonly Node[], rounds: number): string | undefined {
  for (const node of nodes) {
    const broken = brokenRule(node, rounds);
    if (broken) return counterexample(pair, rounds, node, broken);
  }
  const [root] = nodes;
  return root && typeof cycleOrLength(root) !== 'number'
    ? 'a run can go round for ever'
    : undefined;
}

/** How the terminal pairs of outcomes differ from those declared. */
function outcomeDifferences(nodes: readonly Node[], rounds: number): string[] {
  const nameOf = ({ outcome, actions }: Fixture): string =>
    `${outcome.join(' | ')} in ${actions.length} steps`;
  const found = terminalFixtures(nodes, rounds).map(nameOf);
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

/** A run in two columns, the server on the left; what the network does stands between. */
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
          side === 'server' ? line.slice(0, WIDTH) : `${' '.repeat(WIDTH)}${line.slice(0, WIDTH)}`,
        );
      }
    }
  }
  return lines;
}

/** A rule that is broken, the run that shows it in two columns, and the same run to replay. */
function counterexample(pair: Pair, rounds: number, node: Node, broken: string): string {
  const actions = actionsTo(node);
  const fixture: Fixture = { rounds, outcome: outcomesOf(node.whole), actions };
  return [broken, ...twoColumns(pair, actions), JSON.stringify(fixture)].join('\n');
}

/** Declares the pairs of outcomes as they are. */
export function updateFixtures(): void {
  const fixtures = terminalFixtures(pairOf(BOUNDS.rounds, BOUNDS.faults).explore(), BOUNDS.rounds);
  const lines = fixtures.map((fixture) => `  ${JSON.stringify(fixture)}`);
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`);
}

/** The part. */
export function pairPart(): Part {
  const { rounds, faults } = BOUNDS;
  const pair = pairOf(rounds, faults);
  const nodes = pair.explore();
  const strict = pairOf(STRICT.rounds, STRICT.faults, undefined, true);
  const strictNodes = strict.explore();
  const shortfalls = [
    ...outcomeDifferences(nodes, rounds),
    nodesShortfall(pair, nodes, rounds),
    nodesShortfall(strict, strictNodes, STRICT.rounds),
  ].filter((shortfall) => shortfall !== undefined);
  return {
    title: '5. The pair',
    figures: {
      'rounds, faults at most': `${rounds}, ${faults}`,
      'states of the whole': nodes.length,
      'steps between them': nodes.reduce((sum, { next }) => sum + next.length, 0),
      'terminal states': nodes.filter(({ next }) => next.length === 0).length,
      'pairs of outcomes, each declared and witnessed': declaredFixtures().length,
      'longest run, in steps': String(cycleOrLength(nodes[0] as Node)),
      'strict: rounds, faults at most': `${STRICT.rounds}, ${STRICT.faults}`,
      'strict: states of the whole': strictNodes.length,
    },
    shortfalls,
  };
}
