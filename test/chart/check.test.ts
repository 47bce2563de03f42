/** The check of charts: it finds those that cannot be drawn, and all others are drawn. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { LEVELS, reasonNotToDraw, STATES, TRANSITIONS } from '../../chart/check.js';
import { layOut } from '../../chart/layout.js';
import { mermaidOf } from '../../chart/mermaid.js';
import type { Chart, ChartState, ChartTransition } from '../../chart/model.js';
import { svgOf } from '../../chart/svg.js';
import { suite } from '../support/suite.js';

function state(id: string, more: Partial<ChartState> = {}): ChartState {
  const lists = { entry: [], exit: [], tags: [], invokes: [], children: [] };
  return { id, key: id, type: 'atomic', ...lists, ...more };
}

function transition(id: string, source: string, ...targets: string[]): ChartTransition {
  return { id, source, targets, cause: 'go', actions: [], reenter: false };
}

function chart(
  children: ChartState[],
  transitions: ChartTransition[] = [],
  initial?: string,
): Chart {
  const root = state('m', {
    type: 'compound',
    children,
    ...(initial !== undefined && { initial }),
  });
  return { id: 'm', root, transitions };
}

function nested(levels: number): ChartState {
  let inner = state('s0');
  for (let n = 1; n < levels; n++) inner = state(`s${n}`, { children: [inner] });
  return inner;
}

/** Ids that mean something to JavaScript or to the layout, and others. */
const IDS = ['', ' ', '1', 'toString', '__proto__', 'constructor', 'a starts', 'roof of the level'];
const MORE_IDS = Array.from({ length: 60 }, (_, n) => `s${n}`);

/** For each state, how many places before it its parent stands. */
const parents = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 15 });
const types = fc.constantFrom<ChartState['type']>(
  'atomic',
  'compound',
  'parallel',
  'final',
  'history',
);
const ends = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { maxLength: 8 });

/** Charts of all shapes, whose transitions lead from states to states. */
const charts = fc
  .tuple(
    parents,
    fc.infiniteStream(types),
    fc.shuffledSubarray([...IDS, ...MORE_IDS], { minLength: 60 }),
    ends,
  )
  .map(([places, typeStream, ids, pairs]): Chart => {
    const kinds = typeStream[Symbol.iterator]();
    const states = [0, ...places].map((_, n) =>
      state(ids[n] as string, { type: kinds.next().value }),
    );
    for (const [n, place] of places.entries()) {
      const parent = states[Math.max(0, n - place)] as ChartState;
      const child = states[n + 1] as ChartState;
      parent.children.push(child);
      if (place % 2 === 0) parent.initial = child.id;
    }
    const idAt = (n: number): string => states[n % states.length]?.id ?? '';
    const transitions = pairs.map(([from = 0, ...to], n) =>
      transition(`t${n}`, idAt(from), ...to.map(idAt)),
    );
    return { id: 'm', root: states[0] as ChartState, transitions };
  });

const numbered = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));

suite('check of a chart', (test) => {
  const two = [state('a'), state('b')];
  const bad: [name: string, chart: Chart, reason: string][] = [
    [
      'a target that is no state',
      chart(two, [transition('t', 'a', 'c')]),
      't leads to c, which is no state',
    ],
    [
      'a source that is no state',
      chart(two, [transition('t', 'c', 'a')]),
      't is of c, which is no state',
    ],
    ['an initial state elsewhere', chart(two, [], 'm'), 'm begins in m, which is no state in it'],
    ['two states of one name', chart([...two, state('a')]), 'two of its states have the id a'],
    [
      'two transitions of one name',
      chart(two, [transition('t', 'a'), transition('t', 'b')]),
      'two of its transitions have the id t',
    ],
    ['too many levels', chart([nested(LEVELS)]), 'its states are more than 40 levels deep'],
    ['very many levels', chart([nested(100_000)]), 'its states are more than 40 levels deep'],
    [
      'too many states',
      chart(numbered(STATES, (n) => state(`s${n}`))),
      'it has more than 2000 states',
    ],
    [
      'too many transitions',
      chart(
        two,
        numbered(TRANSITIONS + 1, (n) => transition(`t${n}`, 'a')),
      ),
      'it has more than 10000 transitions',
    ],
  ];
  for (const [name, wrong, reason] of bad) {
    test(`finds ${name}`, () => assert.is(reasonNotToDraw(wrong), reason));
  }

  test('finds nothing wrong in random charts, which are drawn', () => {
    const drawn = fc.property(charts, (whole) => {
      assert.is(reasonNotToDraw(whole), undefined);
      assert.not.match(svgOf(layOut(whole)), /NaN|undefined|Infinity/);
      assert.match(mermaidOf(whole), /^stateDiagram-v2/);
    });
    fc.assert(drawn, { numRuns: 40, seed: 10 });
  });
});
