/** Stately Studio imports machines by reading their files. So nothing in them may need to be run. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';
import { type Chart, chartOf, statesBelow } from '../../chart/model.js';
import { clientSession, opening, pings, serverSession } from '../../machines/index.js';
import { readMachines } from '../support/staticMachine.js';
import { suite } from '../support/suite.js';

/** The compiled file: the same literals, without the types. */
function sourceOf(name: string): string {
  return readFileSync(new URL(`../../machines/${name}.js`, import.meta.url), 'utf8');
}

function whyNot(config: string): string {
  try {
    readMachines(`export const machine = ${config};`);
    return 'it can be read';
  } catch (error) {
    return (error as Error).message;
  }
}

function baseName(reference: string): string {
  return reference.replace(/\(.*/, '');
}

/** The names of what `setup()` must know. */
function namesIn({ root, transitions }: Chart): Record<'guards' | 'actions' | 'delays', string[]> {
  const states = statesBelow(root);
  const actions = [
    ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
    ...transitions.flatMap((one) => one.actions),
  ];
  const sorted = (names: string[]): string[] => [...new Set(names)].sort();
  return {
    guards: sorted(transitions.flatMap(({ guard }) => guard ?? [])),
    actions: sorted(actions.map(baseName)),
    delays: sorted(transitions.flatMap(({ cause }) => /^after (.+)/.exec(cause)?.[1] ?? [])),
  };
}

suite('machines in Stately Studio', (test) => {
  for (const [name, machine] of Object.entries({ serverSession, clientSession, opening, pings })) {
    test(`${name} is read from its file with every state, guard and target`, () => {
      const machines = readMachines(sourceOf(name));
      assert.equal([...machines.keys()], [name]);
      const read = chartOf(createMachine(machines.get(name) as never));
      assert.equal(read, chartOf(machine));
      assert.is(read.transitions.length > 0, true);
    });

    test(`${name} has a name in setup() for everything it does, asks and waits for`, () => {
      const { guards, actions, delays } = machine.implementations;
      const known = { guards, actions, delays };
      const sorted = Object.entries(known).map(([kind, all]) => [kind, Object.keys(all).sort()]);
      assert.equal(namesIn(chartOf(machine)), Object.fromEntries(sorted));
    });

    test(`${name} has one target in each transition, and describes each state`, () => {
      const { root, transitions } = chartOf(machine);
      assert.equal(
        transitions.filter(({ targets }) => targets.length > 1),
        [],
      );
      const [, ...states] = statesBelow(root);
      const silent = states.filter(({ description }) => description === undefined);
      assert.equal([states.length > 3, silent], [true, []]);
    });
  }

  test('a part that would be lost in silence is refused, with its line', () => {
    const lost = {
      'setup({}).createMachine({ states: { a: imported } })': 'something computed (Identifier)',
      'setup({}).createMachine({ states: { a: made() } })': 'something computed (CallExpression)',
      'setup({}).createMachine({ states: { ...shared } })': 'a spread (SpreadElement)',
      'setup({}).createMachine({ on: { [`x.y`]: "a" } })': 'a computed key (TemplateLiteral)',
      'setup({}).createMachine({ on: { x: `a` } })': 'something computed (TemplateLiteral)',
      'setup({}).createMachine({ on: { x: [...all] } })': 'a spread (ArrayExpression)',
      'setup({}).createMachine({ on: { x: { guard: () => true } } })':
        'something computed (ArrowFunctionExpression)',
      'setup({}).createMachine(config)': 'a configuration that is no literal (MemberExpression)',
      'factory.createMachine({})':
        'a machine that is not made by setup({…}).createMachine({…}) (MemberExpression)',
    };
    for (const [config, why] of Object.entries(lost)) {
      assert.is(whyNot(config), `line 1: ${why} cannot be read without running the file`);
    }
    assert.is(whyNot('setup({}).createMachine({ context: () => ({}) })'), 'it can be read');
  });
});
