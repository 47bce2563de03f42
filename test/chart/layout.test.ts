/** The layout of charts: everything is on the page, and nothing overlaps or crosses. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createMachine } from 'xstate';
import type { Point, Rect } from '../../chart/geometry.js';
import { type Box, layOut } from '../../chart/layout.js';
import { type Chart, type ChartState, chartOf } from '../../chart/model.js';
import { assignTracks } from '../../chart/tracks.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { nested, player } from '../support/machines.js';
import { configs } from '../support/randomMachine.js';
import { suite } from '../support/suite.js';

const TOLERANCE = 0.01;

function isInside(inner: Rect, outer: Rect): boolean {
  return (
    inner.x >= outer.x - TOLERANCE &&
    inner.y >= outer.y - TOLERANCE &&
    inner.x + inner.width <= outer.x + outer.width + TOLERANCE &&
    inner.y + inner.height <= outer.y + outer.height + TOLERANCE
  );
}

function overlap(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.width - TOLERANCE &&
    other.x < one.x + one.width - TOLERANCE &&
    one.y < other.y + other.height - TOLERANCE &&
    other.y < one.y + one.height - TOLERANCE
  );
}

function isOnBorder({ x, y }: Point, box: Box): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) < TOLERANCE;
  const isBeside = near(x, box.x) || near(x, box.x + box.width);
  const isAbove = near(y, box.y) || near(y, box.y + box.height);
  // An edge from a state into itself starts below the text in it.
  const isDivider = near(y, box.y + box.header);
  return isInside({ x, y, width: 0, height: 0 }, box) && (isBeside || isAbove || isDivider);
}

/** A piece of an edge, as thin as it is. */
function pieceOf(from: Point, to: Point): Rect {
  const x = Math.min(from.x, to.x);
  const y = Math.min(from.y, to.y);
  return { x, y, width: Math.abs(from.x - to.x) + 0.1, height: Math.abs(from.y - to.y) + 0.1 };
}

function descendantsOf(state: ChartState): string[] {
  return state.children.flatMap((child) => [child.id, ...descendantsOf(child)]);
}

/** All faults of the layout of a chart. */
function complaintsAbout(chart: Chart): string[] {
  const layout = layOut(chart);
  const { boxes, edges, width, height } = layout;
  const page = { x: 0, y: 0, width, height };
  const complaints: string[] = [];
  const expect = (isWell: boolean, complaint: string): void => {
    if (!isWell) complaints.push(complaint);
  };
  const boxOf = new Map(boxes.map((box) => [box.state.id, box]));
  for (const box of boxes) {
    const { id, children } = box.state;
    expect(isInside(box, page), `${id} is not on the page`);
    for (const child of children) {
      expect(isInside(boxOf.get(child.id) as Box, box), `${child.id} is not in ${id}`);
      for (const other of children) {
        const isApart =
          child === other || !overlap(boxOf.get(child.id) as Box, boxOf.get(other.id) as Box);
        expect(isApart, `${child.id} overlaps ${other.id}`);
      }
    }
  }
  const labels = edges.flatMap(({ label }) => (label ? [label] : []));
  for (const label of labels) {
    const words = label.items.map(({ lines }) => lines.join(' ')).join(', ');
    expect(isInside(label, page), `the label "${words}" is not on the page`);
    expect(
      !labels.some((other) => other !== label && overlap(label, other)),
      `the label "${words}" overlaps another`,
    );
    const leaves = boxes.filter(({ state }) => state.children.length === 0);
    expect(!leaves.some((box) => overlap(label, box)), `the label "${words}" overlaps a box`);
  }
  for (const { transitions, source, target, points, label } of edges) {
    const name = `${source} -> ${target}`;
    if (source !== undefined && target !== undefined) {
      expect(
        isOnBorder(points[0] as Point, boxOf.get(source) as Box),
        `${name} does not start at its box`,
      );
      expect(
        isOnBorder(points.at(-1) as Point, boxOf.get(target) as Box),
        `${name} does not end at its box`,
      );
    }
    expect(
      points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)),
      `${name} goes nowhere`,
    );
    const pieces = points.slice(1).map((point, index) => pieceOf(points[index] as Point, point));
    expect(
      pieces.every((piece) => isInside(piece, page)),
      `${name} leaves the page`,
    );
    expect(
      pieces.every((piece) => piece.width < 0.2 || piece.height < 0.2),
      `${name} goes aslant`,
    );
    for (const box of boxes) {
      if (box.state.children.length > 0) continue;
      expect(
        !pieces.some((piece) => overlap(piece, smaller(box))),
        `${name} crosses ${box.state.id}`,
      );
    }
    for (const other of labels) {
      if (other === label) continue;
      expect(!pieces.some((piece) => overlap(piece, smaller(other))), `${name} crosses a label`);
    }
    expect(new Set(transitions).size === transitions.length, `${name} has a transition twice`);
  }
  const drawn = new Set([
    ...edges.flatMap((edge) => edge.transitions),
    ...boxes.flatMap((box) => box.rows.flatMap(({ transition }) => transition ?? [])),
  ]);
  for (const { id } of chart.transitions) expect(drawn.has(id), `${id} is not drawn`);
  expect(boxes.length === 1 + descendantsOf(chart.root).length, 'a state is not drawn');
  return complaints;
}

function smaller({ x, y, width, height }: Rect): Rect {
  return { x: x + 1, y: y + 1, width: width - 2, height: height - 2 };
}

suite('layout of a chart', (test) => {
  const all: AnyStateMachine[] = [serverSession, clientSession, player, nested(1), nested(5)];
  for (const [index, machine] of all.entries()) {
    test(`puts everything of machine ${index}, ${machine.id}, where it belongs`, () => {
      assert.equal(complaintsAbout(chartOf(machine)), []);
    });
  }

  test('puts everything of random machines where it belongs', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const complaints = complaintsAbout(chartOf(createMachine(config as never)));
        if (complaints.length > 0) throw new Error(complaints.join('\n'));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('puts states whose labels crowd a rank one below the other', () => {
    const event = (from: string, n: number) => `${from}.a.rather.long.event.${n}`;
    const leaving = (from: string) =>
      Object.fromEntries(['x', 'y', 'z'].map((to, n) => [event(from, n), to]));
    const chart = chartOf(
      createMachine({
        id: 'crowd',
        initial: 'start',
        states: {
          start: { on: { left: 'a', right: 'b' } },
          a: { on: leaving('a') },
          b: { on: leaving('b') },
          ...{ x: {}, y: {}, z: {} },
        },
      } as never),
    );
    const y = new Map(layOut(chart).boxes.map((box) => [box.state.key, box.y]));
    assert.is((y.get('a') as number) < (y.get('b') as number), true);
    assert.equal(complaintsAbout(chart), []);
  });

  test('draws a machine without states as one box', () => {
    const machine = createMachine({ id: 'alone', on: { ping: { actions: 'answer' } } });
    const { boxes, edges } = layOut(chartOf(machine));
    assert.equal(
      boxes.map(({ state, rows }) => [state.id, rows.map(({ lines }) => lines)]),
      [['alone', [['ping / answer']]]],
    );
    assert.equal(edges, []);
  });

  test('makes one edge of all transitions from one state to another', () => {
    const { edges } = layOut(chartOf(player));
    const between = edges.filter(
      ({ source, target }) =>
        source === 'player.on.deck.playing' && target === 'player.on.deck.paused',
    );
    assert.equal(
      between.map(({ label }) => label?.items.map(({ lines }) => lines)),
      [[['pause'], ['end [in on.volume.loud or isMuted]'], ['end [inline]']]],
    );
  });

  test('refuses a transition to an unknown state', () => {
    const chart = chartOf(
      createMachine({ id: 'm', initial: 'a', states: { a: { on: { go: 'a' } } } }),
    );
    const [go] = chart.transitions;
    assert.ok(go);
    const lost = { ...chart, transitions: [{ ...go, targets: ['m.b'] }] };
    assert.throws(() => layOut(lost), /there is no such state/);
  });

  test('is the same every time', () => {
    assert.equal(layOut(chartOf(player)), layOut(chartOf(player)));
  });

  test('leaves room for the note of a transition', () => {
    const id = 'player.off/power.on/0';
    const { edges } = layOut(chartOf(player), new Map([[id, '×12']]));
    const edge = edges.find(({ transitions }) => transitions.includes(id));
    assert.equal(
      edge?.label?.items.map(({ lines }) => lines),
      [['power.on ×12']],
    );
  });

  test('gives edges that overlap tracks of their own, in the order in which they cross least', () => {
    const right = [
      { upper: 0, lower: 20 },
      { upper: 10, lower: 30 },
      { upper: 5, lower: 5 },
      { upper: 100, lower: 90 },
    ];
    assert.equal(assignTracks(right), [1, 0, undefined, 0]);
    const left = right.map(({ upper, lower }) => ({ upper: -upper, lower: -lower }));
    assert.equal(assignTracks(left), [1, 0, undefined, 0]);
  });
});
