/** The model of a chart, for machines with every feature. */
import * as assert from 'uvu/assert';
import {
  type AnyStateMachine,
  and,
  createActor,
  createMachine,
  fromPromise,
  not,
  or,
  SimulatedClock,
  sendTo,
  stateIn,
} from 'xstate';
import {
  type Chart,
  type ChartTransition,
  chartOf,
  isIgnored,
  statesBelow,
  transitionId,
} from '../../chart/model.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { nested, player } from '../support/machines.js';
import { suite } from '../support/suite.js';

function lineOf({ source, cause, guard, targets, actions, reenter }: ChartTransition): string {
  return [
    source,
    cause,
    ...(guard === undefined ? [] : [`[${guard}]`]),
    ...(actions.length === 0 ? [] : [`/ ${actions.join(', ')}`]),
    ...(targets.length === 0 ? [] : [`-> ${targets.join(' & ')}`]),
    ...(reenter ? ['(anew)'] : []),
  ].join(' ');
}

function transitionOf(chart: Chart, id: string): ChartTransition {
  const found = chart.transitions.find((one) => one.id === id);
  assert.ok(found, id);
  return found;
}

suite('model of a chart', (test) => {
  test('has every transition of a machine with every feature, in the order of the document', () => {
    assert.equal(chartOf(player).transitions.map(lineOf), [
      'player power.cut -> player.off',
      'player.off power.on -> player.loading',
      'player.off power.on.last -> player.on.memory',
      'player.off key.*',
      'player.loading done load / log -> player.on',
      'player.loading error load -> player.off',
      'player.loading after 250 ms / log',
      'player.loading after patience -> player.off',
      'player.on done -> player.ended',
      'player.on.deck done / log',
      'player.on.deck.paused play [isLoaded] -> player.on.deck.playing',
      'player.on.deck.playing always [isFast(than: 9)] -> player.on.deck.over',
      'player.on.deck.playing pause -> player.on.deck.paused',
      'player.on.deck.playing seek -> player.on.deck.playing (anew)',
      'player.on.deck.playing faster / log, emit speed.raised',
      'player.on.deck.playing end [isLoaded and not isMuted] -> player.on.deck.over',
      'player.on.deck.playing end [in on.volume.loud or isMuted] -> player.on.deck.paused',
      'player.on.deck.playing end [inline] / assign -> player.on.deck.paused',
      'player.on.volume.loud say "<hush>" & wait -> player.on.volume.quiet',
      'player.on.volume.quiet shout -> player.on.volume.loud',
      'player.on.volume.quiet leave -> player.off',
      'player.ended again -> player.on.deck.playing & player.on.volume.quiet',
      'player.ended.fresh forget -> player.ended.last',
      'player.ended.last default -> player.ended.stale',
    ]);
  });

  test('has every state, with what it does, invokes and remembers', () => {
    const chart = chartOf(player);
    assert.is(chart.description, 'Plays one track.');
    const byId = new Map(statesBelow(chart.root).map((state) => [state.id, state]));
    assert.equal(
      [...byId].map(([id, { type }]) => `${id} ${type}`),
      [
        'player compound',
        'player.off atomic',
        'player.loading atomic',
        'player.on parallel',
        'player.on.deck compound',
        'player.on.deck.paused atomic',
        'player.on.deck.playing atomic',
        'player.on.deck.over final',
        'player.on.volume compound',
        'player.on.volume.loud atomic',
        'player.on.volume.quiet atomic',
        'player.on.memory history',
        'player.ended compound',
        'player.ended.fresh atomic',
        'player.ended.stale atomic',
        'player.ended.last history',
      ],
    );
    assert.is(byId.get('player')?.initial, 'player.off');
    assert.equal(byId.get('player.off')?.tags, ['idle']);
    assert.equal(byId.get('player.loading')?.invokes, ['load']);
    assert.equal(byId.get('player.loading')?.entry, []);
    assert.equal(byId.get('player.on')?.exit, ['log']);
    assert.equal(byId.get('player.on.deck.playing')?.entry, ['note(what: playing)']);
    assert.is(byId.get('player.on.memory')?.history, 'deep');
    assert.is(byId.get('player.ended.last')?.history, 'shallow');
  });

  test('is plain data', () => {
    const chart = chartOf(player);
    assert.equal(JSON.parse(JSON.stringify(chart)), chart);
  });

  for (const machine of [serverSession, clientSession, player, nested(4)] as AnyStateMachine[]) {
    test(`gives every transition of ${machine.id} an id of its own`, () => {
      const ids = chartOf(machine).transitions.map(({ id }) => id);
      assert.is(ids.length > 10, true);
      assert.equal([...new Set(ids)], ids);
    });
  }

  test('tells what a state ignores from what it does', () => {
    const chart = chartOf(player);
    assert.is(isIgnored(transitionOf(chart, 'player.off/key.*/0')), true);
    assert.is(isIgnored(transitionOf(chart, 'player.off/power.on/0')), false);
    assert.is(isIgnored(transitionOf(chart, 'player.on.deck.playing//0')), false);
    const inPlace = transitionOf(chart, 'player.on.deck.playing/faster/0');
    assert.equal([isIgnored(inPlace), inPlace.targets], [false, []]);
  });

  test('finds the transitions that a live actor takes', () => {
    const taken: (string | undefined)[] = [];
    const actor = createActor(player, {
      clock: new SimulatedClock(),
      inspect: (event) => {
        if (event.type === '@xstate.microstep') taken.push(...event._transitions.map(transitionId));
      },
    }).start();
    for (const type of ['key.x', 'power.on.last', 'play', 'leave', 'shout', 'power.cut']) {
      actor.send({ type });
    }
    assert.equal(taken, [
      'player.off/key.*/0',
      'player.off/power.on.last/0',
      'player.on.deck.paused/play/0',
      'player.on.deck.playing//0',
      'player.on.deck/xstate.done.state.player.on.deck/0',
      'player/power.cut/0',
    ]);
    const known = new Set(chartOf(player).transitions.map(({ id }) => id));
    assert.equal(
      taken.filter((id) => !known.has(String(id))),
      [],
    );
  });

  test('has no id for the way into an initial state', () => {
    assert.is(transitionId(serverSession.root.initial), undefined);
  });

  test('finds what a machine with other implementations takes', () => {
    const provided = player.provide({ guards: { isFast: () => false } });
    const taken: (string | undefined)[] = [];
    const actor = createActor(provided, {
      inspect: (event) => {
        if (event.type === '@xstate.microstep') taken.push(...event._transitions.map(transitionId));
      },
    }).start();
    for (const type of ['power.on.last', 'play', 'pause']) actor.send({ type });
    assert.equal(taken.slice(1), [
      'player.on.deck.paused/play/0',
      'player.on.deck.playing/pause/0',
    ]);
  });

  test('names what has a name, and calls the rest inline', () => {
    function isNamed(): boolean {
      return true;
    }
    const logic = fromPromise(async () => {});
    const machine = createMachine({
      id: 'words',
      initial: 'a',
      entry: [isNamed, () => {}, sendTo('peer', { type: 'hello' }), { type: 'plain', params: {} }],
      exit: { type: 'told', params: { list: [1], object: {}, how: isNamed, n: 1 } },
      states: {
        a: {
          invoke: [
            { src: logic, onDone: 'b' },
            { src: logic, id: 'named', onDone: 'b' },
            { src: 'known', id: 'known', onDone: 'b' },
            { src: 'known', id: 'other', onDone: 'b', onSnapshot: 'b' },
          ],
          on: {
            'xstate.done.actor.elsewhere': 'b',
            go: [
              { guard: and([or(['x', 'y']), not(and(['x', 'y'])), isNamed]), target: 'b' },
              { guard: stateIn({ a: 'b' }), target: 'b' },
              { guard: { type: 'late', params: ({ context }) => context }, target: 'b' },
              { guard: {} as never, target: 'b' },
            ],
          },
        },
        b: { id: 'bee', initial: 'c', states: { c: {}, d: { type: 'history', target: '#bee.c' } } },
      },
    });
    const { root, transitions } = chartOf(machine);
    assert.equal(root.entry, ['isNamed', 'inline', 'sendTo hello', 'plain']);
    assert.equal(root.exit, ['told(list: […], object: {…}, how: isNamed, n: 1)']);
    assert.equal(root.children[0]?.invokes, ['inline', 'named', 'known', 'known as other']);
    assert.equal(transitions.map(lineOf), [
      'words.a xstate.done.actor.elsewhere -> bee',
      'words.a go [(x or y) and not (x and y) and isNamed] -> bee',
      'words.a go [in {"a":"b"}] -> bee',
      'words.a go [late] -> bee',
      'words.a go [inline] -> bee',
      'words.a done inline -> bee',
      'words.a done named -> bee',
      'words.a done known -> bee',
      'words.a done known as other -> bee',
      'words.a snapshot known as other -> bee',
      'words.b.d default -> words.b.c',
    ]);
  });

  test('says where a history state leads to no state', () => {
    const states = { lost: { type: 'history', target: 'nowhere' }, here: {} } as const;
    const machine = createMachine({ id: 'map', initial: 'here', states });
    try {
      chartOf(machine);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'map.lost leads to nowhere, which is no state');
    }
  });
});
