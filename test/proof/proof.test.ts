/** The quick parts of the proof, and what the proof itself rests on. `npm run proof` runs all of it. */
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createMachine } from 'xstate';
import { Coverage } from '../../explore/coverage.js';
import { edgePairPaths, edgePaths, explore, free, simplePaths } from '../../explore/graph.js';
import { mutantsOf } from '../../explore/mutants.js';
import { Stepper } from '../../explore/stepper.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { readProjectFile } from '../support/docs.js';
import { suite } from '../support/suite.js';
import { coveragePart } from './coverage.js';
import {
  brokenRule,
  declaredFixtures,
  pairOf,
  pairPart,
  pairShortfall,
  replay,
  twoColumns,
} from './pair.js';
import { pairLivePart } from './pairLive.js';
import { pathsPart } from './paths.js';
import { exploreSubject, subjects } from './subjects.js';
import { tablePart } from './table.js';

const all = new Map(subjects.map((subject) => [subject, exploreSubject(subject)]));

suite('proof', (test) => {
  test('of the tables: every state takes every fact as written down', () => {
    assert.equal(tablePart(all).shortfalls, []);
  });

  test('of the pure paths: all of them say what the tables say', () => {
    assert.equal(pathsPart(all).shortfalls, []);
  }, 60_000);

  test('of the coverage: the pure paths take everything that can be taken', () => {
    assert.equal(coveragePart(all, new Map()).shortfalls, []);
  });

  test('of the pair: whatever the network does, both ends end as declared', () => {
    assert.equal(pairPart().shortfalls, []);
  }, 60_000);

  test('of the pair over sockets: every declared pair of outcomes comes there too', async () => {
    assert.equal((await pairLivePart(declaredFixtures())).shortfalls, []);
  }, 60_000);
});

suite('library of the proof', (test) => {
  const machine = createMachine({
    id: 'lamp',
    initial: 'off',
    context: { settings: {} },
    states: {
      off: { on: { press: 'on', smash: { target: 'broken', guard: 'isAngry' } } },
      on: { on: { press: 'off' }, after: { patience: 'off' } },
      broken: { type: 'final' },
    },
  }).provide({ guards: { isAngry: () => false }, delays: { patience: 10 } });
  const facts = [{ type: 'press' }, { type: 'smash' }];

  test('walks any machine, its deadlines included', () => {
    const graph = explore(
      new Stepper(machine, {}),
      free(() => facts),
    );
    assert.equal(
      graph.vertices.map(({ stepped }) => stepped.snapshot.value),
      ['off', 'on'],
    );
    assert.equal(
      edgePaths(graph).map((path) => path.map(({ fact }) => fact.type).join(' ')),
      ['press', 'smash', 'press press', 'press smash', 'press xstate.after.patience.lamp.on'],
    );
    assert.is(edgePairPaths(graph).length, 2 + 3 + 3 + 2 + 2 + 2 - 2);
    assert.is(simplePaths(graph).length, 1);
  });

  test('refuses to walk for ever', () => {
    const stepper = new Stepper(machine, {});
    try {
      explore(
        stepper,
        free(() => facts),
        undefined,
        1,
      );
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'there are more than 1 states');
    }
  });

  test('says what was taken, what was not, and which line of a list is stale', () => {
    const stepper = new Stepper(machine, {});
    const coverage = new Coverage(stepper);
    const graph = explore(
      stepper,
      free(() => facts),
    );
    for (const path of edgePairPaths(graph)) {
      coverage.run([stepper.initial, ...path.map(({ stepped }) => stepped)]);
    }
    const { transitions, guards, states } = coverage.report({
      states: { broken: 'nobody is angry' },
      guards: { 'off: smash [isAngry] passed': 'nobody is angry', 'off: *': 'stale' },
    });
    assert.equal(states, { covered: 2, uncovered: [], unreachable: ['broken'], stale: [] });
    assert.equal(transitions.uncovered, ['off: smash [isAngry]']);
    assert.equal(guards.stale, ['off: *']);
    assert.equal(guards.unreachable, ['off: smash [isAngry] passed']);
  });

  test('makes every mistake once, and leaves the machine as it is', () => {
    const before = JSON.stringify(machine.config);
    const names = [...mutantsOf(machine)].map(({ name }) => name);
    assert.is(new Set(names).size, names.length);
    assert.is(JSON.stringify(machine.config), before);
    assert.ok(names.includes('on: drop the deadline patience'));
    assert.ok(names.includes('off: smash: negate isAngry'));
  });

  test('notices a pair that hangs, and shows the run in two columns', () => {
    const deaf = [...mutantsOf(serverSession)].find(
      ({ name }) => name === 'sending: socket.received: drop',
    );
    assert.ok(deaf);
    const pair = pairOf(1, 0, { server: deaf.machine, client: clientSession });
    const broken = pair.explore().filter((node) => brokenRule(node, 1) !== undefined);
    assert.is(broken.length > 0, true);
    const actions = ['connect', 'deliver client', 'deliver client'];
    assert.equal(
      twoColumns(pairOf(1, 0), actions).map((line) => line.trimEnd().replace(/-{3,}$/, '')),
      [
        '-- connect ',
        '= conversing.sending',
        '* session.started',
        '* session.roundStarted 0 "Hello 0"',
        '> socket.send "Hello 0"',
        '-- deliver client ',
        `${' '.repeat(56)}< socket.opened`,
        `${' '.repeat(56)}= conversing.awaitingMessage`,
        `${' '.repeat(56)}* session.started`,
        '-- deliver client ',
        `${' '.repeat(56)}< socket.received "Hello 0"`,
        `${' '.repeat(56)}= conversing.replying`,
        `${' '.repeat(56)}* session.received 0 "Hello 0"`,
        `${' '.repeat(56)}> socket.send "Hello 0"`,
      ],
    );
  });

  test('notices machines without deadlines, which a silent network would hang', () => {
    const withoutDeadlines = (machine: AnyStateMachine): AnyStateMachine => {
      const states = Object.entries(machine.config.states ?? {}).map(([name, state]) => {
        const { after, ...rest } = state as { after?: unknown };
        return [name, rest];
      });
      const config = { ...machine.config, states: Object.fromEntries(states) };
      return createMachine(config as never, machine.implementations as never);
    };
    const machines = {
      server: withoutDeadlines(serverSession),
      client: withoutDeadlines(clientSession),
    };
    assert.match(String(pairShortfall(pairOf(1, 1, machines), 1)), 'nothing can happen any more');
    assert.is(pairShortfall(pairOf(1, 1), 1), undefined);
  });

  test('refuses a run that cannot be', () => {
    try {
      replay(pairOf(1, 0), ['deliver server']);
      assert.unreachable();
    } catch (error) {
      assert.match(
        (error as Error).message,
        '"deliver server" cannot happen here; these can: connect',
      );
    }
  });

  test('rests on the XState whose insides it reads', () => {
    const { version } = JSON.parse(readProjectFile('node_modules/xstate/package.json'));
    assert.match(version, /^5\.33\./);
    assert.match(JSON.parse(readProjectFile('package.json')).dependencies.xstate, /^~5\.33\./);
  });
});
