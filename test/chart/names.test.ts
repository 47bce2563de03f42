/** The names that XState writes as one string: deadlines, and paths of nested and parallel states. */
import * as assert from 'uvu/assert';
import { createActor, createMachine, SimulatedClock } from 'xstate';
import { activeStates, chartOf, statePaths } from '../../chart/model.js';
import { deadlineOf, keysOf, pathOf, shortPathOf } from '../../chart/names.js';
import { nested, player } from '../support/machines.js';
import { suite } from '../support/suite.js';

suite('names of XState', (test) => {
  test('have the delay of a deadline, up to the id of its state', () => {
    assert.is(deadlineOf('xstate.after.patience.player.loading'), 'patience');
    assert.is(deadlineOf('xstate.after.1.5.m.a', 'm.a'), '1.5');
    assert.is(deadlineOf('xstate.after.patience'), 'patience');
    assert.is(deadlineOf('xstate.done.state.m'), undefined);
    assert.is(deadlineOf('app.stopRequested', 'm'), undefined);
  });

  test('are those of the deadlines that a nested machine sets', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'open',
      states: {
        open: {
          initial: 'live',
          after: { 20: 'over' },
          states: { live: { after: { 10: 'idle' } }, idle: {} },
        },
        over: {},
      },
    });
    const clock = new SimulatedClock();
    const passed: (string | undefined)[] = [];
    createActor(machine, {
      clock,
      inspect: (inspected) => {
        if (inspected.type !== '@xstate.snapshot') return;
        const { value } = inspected.snapshot as unknown as { value: unknown };
        passed.push(`${deadlineOf(inspected.event.type)} ${pathOf(value)}`);
      },
    }).start();
    clock.increment(20);
    assert.equal(passed, ['undefined open.live', '10 open.idle', '20 over']);
  });

  const cases: [value: unknown, path: string, keys: string[][], short: string][] = [
    ['done', 'done', [['done']], 'done'],
    [{ open: 'live' }, 'open.live', [['open', 'live']], 'live'],
    [{ a: { b: { c: 'd' } } }, 'a.b.c.d', [['a', 'b', 'c', 'd']], 'd'],
    [
      { a: 'x', b: 'y' },
      'a.x, b.y',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
      'a.x, b.y',
    ],
    [{ a: {}, b: {} }, 'a, b', [['a'], ['b']], 'a, b'],
    [
      { on: { deck: 'paused', volume: 'loud' } },
      'on.deck.paused, on.volume.loud',
      [
        ['on', 'deck', 'paused'],
        ['on', 'volume', 'loud'],
      ],
      'deck.paused, volume.loud',
    ],
    [{}, '', [], ''],
    [undefined, '', [], ''],
  ];
  for (const [value, path, keys, short] of cases) {
    test(`have "${path}" for ${JSON.stringify(value)}, and "${short}" where there is little room`, () => {
      assert.is(pathOf(value), path);
      assert.equal(keysOf(path), keys);
      assert.is(shortPathOf(path), short);
    });
  }

  test('lead from a path to the ids of its states, parents first', () => {
    const chart = chartOf(player);
    assert.equal(activeStates(chart, 'on.deck.paused, on.volume.loud'), [
      'player.on',
      'player.on.deck',
      'player.on.deck.paused',
      'player.on.volume',
      'player.on.volume.loud',
    ]);
    assert.equal([activeStates(chart, ''), activeStates(chart, 'elsewhere.on')], [[], []]);
    const { value } = createActor(nested(3)).start().getSnapshot();
    assert.equal(activeStates(chartOf(nested(3)), pathOf(value)), [
      'top.a',
      'top.a.a',
      'top.a.a.a',
      'top.a.b',
    ]);
  });

  test('are paths of keys, whatever the ids of states are', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { id: 'other', initial: 'b', states: { b: {} } } },
    });
    assert.equal(
      [...statePaths(chartOf(machine))],
      [
        ['m', 'm'],
        ['other', 'a'],
        ['m.a.b', 'a.b'],
      ],
    );
  });
});
