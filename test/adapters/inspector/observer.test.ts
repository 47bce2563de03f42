/** What an observer tells of sessions, as records. */
import * as assert from 'uvu/assert';
import {
  assign,
  createActor,
  createMachine,
  fromPromise,
  raise,
  SimulatedClock,
  setup,
} from 'xstate';
import type { InspectorRecord, SessionStepped } from '../../../adapters/inspector/records.js';
import { clientSession, compile, serverSession } from '../../../machines/index.js';
import { closed, opened, received, sent } from '../../support/facts.js';
import { converse, recordsOf } from '../../support/inspection.js';
import { suite } from '../../support/suite.js';

function stepsOf(records: InspectorRecord[]): SessionStepped[] {
  return records.filter((record) => record.kind === 'step');
}

suite('inspection: the observer', (test) => {
  test('tells a run, its machines and its sessions before their steps, numbered', () => {
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
        ...Array.from({ length: 8 }, (_, n) => `${n + 7} step`),
        '15 ended',
      ],
    );
  });

  test('tells of a step its fact, transitions, commands, notices, deadlines and changed context', () => {
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
          taken: ['server.sending/socket.sent/0'],
          emitted: [],
          armed: [{ name: 'replyTimeout', ms: 30_000 }],
          cancelled: ['replyTimeout'],
          state: 'awaitingReply',
          status: 'active',
          context: {},
        },
        {
          ...head(6),
          fact: { type: 'socket.received', data: 'Hello 0' },
          taken: ['server.awaitingReply/socket.received/0', 'server.betweenRounds//2'],
          emitted: [
            { type: 'session.echoed', round: 0, data: 'Hello 0' },
            { type: 'socket.close', code: 1000, reason: '' },
          ],
          armed: [{ name: 'closeTimeout', ms: 5_000 }],
          cancelled: ['replyTimeout'],
          state: 'closing',
          status: 'active',
          context: { round: 1 },
        },
        {
          ...head(7),
          fact: { type: 'socket.ended', closeFrame: true, code: 1000, reason: '', silence: 0 },
          taken: ['server.closing/socket.ended/0'],
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

  test('tells a deadline that passed, and a fact that is ignored by its transition', () => {
    const steps = stepsOf(
      recordsOf((inspect) => {
        const clock = new SimulatedClock();
        const client = createActor(clientSession, { inspect, clock }).start();
        client.send(opened);
        clock.increment(30_000);
        client.send(received('late'));
      }),
    );
    assert.equal(
      steps.map(({ fact, taken, state }) => [fact.type, taken, state]),
      [
        ['xstate.init', [], 'connecting'],
        ['socket.opened', ['client.connecting/socket.opened/0'], 'awaitingMessage'],
        [
          'xstate.after.replyTimeout.client.awaitingMessage',
          ['client.awaitingMessage/xstate.after.replyTimeout.client.awaitingMessage/0'],
          'rejecting',
        ],
        ['socket.received', ['client.rejecting/socket.received/0'], 'rejecting'],
      ],
    );
  });

  test('tells an event that no transition is there for', () => {
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: {} } });
    const steps = stepsOf(
      recordsOf((inspect) => createActor(machine, { inspect }).start().send({ type: 'other' })),
    );
    assert.equal(steps.at(-1)?.taken, []);
    assert.is(steps.at(-1)?.fact.type, 'other');
  });

  test('tells the steps in their order where an event is sent in the middle of one', () => {
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

  test('tells of nested and parallel states by their paths', () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: { x: { initial: 'a', states: { a: {} } }, y: { initial: 'b', states: { b: {} } } },
    });
    const steps = stepsOf(recordsOf((inspect) => void createActor(machine, { inspect }).start()));
    assert.is(steps[0]?.state, 'x.a, y.b');
  });

  test('tells why a machine failed', () => {
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

  test('cuts what is large and names what is no data, without walking it', () => {
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

  test('tells a machine once that is made anew for each session', () => {
    const records = recordsOf((inspect) => {
      for (let n = 0; n < 3; n++) {
        createActor(serverSession.provide({}), { inspect, clock: new SimulatedClock() }).start();
      }
    });
    assert.is(records.filter(({ kind }) => kind === 'machine').length, 1);
  });

  test('leaves a session alone that cannot be read, and says so', () => {
    const troubles: string[] = [];
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: {} },
    });
    recordsOf(
      (inspect) => {
        const actor = createActor(machine, { id: 'odd', inspect }).start();
        const event = {
          type: 'go',
          inner: {
            get secret(): string {
              throw new Error('no');
            },
          },
        };
        actor.send(event);
        assert.is(actor.getSnapshot().value, 'b');
        actor.send(event);
      },
      (message) => troubles.push(message),
    );
    assert.equal(troubles, [
      'expected to read what odd does, but could not (no): it is shown no further, and goes on',
    ]);
  });

  test('shows a machine whose context is no JSON', () => {
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
      'expected a machine, but got a compiled one, which tells no steps; inspect the machine itself: fast is not shown',
    ]);
  });

  test('tells of machines alone, and of what they raise later by its name', () => {
    const machine = setup({
      actors: { other: fromPromise(async () => 1) },
    }).createMachine({
      id: 'm',
      initial: 'a',
      invoke: { src: 'other' },
      states: { a: { entry: raise({ type: 'later' }, { delay: 5 }) } },
    });
    const records = recordsOf((inspect) => {
      createActor(machine, { inspect, clock: new SimulatedClock() }).start();
    });
    assert.is(records.filter(({ kind }) => kind === 'session').length, 1);
    assert.equal(stepsOf(records)[0]?.armed, [{ name: 'later', ms: 5 }]);
  });

  test('only names a machine whose config is very long, and cuts the name of an event that is', () => {
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
