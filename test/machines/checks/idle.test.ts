/** The experiment `idle` on one connection, by facts alone. */
import * as assert from 'uvu/assert';
import { type IdleInput, type IdleOutput, idle } from '../../../machines/checks/index.js';
import {
  came,
  closeCame,
  goneBy,
  type ProbeStep,
  pingCame,
  playProbe,
  pongCame,
  told,
} from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const SILENT: IdleInput = {
  farEnd: 'ours',
  name: null,
  silence: 1_000,
  keeper: null,
  beatInterval: 300,
  answerTimeout: 50,
};
const play = (input: Partial<IdleInput>, ...steps: ProbeStep[]) =>
  playProbe(idle, { ...SILENT, ...input }, steps);
const lines = (...args: Parameters<typeof play>) => play(...args).lines;
const output = (...args: Parameters<typeof play>) => play(...args).output as IdleOutput;

const isOver = { deadline: 'silence' };
const isDue = { deadline: 'beatInterval' };
const unanswered = { deadline: 'answerTimeout' };
const WORDS = 'lockstep: still there?';
const answer = told(1_010, { tell: 'handshake', peer: '', path: '/', headers: {} });

suite('idle', (test) => {
  test('says nothing until the silence is over, and asks a far end of ours then', () => {
    assert.equal(lines({ name: 'a' }, isOver), [
      '= waiting.silent',
      '> send ? {"ask":"name","name":"a"}',
      '= asking',
      '> send ? {"ask":"handshake"}',
    ]);
  });

  test('asks an echo server by a message, and any other by a ping', () => {
    assert.is(lines({ farEnd: 'echo' }, isOver).at(-1), '> send : still there?');
    assert.is(lines({ farEnd: 'other' }, isOver).at(-1), `> ping ${WORDS}`);
  });

  for (const [farEnd, reply] of [
    ['ours', answer],
    ['echo', came(1_010, WORDS)],
    ['other', pongCame(1_010, WORDS)],
  ] as const) {
    test(`takes the answer of a far end (${farEnd}), and closes`, () => {
      const steps = [isOver, reply, closeCame(1_011, 1000), goneBy(1_012)];
      assert.equal(lines({ farEnd }, ...steps).slice(-3), ['= closing', '> close 1000', '= done']);
      const { isAsked, isAnswered, end } = output({ farEnd }, ...steps);
      assert.equal([isAsked, isAnswered, end], [true, true, { closed: null, gone: null }]);
    });
  }

  test('passes over what is no answer', () => {
    const steps = [isOver, came(5, 'Hello 0'), pingCame(5, ''), pongCame(5, 'another'), unanswered];
    assert.equal(lines({}, ...steps).slice(-2), ['= done', '> socket.terminate']);
    const { isAsked, isAnswered } = output({}, ...steps);
    assert.equal([isAsked, isAnswered], [true, false]);
  });

  test('tells an end before the question', () => {
    const { isAsked, end } = output({}, goneBy(700));
    assert.is(isAsked, false);
    assert.equal(end.gone, { by: 'fin', reason: '', at: 700 });
  });

  test('waits for TCP behind a Close frame', () => {
    const steps = [closeCame(700, 1001), unanswered];
    assert.is(output({}, ...steps).end.closed?.code, 1001);
    assert.equal(lines({}, ...steps).slice(-3), ['= ending', '= done', '> socket.terminate']);
  });

  test('tells the longest silence before a far end that speaks by itself', () => {
    const steps = [came(200, 'a'), pingCame(900, ''), goneBy(1_000, 'reset')];
    const { hasSpoken, lastAt, longestGap } = output({}, ...steps);
    assert.equal([hasSpoken, lastAt, longestGap], [true, 900, 700]);
  });

  test('speaks at every interval where it is the keeper', () => {
    const pings = lines({ keeper: 'pings from this end' }, isDue, isDue);
    assert.equal(pings, ['= waiting.beating', '> ping lockstep', '> ping lockstep']);
    const there = lines({ keeper: 'messages from this end' }, isDue);
    assert.equal(there, ['= waiting.beating', '> send ? {"ask":"quiet"}', '> send ']);
    const both = lines({ keeper: 'messages both ways' }, isDue);
    assert.equal(both, ['= waiting.beating', '> send ']);
  });

  test('asks the far end to be the keeper', () => {
    assert.equal(lines({ keeper: 'pings from the far end' }), [
      '= waiting.silent',
      '> send ? {"ask":"quiet"}',
      '> send ? {"ask":"pings","everyMs":300}',
    ]);
    assert.equal(lines({ keeper: 'messages from the far end' }), [
      '= waiting.silent',
      '> send ? {"ask":"messages","everyMs":300}',
    ]);
  });

  test('asks nothing of a far end that is not ours', () => {
    const echo = lines({ farEnd: 'echo', keeper: 'messages both ways' });
    assert.equal(echo, ['= waiting.beating']);
  });
});
