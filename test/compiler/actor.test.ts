/** Compiled actors behave like XState's actors, whatever their users do to them. */
import * as assert from 'uvu/assert';
import {
  assign,
  createActor,
  createMachine,
  type EventObject,
  emit,
  log,
  SimulatedClock,
  setup,
} from 'xstate';
import { CompiledActor } from '../../compiler/actor.js';
import { compile, createCompiledActor } from '../../compiler/index.js';
import { Logic } from '../../compiler/logic.js';
import { startProgram } from '../support/cli.js';
import { suite } from '../support/suite.js';

const machine = createMachine({
  id: 'm',
  context: { n: 0 },
  initial: 'a',
  output: 7,
  states: {
    a: {
      entry: emit({ type: 'begun' }),
      after: { 10: 'b' },
      on: {
        go: { actions: [assign({ n: ({ context }) => context.n + 1 }), emit({ type: 'gone' })] },
        end: 'b',
        fail: {
          actions: () => {
            throw new Error('it broke');
          },
        },
      },
    },
    b: { type: 'final' },
  },
});

type Actor = ReturnType<typeof createActor<typeof machine>>;

type Target = { send(event: EventObject): void };

/** A resettable timer, as a clock may make it. */
class SimulatedTimer {
  event: EventObject | undefined = undefined;
  readonly #target: Target;
  readonly #clock: SimulatedClock;
  #handle = -1;

  constructor(target: Target, clock: SimulatedClock) {
    this.#target = target;
    this.#clock = clock;
  }

  start(event: EventObject, ms: number): void {
    this.stop();
    this.event = event;
    this.#handle = this.#clock.setTimeout(() => {
      this.event = undefined;
      this.#target.send(event);
    }, ms);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#handle);
    this.event = undefined;
  }

  end(): void {
    this.stop();
  }
}

/** Does the same to XState's actor and to the compiled one; returns their logs. */
function both(act: (actor: Actor, log: unknown[], clock: SimulatedClock) => void): unknown[][] {
  const logic = compile(machine);
  const creators = [
    (clock: SimulatedClock) => createActor(machine, { clock }),
    (clock: SimulatedClock) => createCompiledActor(logic, { clock }) as unknown as Actor,
  ];
  return creators.map((create) => {
    const log: unknown[] = [];
    const clock = new SimulatedClock();
    act(create(clock), log, clock);
    return log;
  });
}

function same(expected: unknown[], act: Parameters<typeof both>[0]): void {
  assert.equal(both(act), [expected, expected]);
}

suite('actor of a compiled machine', (test) => {
  test('shows its initial state before it starts', () => {
    same(['a', 0], (actor, log) => {
      const { value, context } = actor.getSnapshot();
      log.push(value, context.n);
    });
  });

  test('takes events sent before its start once it starts', () => {
    same([0, 'gone', 1], (actor, log) => {
      actor.on('gone' as never, ({ type }: { type: string }) => log.push(type));
      actor.send({ type: 'go' });
      log.push(actor.getSnapshot().context.n);
      actor.start();
      log.push(actor.getSnapshot().context.n);
    });
  });

  test('starts once', () => {
    same(['begun'], (actor, log) => {
      actor.on('begun' as never, ({ type }: { type: string }) => log.push(type));
      actor.start();
      actor.start();
    });
  });

  test('notifies an observer that another one adds, and none that another one removes', () => {
    same(['one', 'new', 'one', 'new'], (actor, log) => {
      actor.subscribe(() => {
        log.push('one');
        two.unsubscribe();
        if (log.length === 1) actor.subscribe(() => log.push('new'));
      });
      const two = actor.subscribe(() => log.push('two'));
      actor.start();
      actor.send({ type: 'go' });
    });
  });

  test('assigns to its own context although its assigner runs an actor with other keys', () => {
    interface Context {
      n: number;
      other?: CompiledActor;
    }
    const machine = setup({ types: {} as { context: Context; input: Context } }).createMachine({
      context: ({ input }) => input,
      on: {
        go: {
          actions: assign({
            n: ({ context }) => {
              context.other?.send({ type: 'go' });
              return 1;
            },
          }),
        },
      },
    });
    const logic = new Logic(machine, 0);
    const create = (input: object) => {
      const actor = new CompiledActor(logic, { clock: new SimulatedClock(), input });
      return actor.start();
    };
    const other = create({ n: 0, b: 'theirs' });
    const actor = create({ a: 'ours', n: 0, other });
    actor.send({ type: 'go' });
    assert.equal(Object.entries(actor.getSnapshot().context), [
      ['a', 'ours'],
      ['n', 1],
      ['other', other],
    ]);
    assert.equal(other.getSnapshot().context, { n: 1, b: 'theirs' });
  });

  test('assigns to contexts of more shapes than it remembers', () => {
    const machine = setup({
      types: {} as { context: Record<string, unknown>; input: Record<string, unknown> },
    }).createMachine({
      context: ({ input }) => input,
      on: { go: { actions: assign({ n: 1 }) } },
    });
    const logic = new Logic(machine, 0);
    const inputs = [...'abcdefgh', '__proto__'].map((key) => JSON.parse(`{ "n": 0, "${key}": 7 }`));
    const assigned = inputs.map((input) => {
      const actor = new CompiledActor(logic, { clock: new SimulatedClock(), input }).start();
      actor.send({ type: 'go' });
      return JSON.stringify(actor.getSnapshot().context);
    });
    assert.equal(
      assigned,
      [...'abcdefgh', '__proto__'].map((key) => `{"n":1,"${key}":7}`),
    );
  });

  test('takes an event that a listener sends after the current one has reached observers', () => {
    same(['gone in 1', 1, 'gone in 2', 2], (actor, log) => {
      actor.on('gone' as never, () => {
        const { n } = actor.getSnapshot().context;
        if (n < 2) actor.send({ type: 'go' });
        log.push(`gone in ${n}`);
      });
      actor.start();
      actor.subscribe(({ context }) => log.push(context.n));
      actor.send({ type: 'go' });
    });
  });

  test('calls listeners of one type before listeners of all types', () => {
    same(['one', 'all'], (actor, log) => {
      actor.start();
      actor.on('*', () => log.push('all'));
      actor.on('gone' as never, () => log.push('one'));
      actor.send({ type: 'go' });
    });
  });

  test('calls no listener and no observer that has unsubscribed', () => {
    same(['first', 1, 'second'], (actor, log) => {
      actor.start();
      const listening = actor.on('gone' as never, () => log.push('first'));
      const observing = actor.subscribe(({ context }) => log.push(context.n));
      actor.send({ type: 'go' });
      listening.unsubscribe();
      observing.unsubscribe();
      actor.on('gone' as never, () => log.push('second'));
      actor.send({ type: 'go' });
    });
  });

  test('ignores events after its end', () => {
    same(['done', 7, 0], (actor, log, clock) => {
      actor.start();
      clock.increment(10);
      actor.send({ type: 'go' });
      const { status, output, context } = actor.getSnapshot();
      log.push(status, output, context.n);
    });
  });

  test('completes an observer that subscribes after its end', () => {
    same(['complete'], (actor, log) => {
      actor.start();
      actor.send({ type: 'end' });
      actor.subscribe({ next: () => log.push('next'), complete: () => log.push('complete') });
    });
  });

  test('reports its error to observers, late ones too', () => {
    same(['it broke', 'late: it broke', 'error'], (actor, log) => {
      actor.subscribe({ error: (error) => log.push((error as Error).message) });
      actor.start();
      actor.send({ type: 'fail' });
      actor.subscribe({ error: (error) => log.push(`late: ${(error as Error).message}`) });
      log.push(actor.getSnapshot().status);
    });
  });

  test('completes its observers and clears its timers when it stops', () => {
    same(['complete', 'stopped', 'a'], (actor, log, clock) => {
      actor.subscribe({ complete: () => log.push('complete') });
      actor.start();
      actor.stop();
      clock.increment(100);
      log.push(actor.getSnapshot().status, actor.getSnapshot().value);
    });
  });

  test('reuses one timer of its clock for successive delays, and makes more for simultaneous ones', () => {
    const delays = createMachine({
      type: 'parallel',
      states: {
        x: { initial: 'a', states: { a: { after: { 10: 'b' } }, b: { after: { 10: 'a' } } } },
        y: { initial: 'c', states: { c: { after: { 15: 'd' } }, d: { after: { 6: 'c' } } } },
      },
      on: { again: { target: ['.x.a', '.y.c'] } },
    });
    const timers: SimulatedTimer[] = [];
    const clocks = [new SimulatedClock(), new SimulatedClock(), new SimulatedClock()] as const;
    const [clock] = clocks;
    const timer = (target: Target): SimulatedTimer => {
      const made = new SimulatedTimer(target, clock);
      timers.push(made);
      return made;
    };
    const resettable = {
      setTimeout: clock.setTimeout.bind(clock),
      clearTimeout: clock.clearTimeout.bind(clock),
      timer,
    };
    const logic = compile(delays);
    const actors = [
      createCompiledActor(logic, { clock: resettable }),
      createCompiledActor(logic, { clock: clocks[1] }),
      createActor(delays, { clock: clocks[2] }),
    ];
    for (const actor of actors) actor.start();
    const seen = new Set<string>();
    for (let ms = 0; ms < 400; ms++) {
      for (const one of clocks) one.increment(1);
      if (ms % 57 === 56) for (const actor of actors) actor.send({ type: 'again' });
      const values = actors.map((actor) => JSON.stringify(actor.getSnapshot().value));
      assert.equal(values, Array(3).fill(values[2]), `after ${ms} ms`);
      seen.add(values[0] as string);
    }
    assert.equal([seen.size, timers.length], [4, 2]);
    assert.equal(
      timers.map(({ event }) => event === undefined),
      [false, false],
    );
    actors[0]?.stop();
    assert.equal(
      timers.map(({ event }) => event),
      [undefined, undefined],
    );
  });

  test('emits nothing when it stops before its start', () => {
    same(['active'], (actor, log) => {
      actor.on('*', () => log.push('emitted'));
      actor.stop();
      actor.send({ type: 'go' });
      log.push(actor.getSnapshot().status);
    });
  });

  test('drops queued events when a listener stops it', () => {
    same([1, 'stopped'], (actor, log) => {
      actor.on('gone' as never, () => {
        actor.send({ type: 'go' });
        actor.stop();
      });
      actor.start();
      actor.send({ type: 'go' });
      log.push(actor.getSnapshot().context.n, actor.getSnapshot().status);
    });
  });

  test('continues from a persisted snapshot', () => {
    const logic = compile(machine);
    const clock = new SimulatedClock();
    const first = createCompiledActor(logic, { clock, id: 'first' });
    first.start();
    first.send({ type: 'go' });
    const snapshot = first.getPersistedSnapshot();
    const second = createCompiledActor(logic, { clock, snapshot });
    second.start();
    second.send({ type: 'go' });
    assert.equal([first.id, second.id, second.getSnapshot().context.n], ['first', 'm', 2]);
  });

  test('logs only to a given logger', () => {
    const logs: unknown[] = [];
    const logic = compile(createMachine({ on: { go: { actions: log('gone') } } }));
    const clock = new SimulatedClock();
    const logger = (...args: unknown[]): void => void logs.push(args);
    for (const options of [{ clock }, { clock, logger }]) {
      const actor = createCompiledActor(logic, options);
      actor.start();
      actor.send({ type: 'go' });
    }
    assert.equal(logs, [['gone']]);
  });

  const throwing: [what: string, script: string, message: RegExp][] = [
    ['its error if it has no observer', "actor.send({ type: 'fail' });", /Error: it broke/],
    [
      'its error if an observer has no error handler',
      "actor.subscribe({ next() {} }); actor.send({ type: 'fail' });",
      /Error: it broke/,
    ],
    [
      'an error that a listener throws',
      "actor.on('gone', () => { throw new Error('of a listener'); }); actor.send({ type: 'go' });",
      /Error: of a listener/,
    ],
    [
      'an error that an observer throws',
      "actor.subscribe(() => { throw new Error('of a subscriber'); }); actor.send({ type: 'go' });",
      /Error: of a subscriber/,
    ],
    [
      'its error if a late observer has no error handler',
      "process.once('uncaughtException', () => actor.subscribe({})); actor.send({ type: 'fail' });",
      /Error: it broke/,
    ],
  ];

  for (const [what, act, message] of throwing) {
    test(`ends the process with ${what}`, async (context) => {
      const script = `
        import { assign, createMachine, emit } from 'xstate';
        import { compile, createCompiledActor } from 'lockstep/compile';
        const machine = createMachine({
          on: {
            go: { actions: emit({ type: 'gone' }) },
            fail: { actions: () => { throw new Error('it broke'); } },
          },
        });
        const actor = createCompiledActor(compile(machine), { clock: { setTimeout, clearTimeout } });
        actor.start();
        ${act}
      `;
      const args = ['--input-type=module', '--eval', script];
      const { status, stderr } = await startProgram(context, process.execPath, args).ended;
      assert.is(status, 1);
      assert.match(stderr, message);
    });
  }
});
