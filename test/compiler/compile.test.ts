/** Compiled machines behave like the machines that they are made of. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  enqueueActions,
  fromCallback,
  SimulatedClock,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { compile, createCompiledActor } from '../../compiler/index.js';
import { edgePaths } from '../../explore/graph.js';
import { serverSession } from '../../machines/index.js';
import { exploreSubject, subjects } from '../proof/subjects.js';
import { readProjectFile } from '../support/docs.js';
import { suite } from '../support/suite.js';
import { compareActions, comparePlay, compileAllWays } from './compare.js';
import { corpus } from './corpus.js';
import { randomPlay } from './randomPlay.js';

suite('compiled machine', (test) => {
  for (const { name, machine, stimuli, input } of corpus) {
    test(`behaves like the interpreter with ${name}`, () => {
      assert.is(comparePlay(machine, stimuli, input), stimuli.length);
    });
  }

  for (const subject of subjects) {
    test(`behaves like the interpreter in every state of the ${subject.name} machine, on every fact`, () => {
      const compiled = compileAllWays(subject.machine);
      let compared = 0;
      for (const { input, graph } of exploreSubject(subject)) {
        for (const path of edgePaths(graph)) {
          const facts = path.map(({ fact }) => fact);
          compared += comparePlay(subject.machine, facts, input, compiled);
        }
      }
      assert.ok(compared > 20, `${compared} facts were compared`);
    });
  }

  test('behaves like the interpreter with any machine, on any events', () => {
    let given = 0;
    let played = 0;
    fc.assert(
      fc.property(randomPlay, (play) => {
        given += play.stimuli.length;
        played += comparePlay(play.machine, play.stimuli);
      }),
      { numRuns: 1_200, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
    assert.ok(played >= 20_000, `${played} stimuli were compared`);
    assert.ok(played > given * 0.98, `${played} of ${given} stimuli were compared`);
  });

  test('behaves like the interpreter with events whose type is empty', () => {
    const machine = createMachine({
      context: { n: 0 },
      on: { '*': { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    assert.is(comparePlay(machine, [{ type: '' }, { type: '' }]), 2);
  });

  test('is compared with the installed XState, whose internals the compiler reads', () => {
    // The internals are state nodes, built-in actions and guards, and the order of parallel regions.
    // After an update of XState: read them again, then change the version here.
    const { version } = JSON.parse(readProjectFile('node_modules/xstate/package.json'));
    assert.match(version, /^5\.33\.\d+$/);
  });

  test('returns the same actions from pure transitions as the interpreter', () => {
    let compared = 0;
    for (const { machine, stimuli, input } of corpus) {
      compared += compareActions(machine, stimuli, input);
    }
    assert.ok(compared > 250, `${compared} actions were compared`);
  });
});

suite('compiling', (test) => {
  const child = fromCallback(() => {});
  const refused: [what: string, machine: unknown, message: RegExp][] = [
    [
      'an invoked actor',
      createMachine({ id: 'm', initial: 'a', states: { a: { invoke: { src: child } } } }),
      /^cannot compile the state "m\.a": it invokes an actor; run the machine itself instead$/,
    ],
    [
      'a spawned child',
      createMachine({ id: 'm', initial: 'a', states: { a: { entry: spawnChild(child) } } }),
      /^cannot compile the state "m\.a": its action "xstate\.spawnChild" is about other actors/,
    ],
    [
      'a stopped child',
      createMachine({ id: 'm', initial: 'a', states: { a: { exit: stopChild('one') } } }),
      /^cannot compile the state "m\.a": its action "xstate\.stopChild" is about other actors/,
    ],
    [
      'an event sent to another actor',
      createMachine({ id: 'm', on: { go: { actions: sendTo('one', { type: 'x' }) } } }),
      /^cannot compile the state "m": its action "xstate\.sendTo" is about other actors/,
    ],
    [
      'an event sent to the parent',
      setup({ actions: { report: sendParent({ type: 'x' }) } }).createMachine({
        id: 'm',
        initial: 'a',
        states: { a: { on: { go: { actions: 'report' } } } },
      }),
      /^cannot compile the state "m\.a": its action "xstate\.sendTo" is about other actors/,
    ],
    [
      'a guard without an implementation',
      createMachine({
        id: 'm',
        initial: 'a',
        states: { a: { on: { go: { guard: 'isGone' } } } },
      } as never),
      /^cannot compile the state "m\.a": its guard "isGone" is not implemented/,
    ],
  ];

  for (const [what, machine, message] of refused) {
    test(`refuses ${what}, and names the state`, () => {
      assert.throws(() => compile(machine as AnyStateMachine), message);
    });
  }

  test('refuses a built-in guard of an unknown kind', () => {
    const guard = Object.assign(() => true, { check: () => true });
    const machine = createMachine({ id: 'm', on: { go: { guard } } });
    assert.throws(
      () => compile(machine),
      /^cannot compile the state "m": it has a guard of an unknown/,
    );
  });

  test('refuses guards whose names stand for each other', () => {
    const guards = { isA: 'isB', isB: 'isA' } as never;
    const machine = setup({ guards }).createMachine({
      id: 'm',
      on: { go: { guard: 'isA' } },
    } as never);
    assert.throws(
      () => compile(machine as never),
      /^cannot compile the state "m": its guard "isA" is not/,
    );
  });

  const late: [what: string, machine: unknown, message: RegExp][] = [
    [
      'spawns in an assignment',
      createMachine({
        id: 'm',
        context: {},
        on: { go: { actions: assign({ ref: ({ spawn }) => spawn(child) }) } },
      }),
      /^cannot compile the state "m": it spawns an actor/,
    ],
    [
      'spawns in its context',
      createMachine({ id: 'm', context: ({ spawn }) => ({ ref: spawn(child) }) }),
      /^cannot compile the state "m": its context spawns an actor/,
    ],
    [
      'enqueues a child',
      createMachine({
        id: 'm',
        on: { go: { actions: enqueueActions(({ enqueue }) => enqueue.spawnChild(child)) } },
      }),
      /^cannot compile the state "m": it enqueues an action about other actors/,
    ],
  ];

  for (const [what, machine, message] of late) {
    test(`refuses a machine that ${what}, in the call that shows it`, () => {
      const errors: unknown[] = [];
      const logic = compile(machine as AnyStateMachine);
      for (const actor of [
        createActor(logic),
        createCompiledActor(logic, { clock: new SimulatedClock() }),
      ]) {
        actor.subscribe({ error: (error: unknown) => errors.push((error as Error).message) });
        actor.start();
        actor.send({ type: 'go' });
      }
      assert.is(errors.length, 2);
      for (const error of errors) assert.match(error as string, message);
    });
  }

  test('refuses a value that is not a machine', () => {
    assert.throws(
      () => compile(5 as unknown as AnyStateMachine),
      /^expected a machine of XState 5, but got number: pass what createMachine\(\) returns$/,
    );
  });

  test('refuses an actor of a logic that is not compiled', () => {
    assert.throws(
      () => createCompiledActor(serverSession, { clock: new SimulatedClock() }),
      /^expected what compile\(\) returns$/,
    );
  });
});
