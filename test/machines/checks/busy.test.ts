/** A busy connection by facts alone, and what `lifetime` and `restart` find in it. */
import * as assert from 'uvu/assert';
import { asking, telling } from '../../../machines/checks/grammar.js';
import {
  type BusyInput,
  type BusyOutput,
  busy,
  judgeLifetime,
  judgeRestart,
  type ProbeFact,
} from '../../../machines/index.js';
import {
  closeHeard,
  gone,
  heard,
  pingHeard,
  playProbe,
  pongHeard,
} from '../../support/probePlayer.js';
import { suite } from '../../support/suite.js';

const HELD: BusyInput = {
  farEnd: 'ours',
  name: null,
  holdTime: 1_000,
  askInterval: 100,
  answerTimeout: 50,
};
const played = (input: Partial<BusyInput>, ...steps: (ProbeFact | string)[]) =>
  playProbe(busy, { ...HELD, ...input }, steps);
const question = { type: 'socket.send', data: asking({ ask: 'handshake' }), frames: 1 };
const answerAt = (at: number) =>
  heard(telling({ tell: 'handshake', peer: '', path: '/', headers: {} }), at);

suite('busy connection', (test) => {
  test('asks again one interval after each answer', () => {
    const { commands } = played({}, answerAt(5), 'askInterval', answerAt(110));
    assert.equal(commands, [[question], [], [question], []]);
  });

  test('gives its name first', () => {
    const name = { type: 'socket.send', data: asking({ ask: 'name', name: 'a' }), frames: 1 };
    assert.equal(played({ name: 'a' }).commands, [[name, question]]);
  });

  test('closes when the time is over', () => {
    const { commands, output } = played({}, answerAt(5), 'holdTime', gone('fin', 1_000));
    assert.equal(commands[2], [{ type: 'socket.close', code: 1000, reason: '' }]);
    assert.equal(output, {
      answers: 1,
      lastAt: 5,
      isUnanswered: false,
      end: { closed: null, gone: null },
    });
  });

  test('tells an end before its time', () => {
    assert.is(played({}, answerAt(5), gone('reset', 600)).output?.end.gone?.by, 'reset');
    const { output } = played({}, closeHeard(1012, 600), gone('fin', 610));
    assert.equal([output?.end.closed?.code, output?.end.gone?.at], [1012, 610]);
  });

  test('tells a missing answer', () => {
    const others = [heard('Hello 0'), pingHeard(), pongHeard('another')];
    const { output, commands } = played({}, ...others, 'answerTimeout');
    assert.equal([output?.answers, output?.isUnanswered], [0, true]);
    assert.equal(commands.at(-1), [{ type: 'socket.terminate' }]);
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
