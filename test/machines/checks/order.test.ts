/** The experiment `order`, by facts alone: on which way a message was changed, and what was lost. */
import * as assert from 'uvu/assert';
import { initialTransition, transition } from 'xstate';
import { digestOf, telling } from '../../../machines/checks/grammar.js';
import { judgeOrder, order, type ProbeFact } from '../../../machines/checks/index.js';
import type { Payload } from '../../../machines/index.js';
import { suite } from '../../support/suite.js';

const SAMPLES = [
  { name: 'one', data: 'a' },
  { name: 'two', data: 'b' },
];

const came = (data: Payload): ProbeFact => ({ type: 'socket.received', data, frames: 1, at: 1 });
const told = (data: Payload): ProbeFact =>
  came(telling({ tell: 'message', ...digestOf(data), frames: 1, at: 1 }));
const GONE: ProbeFact = { type: 'socket.gone', by: 'fin', reason: '', at: 2 };

/** The findings after these facts, with a far end of ours. */
function findingsAfter(...facts: ProbeFact[]): (readonly unknown[])[] {
  const input = { samples: SAMPLES, isTold: true, answerTimeout: 100 };
  const [first] = initialTransition(order, input);
  const last = facts.reduce((snapshot, fact) => transition(order, snapshot, fact)[0], first);
  assert.is(last.status, 'done');
  const { output } = last;
  if (output === undefined) throw new Error('expected an output');
  return judgeOrder(output, 'ours').map(({ code, blame, facts: { way, changes } }) => [
    code,
    blame,
    way ?? null,
    ((changes as object[] | undefined) ?? []).length,
  ]);
}

suite('order', (test) => {
  test('is well where every message arrives and comes back', () => {
    const facts = [told('a'), came('a'), told('b'), came('b'), GONE];
    assert.equal(findingsAfter(...facts), [['ORDER_OK', null, null, 0]]);
  });

  test('tells all changes on one way in one finding', () => {
    const facts = [told('x'), came('x'), told('y'), came('y'), GONE];
    assert.equal(findingsAfter(...facts), [['MESSAGE_CHANGED', 'the path', 'there', 2]]);
  });

  test('tells each way in a finding of its own', () => {
    const facts = [told('x'), came('x'), told('b'), came('y'), GONE];
    assert.equal(findingsAfter(...facts), [
      ['MESSAGE_CHANGED', 'the path', 'there', 1],
      ['MESSAGE_CHANGED', 'the path', 'back', 1],
    ]);
  });

  test('takes a damaged tell for a change on the way back', () => {
    const facts = [came('lockstep! {"tell"'), came('a'), told('b'), came('b'), GONE];
    assert.equal(findingsAfter(...facts), [['MESSAGE_CHANGED', 'the path', 'back', 1]]);
  });

  test('forgets a damaged tell with its message', () => {
    const facts = [came('lockstep! {'), came('x'), told('b'), came('b'), GONE];
    assert.equal(findingsAfter(...facts), [['MESSAGE_CHANGED', 'the path', 'back', 1]]);
  });

  test('blames the path where nothing passes', () => {
    assert.equal(findingsAfter(GONE), [['NOTHING_PASSES', 'the path', null, 0]]);
  });

  test('tells a lost message from a path on which nothing passes', () => {
    assert.equal(findingsAfter(told('a'), GONE), [['MESSAGE_LOST', 'the path', null, 0]]);
  });

  test('blames nobody for a message in whose place a Close frame comes', () => {
    const closed: ProbeFact = { type: 'socket.closed', code: 1009, reason: '', at: 1 };
    assert.equal(findingsAfter(closed, GONE), [['MESSAGE_LOST', null, null, 0]]);
  });
});
