/** A busy connection by facts alone, and what `lifetime` and `restart` find in it. */
import * as assert from 'uvu/assert';
import {
  type BusyInput,
  type BusyOutput,
  busy,
  judgeLifetime,
  judgeRestart,
  type ProbeFact,
} from '../../../machines/checks/index.js';
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

const HELD: BusyInput = {
  farEnd: 'ours',
  name: null,
  holdTime: 1_000,
  askInterval: 100,
  answerTimeout: 50,
};
const play = (input: Partial<BusyInput>, ...steps: ProbeStep[]) =>
  playProbe(busy, { ...HELD, ...input }, steps);
const output = (...steps: ProbeStep[]) => play({}, ...steps).output as BusyOutput;

const answerAt = (at: number): ProbeFact =>
  told(at, { tell: 'handshake', peer: '', path: '/', headers: {} });
const isDue = { deadline: 'askInterval' };
const isOver = { deadline: 'holdTime' };
const unanswered = { deadline: 'answerTimeout' };

suite('busy connection', (test) => {
  test('asks again one interval after each answer', () => {
    assert.equal(play({ name: 'a' }, answerAt(5), isDue, answerAt(110)).lines, [
      '= held.awaitingAnswer',
      '> send ? {"ask":"name","name":"a"}',
      '> send ? {"ask":"handshake"}',
      '= held.resting',
      '= held.awaitingAnswer',
      '> send ? {"ask":"handshake"}',
      '= held.resting',
    ]);
  });

  test('asks a far end that is not ours by a ping', () => {
    const { lines } = play({ farEnd: 'other' }, pongCame(5, 'lockstep: still there?'));
    assert.equal(lines.slice(1), ['> ping lockstep: still there?', '= held.resting']);
  });

  test('closes when the time is over', () => {
    const steps = [answerAt(5), isOver, closeCame(1_000, 1000), goneBy(1_000)];
    assert.equal(play({}, ...steps).lines.slice(-3), ['= closing', '> close 1000', '= done']);
    const end = { closed: null, gone: null };
    assert.equal(output(...steps), { answers: 1, lastAt: 5, isUnanswered: false, end });
  });

  test('tells an end before its time', () => {
    assert.is(output(answerAt(5), goneBy(600, 'reset')).end.gone?.by, 'reset');
    const { closed, gone } = output(closeCame(600, 1012), goneBy(610)).end;
    assert.equal([closed?.code, gone?.at], [1012, 610]);
  });

  test('tells a missing answer', () => {
    const steps = [came(5, 'Hello 0'), pingCame(5, ''), pongCame(5, 'another'), unanswered];
    assert.equal(play({}, ...steps).lines.slice(-2), ['= done', '> socket.terminate']);
    const { answers, isUnanswered } = output(...steps);
    assert.equal([answers, isUnanswered], [0, true]);
  });
});

const outputOf = (parts: Partial<BusyOutput>): BusyOutput => ({
  answers: 3,
  lastAt: 500,
  isUnanswered: false,
  end: { closed: null, gone: null },
  ...parts,
});
const endedBy = (by: 'fin' | 'reset' | 'cut', at = 600) =>
  outputOf({ end: { closed: null, gone: { by, reason: '', at } } });
const closedWith = (code: number, at = 600) =>
  outputOf({ end: { closed: { code, reason: '', at }, gone: null } });

suite('lifetime', (test) => {
  const found = (output: BusyOutput, farEnd: 'ours' | 'other' = 'ours') => {
    const [finding] = judgeLifetime({ farEnd, lifetime: 1_000, output });
    return [finding?.status, finding?.code, finding?.blame, finding?.facts['cutBy']];
  };

  test('is well where the connection lasts', () => {
    assert.equal(found(outputOf({})), ['ok', 'LIFETIME_OK', null, null]);
  });

  test('blames the path for a cut before a far end of ours, and nobody before another', () => {
    assert.equal(found(endedBy('fin')), ['problem', 'LIFETIME_CUT', 'the path', 'fin']);
    assert.equal(found(endedBy('reset'), 'other'), ['problem', 'LIFETIME_CUT', null, 'reset']);
    assert.equal(found(closedWith(1001)), ['problem', 'LIFETIME_CUT', 'the path', 'close']);
    const mute = outputOf({ isUnanswered: true });
    assert.equal(found(mute), ['problem', 'LIFETIME_CUT', 'the path', 'silence']);
  });

  test('is not known where the check was stopped, or the far end never answers or ends the check', () => {
    assert.equal(found(endedBy('cut')), ['unknown', 'STOPPED', null, null]);
    const never = outputOf({ isUnanswered: true, answers: 0 });
    assert.equal(found(never), ['unknown', 'NO_ANSWER', null, null]);
    assert.equal(found(closedWith(1001, 900_010)), ['unknown', 'FAR_END_LIMIT', null, null]);
  });

  test('names a default that the time equals', () => {
    const [finding] = judgeLifetime({
      farEnd: 'other',
      lifetime: 60_000,
      output: endedBy('fin', 30_020),
    });
    assert.equal(finding?.facts['equals'], [
      'Google Cloud load balancing: backend service timeout',
    ]);
  });
});

suite('restart', (test) => {
  const found = (output: BusyOutput, isBack: boolean | null = true) => {
    const [finding] = judgeRestart({ output, isBack });
    return [finding?.status, finding?.code, finding?.facts['cutBy']];
  };

  test('is told by how the connection ends', () => {
    assert.equal(found(endedBy('fin')), ['problem', 'RESTART_BY_FIN', 'fin']);
    assert.equal(found(endedBy('reset')), ['problem', 'RESTART_BY_RESET', 'reset']);
    const mute = outputOf({ isUnanswered: true });
    assert.equal(found(mute), ['problem', 'RESTART_IN_SILENCE', 'silence']);
  });

  test('is a note where a Close frame tells of it and a new connection opens', () => {
    assert.equal(found(closedWith(1012)), ['note', 'RESTART_BY_CLOSE', 'close']);
    assert.equal(found(closedWith(1012), false), ['problem', 'RESTART_BY_CLOSE', 'close']);
  });

  test('is well where the connection lasts until the check is stopped', () => {
    assert.equal(found(endedBy('cut'), null), ['ok', 'RESTART_HELD', null]);
  });

  test('is not known where the far end never answers', () => {
    const never = outputOf({ isUnanswered: true, answers: 0 });
    assert.equal(found(never), ['unknown', 'NO_ANSWER', undefined]);
  });
});
