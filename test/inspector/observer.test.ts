/** The records that an observer writes of sessions. */
import * as assert from 'uvu/assert';
import {
  assign,
  cancel,
  createActor,
  createMachine,
  emit,
  fromPromise,
  type InspectionEvent,
  raise,
  SimulatedClock,
  setup,
} from 'xstate';
import { compile } from '../../compiler/index.js';
import { changesOf } from '../../inspector/copies.js';
import { Observer } from '../../inspector/observer.js';
import { type InspectorRecord, readRecord, type SessionStepped } from '../../inspector/records.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { closed, received, sent } from '../support/facts.js';
import { converse, recordsOf } from '../support/inspection.js';
import { suite } from '../support/suite.js';

function stepsOf(records: InspectorRecord[]): SessionStepped[] {
  return records.filter((record) => record.kind === 'step');
}

suite('observer of sessions', (test) => {
  test('records a run, its machines and its sessions before their steps, numbered', () => {
    const records = recordsOf((inspect) => converse(inspect));
    assert.equal(
      records.map(({ seq, kind }) => `${seq} ${kind}`),
      [
        '1 run',
        '2 machine',
        '3 session',
        '4 step',
        '5 machine',
        '6 session',
        ...Array.from({ length: 7 }, (_, n) => `${n + 7} step`),
        '14 ended',
      ],
    );
  });

  test('records of a step its fact, transitions, commands, notices, deadlines and changed context', () => {
    const steps = stepsOf(
      recordsOf((inspect) => {
        const clock = new SimulatedClock();
        const server = createActor(serverSession, { inspect, clock, input: { rounds: 1 } }).start();
        server.send(sent);
        server.send(received('Hello 0'));
        server.send(closed());
      }),
    );
    const head = (seq: number) => ({ seq, ts: 0, run: 'run', kind: 'step', session: 'x:0' });
    const output = {
      outcome: 'done',
      exchanges: 1,
      mismatches: 0,
      end: { closeFrame: true, code: 1000, reason: '', silence: 0 },
      fault: null,
    };
    for (const step of steps) assert.match(step.session, /^x:\d+$/);
    assert.equal(
      steps.slice(1).map((step) => ({ ...step, session: 'x:0' })),
      [
        {
          ...head(5),
          fact: { type: 'socket.sent' },
          taken: ['server.conversing.sending/socket.sent/0'],
          emitted: [],
          armed: [{ name: 'replyTimeout', ms: 30_000 }],
          cancelled: ['replyTimeout'],
          state: 'conversing.awaitingReply',
          status: 'active',
          context: {},
        },
        {
          ...head(6),
          fact: { type: 'socket.received', data: 'Hello 0' },
          taken: [
            'server.conversing.awaitingReply/socket.received/0',
            'server.conversing.betweenRounds//3',
          ],
          emitted: [
            { type: 'session.echoed', round: 0, data: 'Hello 0' },
            { type: 'socket.close', code: 1000, reason: '' },
          ],
          armed: [{ name: 'closeTimeout', ms: 5_000 }],
          cancelled: ['replyTimeout'],
          state: 'leaving.closing',
          status: 'active',
          context: { round: 1 },
        },
        {
          ...head(7),
          fact: { type: 'socket.ended', closeFrame: true, code: 1000, reason: '', silence: 0 },
          taken: ['server.leaving.closing/socket.ended/0'],
          emitted: [{ type: 'session.ended', output }],
          armed: [],
          cancelled: ['closeTimeout'],
          state: 'done',
          status: 'done',
          context: { outcome: 'done', end: output.end },
        },
      ],
    );
  });

  test('records a deadline that passed, and the transition that ignores a fact', () => {
    const steps = stepsOf(
      recordsOf((inspect) => {
        const clock = new SimulatedClock();
        const client = createActor(clientSession, { inspect, clock }).start();
        clock.increment(30_000);
        client.send(received('late'));
      }),
    );
    assert.equal(
      steps.map(({ fact, taken, state }) => [fact.type, taken, state]),
      [
        ['xstate.init', ['client.conversing.beginning//1'], 'conversing.awaitingMessage'],
        [
          'xstate.after.replyTimeout.client.conversing.awaitingMessage',
          [
            'client.conversing.awaitingMessage/xstate.after.replyTimeout.client.conversing.awaitingMessage/0',
          ],
          'leaving.rejecting',
        ],
        ['socket.received', ['client.leaving/socket.received/0'], 'leaving.rejecting'],
      ],
    );
  });

  test('records an event without a transition', () => {
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: {} } });
    const steps = stepsOf(
      recordsOf((inspect) => createActor(machine, { inspect }).start().send({ type: 'other' })),
    );
    assert.equal(steps.at(-1)?.taken, []);
    assert.is(steps.at(-1)?.fact.type, 'other');
  });

  test('records the steps in their order where an event is sent in the middle of one', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { on: { go: { target: 'b', actions: ({ self }) => self.send({ type: 'on' }) } } },
        b: { on: { on: 'c' } },
        c: {},
      },
    });
    const steps = stepsOf(
      recordsOf((inspect) => createActor(machine, { inspect }).start().send({ type: 'go' })),
    );
    assert.equal(
      steps.map(({ fact, state, taken }) => [fact.type, state, taken]),
      [
        ['xstate.init', 'a', []],
        ['go', 'b', ['m.a/go/0']],
        ['on', 'c', ['m.b/on/0']],
      ],
    );
  });

  test('records nested and parallel states by their paths', () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: { x: { initial: 'a', states: { a: {} } }, y: { initial: 'b', states: { b: {} } } },
    });
    const steps = stepsOf(recordsOf((inspect) => void createActor(machine, { inspect }).start()));
    assert.is(steps[0]?.state, 'x.a, y.b');
  });

  test('records why a machine failed', () => {
    const machine = setup({
      actions: {
        fail: assign(() => {
          throw new Error('no more');
        }),
      },
    }).createMachine({ id: 'm', initial: 'a', states: { a: { on: { go: { actions: 'fail' } } } } });
    const steps = stepsOf(
      recordsOf((inspect) => {
        const actor = createActor(machine, { inspect });
        actor.subscribe({ error: () => {} });
        actor.start().send({ type: 'go' });
      }),
    );
    assert.equal(
      [steps.at(-1)?.status, steps.at(-1)?.context['error']],
      ['error', 'Error: no more'],
    );
  });

  test('cuts large values, and names objects with a class without walking them', () => {
    class Connection {
      get secret(): string {
        throw new Error('was walked');
      }
    }
    const data = new Uint8Array(64 * 1024).fill(7);
    const [event] = stepsOf(
      recordsOf((inspect) => {
        const machine = createMachine({ id: 'm', initial: 'a', states: { a: {} } });
        const actor = createActor(machine, { inspect }).start();
        actor.send({
          type: 'all',
          data,
          text: 'x'.repeat(100_000),
          socket: new Connection(),
          call: () => {},
          many: Array.from({ length: 1_000 }, (_, n) => n),
          control: 'a\x1b[2J\u202eb',
        });
      }),
    ).slice(1);
    assert.equal(event?.fact, {
      type: 'all',
      data: { bytes: 65_536, hex: `${Array(32).fill('07').join(' ')} …` },
      text: { text: 'x'.repeat(200), length: 100_000 },
      socket: 'a Connection',
      call: 'a function',
      many: [...Array(40).keys(), '… 960 more'],
      control: 'a\\x1b[2J\\u202eb',
    });
  });

  test('records a machine once that is created anew for each session', () => {
    const records = recordsOf((inspect) => {
      for (let n = 0; n < 3; n++) {
        createActor(serverSession.provide({}), { inspect, clock: new SimulatedClock() }).start();
      }
    });
    assert.is(records.filter(({ kind }) => kind === 'machine').length, 1);
  });

  const fail = (): never => {
    throw new Error('no');
  };
  const failing = (names: (keyof ProxyHandler<object>)[], target: object = {}): object =>
    new Proxy(target, Object.fromEntries(names.map((name) => [name, fail])));
  const revoked = (target: object): object => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const U = { unreadable: true };
  const unreadable: [name: string, value: unknown, shown: unknown][] = [
    [
      'a getter that throws',
      Object.defineProperty({ a: 1 }, 'b', { get: fail, enumerable: true }),
      { a: 1, b: U },
    ],
    [
      'a getter that throws what is no error',
      {
        get a() {
          throw undefined;
        },
      },
      { a: U },
    ],
    ['a proxy that throws', failing(['getPrototypeOf', 'get', 'ownKeys']), U],
    ['a proxy that cannot be listed', failing(['ownKeys']), { '…': U }],
    ['a proxy of a list', failing(['get'], []), U],
    ['a list with a getter', Object.defineProperty([1, 2, 3], '1', { get: fail }), [1, U, 3]],
    ['a revoked proxy', revoked({}), U],
    ['a revoked list', revoked([]), U],
    ['an error without a message', Object.defineProperty(new Error(), 'message', { get: fail }), U],
    ['an error with a name that is no text', Object.assign(new Error(), { name: Symbol('x') }), U],
    [
      'an object without a class',
      Object.create({
        get constructor() {
          return fail();
        },
      }),
      U,
    ],
    [
      'a class without a name',
      Object.create({ constructor: Object.defineProperty(() => {}, 'name', { value: fail }) }),
      'a thing',
    ],
    ['bytes that cannot be cut', Object.assign(new Uint8Array(1), { subarray: fail }), U],
    ['a toJSON that throws', { toJSON: fail }, { toJSON: 'a function' }],
    [
      'a key named __proto__',
      JSON.parse('{"__proto__":{"a":1},"b":2}'),
      JSON.parse('{"__proto__":{"a":1},"b":2}'),
    ],
    ['a key that drives a terminal', { '\x1b[2J': 1 }, { '\\x1b[2J': 1 }],
  ];
  for (const [name, value, shown] of unreadable) {
    test(`shows ${name} alone, and the session to its end`, () => {
      const machine = createMachine({
        id: 'm',
        context: { value, other: 1 },
        initial: 'a',
        states: { a: { on: { go: 'b' } }, b: { type: 'final' } },
      });
      const steps = stepsOf(
        recordsOf((inspect) => {
          const actor = createActor(machine, { inspect }).start();
          actor.send({ type: 'other', value } as { type: 'other' });
          actor.send({ type: 'go' });
        }),
      ).map((step): SessionStepped => JSON.parse(JSON.stringify(step)));
      assert.equal(
        steps.map(({ fact, status }) => [fact.type, status]),
        [
          ['xstate.init', 'active'],
          ['other', 'active'],
          ['go', 'done'],
        ],
      );
      const [first, second] = steps.map(({ context, fact }) => [context['value'], fact['value']]);
      // By JSON: a comparison by keys would not see `__proto__`.
      assert.is(JSON.stringify(first?.[0]), JSON.stringify(shown));
      assert.is(JSON.stringify(second?.[1]), JSON.stringify(shown));
      assert.is(steps[0]?.context['other'], 1);
    });
  }

  test('records contexts and events of which nothing can be read', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: {} },
    });
    const event = new Proxy({ type: 'go' }, { ownKeys: fail });
    const context = Object.defineProperty({ a: 1 }, 'b', { get: fail, enumerable: true });
    const steps = stepsOf(
      recordsOf((inspect) => {
        createActor(machine.provide({}), { inspect }).start().send(event);
        createActor(createMachine({ id: 'n', context }), { inspect }).start();
        const closed = failing(['ownKeys']);
        createActor(createMachine({ id: 'o', context: closed }), { inspect }).start();
        const failed = createActor(
          createMachine({ context: fail, initial: 'a', states: { a: {} } }),
          { inspect },
        );
        failed.subscribe({ error: () => {} });
        failed.start();
      }),
    );
    assert.equal(
      steps.map(({ fact, context, state }) => [fact.type, fact['…'], context, state]),
      [
        ['xstate.init', undefined, {}, 'a'],
        ['go', U, {}, 'b'],
        ['xstate.init', undefined, { a: 1, b: U }, ''],
        ['xstate.init', undefined, { '…': U }, ''],
        ['xstate.init', undefined, { error: 'Error: no' }, 'a'],
      ],
    );
  });

  test('says once that a part of a session cannot be read, and records the rest', () => {
    const troubles: string[] = [];
    const states = { a: { on: { go: 'b' } }, b: { type: 'final' as const } };
    const machine = createMachine({ id: 'm', initial: 'a', states });
    const steps = stepsOf(
      recordsOf(
        (inspect) => {
          const actor = createActor(machine, { id: 'odd', inspect }).start();
          const inspected = {
            type: '@xstate.event',
            actorRef: actor,
          } as unknown as InspectionEvent;
          Object.defineProperty(inspected, 'event', { get: fail });
          inspect(inspected);
          inspect(inspected);
          actor.send({ type: 'go' });
        },
        (message) => troubles.push(message),
      ),
    );
    assert.equal(
      steps.map(({ state, status }) => [state, status]),
      [
        ['a', 'active'],
        ['b', 'done'],
      ],
    );
    assert.equal(troubles, [
      'expected to read what odd does, but could not (no): a part of it is not shown, and it goes on',
    ]);
  });

  test('names a machine whose config is no JSON, and shows one without a chart that cannot be read', () => {
    const troubles: string[] = [];
    const odd = createMachine({ id: 'odd', meta: { big: 1n } });
    const bad = createMachine({ id: 'bad\x07', initial: 'a', states: { a: {} } });
    Object.defineProperty(bad.root, 'description', { get: fail });
    const deep = createMachine({ id: 'deep', description: 'x'.repeat(600_000) });
    const records = recordsOf(
      (inspect) => {
        for (const machine of [odd, bad, bad, deep]) createActor(machine, { inspect }).start();
      },
      (message) => troubles.push(message),
    );
    const machines = records.filter((record) => record.kind === 'machine');
    assert.equal(
      machines.map(({ definition }) => definition),
      ['{"id":"odd"}'],
    );
    const sessions = records.filter((record) => record.kind === 'session');
    assert.equal(
      sessions.map(({ machine }) => machine.replace(/@.*/, '')),
      ['odd', 'bad\x07', 'bad\x07', 'deep'],
    );
    assert.is(stepsOf(records).length, 4);
    const [first, second, ...more] = troubles;
    assert.is(
      first,
      'expected to read the machine bad\\x07, but could not (no): it is shown without a chart',
    );
    assert.match(
      second ?? '',
      /^expected to read the machine deep, but could not \(its record has more than 524288 characters\)/,
    );
    assert.equal(more, []);
  });

  const states = (depth: number): object =>
    depth === 0 ? {} : { initial: 'a', states: { a: states(depth - 1) } };
  const odd: [name: string, config: object, troubles: string[]][] = [
    [
      'is very deep',
      { id: 'm', ...states(60) },
      [
        'expected to read the machine m, but could not (its record has more than 100 levels): it is shown without a chart',
      ],
    ],
    [
      'has very many parts',
      {
        id: 'm',
        on: { go: Array.from({ length: 100 }, () => ({ actions: Array(500).fill('') })) },
      },
      [
        'expected to read the machine m, but could not (its record has more than 40000 values): it is shown without a chart',
      ],
    ],
    [
      'has a tag that is no text',
      { id: 'm', tags: [5] },
      [
        'expected to read the machine m, but could not (expected the fields of a machine record, but got others): it is shown without a chart',
      ],
    ],
    ['waits for ever', { id: 'm', entry: raise({ type: 'x' }, { delay: 1 / 0, id: 'x' }) }, []],
    [
      'has lists of empty lists',
      {
        id: 'm',
        context: { wide: [1, 2, 3, 4, 5, 6].reduce<unknown>((one) => Array(40).fill(one), null) },
      },
      [],
    ],
  ];
  for (const [name, config, troubles] of odd) {
    test(`records what a reader takes of a machine that ${name}`, () => {
      const told: string[] = [];
      const records = recordsOf(
        (inspect) => {
          const clock = new SimulatedClock();
          const machine = createMachine(config);
          createActor(machine, { inspect, clock }).start().send({ type: 'other' });
        },
        (message) => told.push(message),
      );
      for (const record of records) {
        assert.is(readRecord(JSON.stringify(record)).kind, record.kind);
      }
      assert.equal([told, stepsOf(records).length], [troubles, 2]);
    });
  }

  test('records a run with a very long name, and an event whose type is no text', () => {
    const lines: string[] = [];
    const who = { run: 'run', name: 'n'.repeat(5_000), pid: 1 };
    const observer = new Observer(
      who,
      (_, line) => lines.push(line),
      () => assert.unreachable(),
    );
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: {} } });
    const actor = createActor(machine, { inspect: observer.inspect }).start();
    observer.inspect({
      type: '@xstate.snapshot',
      event: { type: 5 },
      snapshot: actor.getSnapshot(),
      actorRef: actor,
    } as unknown as InspectionEvent);
    const records = lines.map(readRecord);
    const [run] = records;
    assert.is(run?.kind === 'run' && run.name, `${'n'.repeat(500)}…`);
    assert.is(stepsOf(records).at(-1)?.fact.type, 'a number');
  });

  test('keeps no value of a context whose key is gone', () => {
    const seen = new Map<string, unknown>();
    const contextOf = (n: number): object =>
      Object.fromEntries(Array.from({ length: 150 }, (_, k) => [`${n} ${k}`, k]));
    for (let n = 0; n < 10; n++) {
      changesOf(seen, { value: 'a', status: 'active', context: { ...contextOf(n) } });
    }
    assert.is(seen.size, 100);
    assert.is(
      [...seen.keys()].every((key) => key.startsWith('9 ')),
      true,
    );
    changesOf(seen, { value: 'a', status: 'active', context: { left: 1 } });
    assert.equal([...seen], [['left', 1]]);
  });

  test('records steps within the bounds of a reader, however long they are', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`k${n}`, '\u202e'.repeat(300)]),
    );
    const machine = setup({
      actions: { tell: emit({ type: 'told', text: '\u202e'.repeat(300) }) },
    }).createMachine({
      id: 'm'.repeat(5_000),
      context: many,
      type: 'parallel',
      states: Object.fromEntries(
        Array.from({ length: 300 }, (_, n) => [`${'s'.repeat(300)}${n}`, {}]),
      ),
      on: { go: { actions: Array.from({ length: 200 }, () => 'tell' as const) } },
    });
    const records = recordsOf(
      (inspect) => {
        const actor = createActor(machine, { id: 'n'.repeat(5_000), inspect }).start();
        actor.send({ type: 'go' });
        actor.stop();
      },
      () => {},
    );
    for (const record of records) assert.equal(readRecord(JSON.stringify(record)), record);
    assert.is(stepsOf(records).length >= 2, true);
  });

  test('records a machine whose context is no JSON', () => {
    const troubles: string[] = [];
    const circle: Record<string, unknown> = { big: 10n };
    circle['me'] = circle;
    const steps = stepsOf(
      recordsOf(
        (inspect) => {
          createActor(createMachine({ id: 'm', context: { circle } }), { inspect }).start();
        },
        (message) => troubles.push(message),
      ),
    );
    assert.equal([steps.length, troubles], [1, []]);
  });

  test('says that a compiled machine cannot be shown', () => {
    const troubles: string[] = [];
    const logic = compile(createMachine({ id: 'm' }));
    recordsOf(
      (inspect) => {
        createActor(logic, { id: 'fast', inspect }).start();
      },
      (message) => troubles.push(message),
    );
    assert.equal(troubles, [
      'expected fast to run a machine, but it runs a compiled one, which tells no steps: inspect the machine itself',
    ]);
  });

  test('records machines alone, and a delayed event by its type or its id', () => {
    const machine = setup({
      actors: { other: fromPromise(async () => 1) },
    }).createMachine({
      id: 'm',
      initial: 'a',
      invoke: { src: 'other' },
      states: {
        a: {
          entry: raise({ type: 'later' }, { delay: 5, id: 'mine' }),
          on: { never: { actions: cancel('mine') } },
        },
      },
    });
    const records = recordsOf((inspect) => {
      createActor(machine, { inspect, clock: new SimulatedClock() })
        .start()
        .send({ type: 'never' });
    });
    assert.is(records.filter(({ kind }) => kind === 'session').length, 1);
    assert.equal(stepsOf(records)[0]?.armed, [{ name: 'later', ms: 5 }]);
    assert.equal(stepsOf(records)[1]?.cancelled, ['mine']);
  });

  test('records the id alone of a very long config, and cuts a very long type', () => {
    const machine = createMachine({ id: 'm', description: 'x'.repeat(200_000), on: { go: {} } });
    const records = recordsOf((inspect) => {
      createActor(machine, { inspect })
        .start()
        .send({ type: 'y'.repeat(300) });
    });
    const known = records.find((record) => record.kind === 'machine');
    assert.is(known?.kind === 'machine' && known.definition, '{"id":"m"}');
    assert.is(stepsOf(records).at(-1)?.fact.type, `${'y'.repeat(60)}…`);
  });

  test('keeps every record within a budget, whatever an event holds', () => {
    const deep = (depth: number): unknown =>
      depth === 0 ? 'x'.repeat(500) : Array.from({ length: 20 }, () => deep(depth - 1));
    const records = recordsOf((inspect) => {
      const machine = createMachine({ id: 'm', initial: 'a', states: { a: {} } });
      createActor(machine, { inspect })
        .start()
        .send({ type: 'deep', deep: deep(3) });
    });
    assert.is(JSON.stringify(stepsOf(records).at(-1)).length < 10_000, true);
  });
});
