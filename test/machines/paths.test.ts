/**
 * Every path of both machines: each edge of the reachable graph, and each simple path through it,
 * with rules that hold on all of them.
 */
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import {
  type ClientFact,
  clientSession,
  type Payload,
  type ServerFact,
  serverSession,
} from '../../machines/index.js';
import { everyEdge, everySimplePath } from '../support/explore.js';
import {
  broken,
  closed,
  endedWithoutClose,
  opened,
  received,
  sent,
  stopRequested,
  violated,
} from '../support/facts.js';
import { type Emitted, type Played, play, type Snapshot, type Step } from '../support/play.js';
import { suite } from '../support/suite.js';

// The compiler sees to it that these are all the facts there are.
const SERVER_FACTS: Record<ServerFact['type'], true> = {
  'socket.sent': true,
  'socket.received': true,
  'socket.ended': true,
  'socket.failed': true,
  'app.stopRequested': true,
};
const CLIENT_FACTS: Record<ClientFact['type'], true> = { ...SERVER_FACTS, 'socket.opened': true };

const ROUNDS = 2;
const ENDS = [closed(), endedWithoutClose, broken, violated, stopRequested];

function serverFacts({ context }: Snapshot): Step[] {
  return [sent, received(`Hello ${context.round}`), received('wrong'), ...ENDS];
}

function clientFacts({ context }: Snapshot): Step[] {
  const next = context.received < ROUNDS ? [received(`Hello ${context.received}`)] : [];
  return [opened, sent, ...next, ...ENDS];
}

const subjects: [string, AnyStateMachine, object, (snapshot: Snapshot) => Step[]][] = [
  ['server', serverSession, { rounds: ROUNDS }, serverFacts],
  [
    'strict server',
    serverSession,
    { rounds: ROUNDS, strict: true, strictClose: true },
    serverFacts,
  ],
  ['client', clientSession, {}, clientFacts],
  ['strict client', clientSession, { strictClose: true }, clientFacts],
];

/** What holds on every path, whatever happens. */
function check({ emitted, snapshot, lines }: Played, steps: readonly Step[]): void {
  const at = (type: Emitted['type']) => emitted.flatMap((one, i) => (one.type === type ? [i] : []));
  const count = (type: Emitted['type']) => at(type).length;
  const trail = lines.join('\n');
  const isOver = snapshot.status === 'done';

  assert.is(snapshot.status === 'active' || isOver, true, trail);
  assert.is(count('session.ended'), isOver ? 1 : 0, trail);
  assert.is(count('socket.close') <= 1, true, trail);
  assert.is(count('socket.terminate') <= 1, true, trail);

  const said = emitted.findLastIndex((event) => event.type === 'socket.send');
  for (const close of [...at('socket.close'), ...at('socket.terminate')]) {
    assert.is(said < close, true, `sent after it had closed\n${trail}`);
  }
  if (!isOver) return;

  assert.is(emitted.at(-1)?.type, 'session.ended', trail);
  const { outcome, exchanges, fault, end } = snapshot.output;
  assert.is(snapshot.value, outcome, trail);
  assert.is(fault !== null, outcome === 'error', trail);
  assert.is(count('session.faulted'), outcome === 'error' ? 1 : 0, trail);
  assert.is(end !== null || count('socket.terminate') === 1, true, `left a socket open\n${trail}`);
  assert.is(exchanges <= ROUNDS, true, trail);
  if (outcome === 'stopped') assert.is(steps.includes(stopRequested), true, trail);
}

/** The server is done only with every reply in, the client only after the end of the stream. */
function checkDone({ snapshot, emitted, lines }: Played): void {
  if (snapshot.value !== 'done') return;
  if ('rounds' in snapshot.context.settings) {
    assert.is(snapshot.output.exchanges, ROUNDS, lines.join('\n'));
    return;
  }
  assert.is(snapshot.output.end === null, false, lines.join('\n'));
  const payloads = (type: Emitted['type']): Payload[] =>
    emitted.flatMap((event) => (event.type === type && 'data' in event ? [event.data] : []));
  assert.equal(payloads('socket.send'), payloads('session.received'), lines.join('\n'));
}

suite('every path', (test) => {
  for (const [name, machine, input, facts] of subjects) {
    test(`of the ${name} keeps the rules, edge by edge`, () => {
      const edges = everyEdge(machine, input, facts);
      assert.is(edges.length > 50, true, `only ${edges.length} edges`);
      for (const steps of edges) {
        const played = play(machine, input, steps);
        check(played, steps);
        checkDone(played);
      }
    });

    test(`of the ${name} keeps the rules, on each simple path`, () => {
      const paths = everySimplePath(machine, input, facts);
      assert.is(paths.length > 50, true, `only ${paths.length} paths`);
      for (const steps of paths) {
        const played = play(machine, input, steps);
        check(played, steps);
        checkDone(played);
      }
    });

    test(`of the ${name} can reach each of its states`, () => {
      const reached = new Set([play(machine, input, []).snapshot.value]);
      for (const steps of everyEdge(machine, input, facts)) {
        reached.add(play(machine, input, steps).snapshot.value);
      }
      // `betweenRounds` is left in the step that enters it.
      const states = Object.keys(machine.states).filter((state) => state !== 'betweenRounds');
      assert.equal([...reached].sort(), states.sort());
    });
  }

  test('takes every fact in every state: none is unknown to a machine', () => {
    for (const [machine, facts] of [
      [serverSession, Object.keys(SERVER_FACTS)],
      [clientSession, Object.keys(CLIENT_FACTS)],
    ] as [AnyStateMachine, string[]][]) {
      for (const [name, state] of Object.entries(machine.states)) {
        if (state.type === 'final' || name === 'betweenRounds') continue;
        assert.equal(Object.keys(state.config.on ?? {}).sort(), [...facts].sort(), name);
      }
    }
  });

  test('says why, wherever a fact changes nothing', () => {
    for (const machine of [serverSession, clientSession] as AnyStateMachine[]) {
      for (const state of Object.values(machine.states)) {
        for (const transition of [...state.transitions.values()].flat()) {
          const isIgnored = transition.target === undefined && transition.actions.length === 0;
          assert.is(
            isIgnored,
            transition.description !== undefined,
            `${state.id} ${transition.eventType}`,
          );
        }
      }
    }
  });
});
