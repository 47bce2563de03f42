/** The explorer on small machines: flat, nested and parallel. */
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';
import { Coverage } from '../../explore/coverage.js';
import {
  edgePairPaths,
  edgePaths,
  explore,
  free,
  type Graph,
  simplePaths,
} from '../../explore/graph.js';
import { mutantsOf } from '../../explore/mutants.js';
import { plainName, tableOf, writeTable } from '../../explore/stateTable.js';
import { Stepper } from '../../explore/stepper.js';
import type { Transition } from '../../explore/transitions.js';
import { suite } from '../support/suite.js';

/** Walks a machine that takes bare facts, with what its paths of two edges cover. */
function walk(stepper: Stepper, facts: readonly string[]): { graph: Graph; coverage: Coverage } {
  const graph = explore(
    stepper,
    free(() => facts.map((type) => ({ type }))),
  );
  const coverage = new Coverage(stepper);
  for (const path of edgePairPaths(graph)) {
    coverage.run([stepper.initial, ...path.map(({ stepped }) => stepped)]);
  }
  return { graph, coverage };
}

suite('explorer of a flat machine', (test) => {
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
});

/** A state that inherits, overrides behind a guard, overrides outright, and waits with its parent. */
const lift = createMachine({
  id: 'lift',
  initial: 'running',
  states: {
    running: {
      initial: 'idle',
      on: {
        call: { target: '.moving' },
        alarm: { target: 'stuck' },
        lunch: { description: 'Nobody has lunch in a lift.' },
      },
      after: { patience: 'stuck' },
      states: {
        idle: { on: { alarm: { guard: 'isDrill', target: 'idle' } } },
        moving: { on: { call: {}, arrive: 'opening' } },
        opening: { always: { target: 'idle' } },
      },
    },
    stuck: { type: 'final' },
  },
} as never).provide({ guards: { isDrill: () => false }, delays: { patience: 10 } } as never);

const FACTS = ['call', 'alarm', 'lunch', 'arrive'];

suite('explorer of a nested machine', (test) => {
  test('writes what a state inherits once, with the state that has it', () => {
    const { graph } = walk(new Stepper(lift, {}), FACTS);
    const style = { nameOf: plainNameOf, lineOf: () => '' };
    assert.is(
      writeTable(tableOf([graph], style)),
      `(nothing yet)
  the start
    → running.idle
      % patience

running
  call
    → running.moving
  alarm
    → stuck
  lunch
    ignored: Nobody has lunch in a lift.
  after patience
    → stuck

running.idle
  arrive
    ignored: WITHOUT A REASON

running.moving
  call
    ignored: WITHOUT A REASON
  arrive
    → running.idle

`,
    );
  });

  test('counts a guard as failed where XState asked it and took what the parent has', () => {
    const { coverage } = walk(new Stepper(lift, {}), FACTS);
    assert.equal(coverage.report({}), {
      states: { covered: 5, uncovered: [], unreachable: [], stale: [] },
      transitions: {
        covered: 7,
        uncovered: ['running.idle: alarm [isDrill]'],
        unreachable: [],
        stale: [],
      },
      guards: {
        covered: 1,
        uncovered: ['running.idle: alarm [isDrill] passed'],
        unreachable: [],
        stale: [],
      },
      pairs: {
        covered: 21,
        uncovered: [
          'running: lunch > running.idle: alarm [isDrill]',
          'running.idle: alarm [isDrill] > running.idle: alarm [isDrill]',
          'running.idle: alarm [isDrill] > running: alarm',
          'running.idle: alarm [isDrill] > running: call',
          'running.idle: alarm [isDrill] > running: lunch',
          'running.idle: alarm [isDrill] > running: patience',
          'running.opening: always > running.idle: alarm [isDrill]',
        ],
        unreachable: [],
        stale: [],
      },
    });
  });

  test('makes mistakes in the states inside, and leads to each leaf but the right one', () => {
    const names = [...mutantsOf(lift)].map(({ name }) => name);
    assert.equal(names, [
      'running: call: drop',
      'running: call: retarget to running.idle',
      'running: call: retarget to running.opening',
      'running: call: retarget to stuck',
      'running: call: stay',
      'running: alarm: drop',
      'running: alarm: retarget to running.idle',
      'running: alarm: retarget to running.moving',
      'running: alarm: retarget to running.opening',
      'running: alarm: stay',
      'running: lunch: drop',
      'running: patience: drop',
      'running: patience: retarget to running.idle',
      'running: patience: retarget to running.moving',
      'running: patience: retarget to running.opening',
      'running: patience: stay',
      'running: drop the deadline patience',
      'running.idle: alarm: drop',
      'running.idle: alarm: negate isDrill',
      'running.idle: alarm: force isDrill',
      'running.idle: alarm: retarget to running.moving',
      'running.idle: alarm: retarget to running.opening',
      'running.idle: alarm: retarget to stuck',
      'running.idle: alarm: stay',
      'running.moving: call: drop',
      'running.moving: arrive: drop',
      'running.moving: arrive: retarget to running.idle',
      'running.moving: arrive: retarget to stuck',
      'running.moving: arrive: stay',
      'running.opening: always: drop',
      'running.opening: always: retarget to running.moving',
      'running.opening: always: retarget to stuck',
      'running.opening: always: stay',
    ]);
  });
});

/** Two regions that share a fact. */
const deck = createMachine({
  id: 'deck',
  type: 'parallel',
  on: { eject: { actions: [] } },
  states: {
    tape: {
      initial: 'paused',
      states: { paused: { on: { play: 'playing' } }, playing: { on: { play: 'paused' } } },
    },
    light: {
      initial: 'off',
      states: { off: { on: { play: { guard: 'isDark', target: 'on' } } }, on: {} },
    },
  },
} as never).provide({ guards: { isDark: () => true } } as never);

suite('explorer of a parallel machine', (test) => {
  test('takes a fact in every region', () => {
    const { graph, coverage } = walk(new Stepper(deck, {}), ['play', 'eject']);
    assert.equal(
      graph.edges
        .filter(({ fact }) => fact.type === 'play')
        .map(({ from, stepped }) => [from.stepped.path, stepped.path, ...idsOf(stepped.taken)]),
      [
        [
          'tape.paused, light.off',
          'tape.playing, light.on',
          'tape.paused: play',
          'light.off: play [isDark]',
        ],
        ['tape.playing, light.on', 'tape.paused, light.on', 'tape.playing: play'],
        ['tape.paused, light.on', 'tape.playing, light.on', 'tape.paused: play'],
      ],
    );
    assert.equal(coverage.report({}).transitions.uncovered, []);
    assert.equal(coverage.report({}).guards.uncovered, ['light.off: play [isDark] failed']);
  });
});

function idsOf(transitions: readonly Transition[]): string[] {
  return transitions.map(({ id }) => id);
}

function plainNameOf({ fact }: Graph['edges'][number]): string {
  return plainName(fact);
}
