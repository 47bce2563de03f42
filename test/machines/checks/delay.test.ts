import * as assert from 'uvu/assert';
import {
  delay,
  delayTrials,
  type Finding,
  judgeDelay,
  type Trial,
} from '../../../machines/checks/index.js';
import {
  came,
  closeCame,
  goneBy,
  type PlayedProbe,
  type ProbeStep,
  playProbe,
} from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const TRIALS: Trial[] = [
  { way: 'back', when: 'flushed', parts: [{ asks: 2 }, { asks: 40 }], count: 2, timed: 1 },
  { way: 'back', when: 'rested', parts: [{ asks: 2 }, { size: 40 }], count: 1, timed: 1 },
];

function play(steps: ProbeStep[], isAsked = true): PlayedProbe {
  const input = { isAsked, trials: TRIALS, rest: 50, answerTimeout: 100 };
  return playProbe(delay, input, steps);
}

const rested = { deadline: 'rest' };

suite('delay', (test) => {
  test('times each trial, and begins the next one once all has come of it', () => {
    const steps = [came(3, 2), came(5, 40), rested, came(59, 2), closeCame(60, 1000), goneBy(61)];
    assert.equal(play(steps), {
      lines: [
        '= trying.awaiting',
        '> send ? {"ask":"quiet"}',
        '> send ? {"ask":"send","kind":"binary","size":2,"frames":1}',
        '> send ? {"ask":"send","kind":"binary","size":40,"frames":1}',
        '= trying.resting',
        '= trying.awaiting',
        '> send ? {"ask":"send","kind":"binary","size":2,"frames":1}',
        '> send 40 bytes',
        '= closing',
        '> close 1000',
        '= done',
      ],
      output: { times: [3, 4] },
    });
  });

  test('asks an echo server for no quiet', () => {
    assert.is(play([], false).lines.length, 3);
  });

  test('passes over what comes of no trial', () => {
    const steps = [came(1, 'Hello 0'), came(3, 2), came(4, 40), came(5, 40), rested, goneBy(60)];
    assert.equal(play(steps).output, { times: [3] });
  });

  test('ends with a trial that is not answered', () => {
    const steps = [came(3, 2), came(5, 40), rested, { deadline: 'answerTimeout' }];
    const { lines, output } = play(steps);
    assert.equal(lines.slice(-2), ['= done', '> socket.terminate']);
    assert.equal(output, { times: [3] });
  });
});

/** The findings where each trial takes 10 ms and what its kind takes longer. */
function judged(isAsked: boolean, longer: (trial: Trial) => number): Finding[] {
  const trials = delayTrials(isAsked);
  return judgeDelay(
    { trials },
    trials.map((trial) => 10 + longer(trial)),
  );
}

function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ status, blame, code, facts }) => `${status} ${blame} ${code} ${facts['way']}`,
  );
}

suite('small messages', (test) => {
  test('pass at once where they take as long as with a large one behind them', () => {
    assert.equal(codesOf(judged(true, () => 0)), [
      'ok null DELAY_OK there',
      'ok null DELAY_OK back',
    ]);
    assert.equal(codesOf(judged(false, () => 0)), ['ok null DELAY_OK round']);
  });

  for (const [when, code] of [
    ['alone', 'HELD_BACK'],
    ['second', 'SECOND_HELD_BACK'],
    ['rested', 'HELD_BACK_AFTER_SILENCE'],
  ] as const) {
    test(`are held back one way (${when})`, () => {
      const findings = judged(true, (trial) =>
        trial.when === when && trial.way === 'back' ? 40 : 0,
      );
      assert.equal(codesOf(findings), ['ok null DELAY_OK there', `problem the path ${code} back`]);
      assert.is(findings[1]?.facts['heldMs'], 40);
    });
  }

  test('are held back before an echo server, and nobody is blamed', () => {
    const findings = judged(false, ({ when }) => (when === 'flushed' ? 0 : 40));
    assert.equal(codesOf(findings), ['problem null HELD_BACK round']);
  });

  test('are judged by the median of their times', () => {
    let turn = 0;
    const jitter = judged(true, ({ when }) => (when !== 'flushed' && turn++ % 3 === 0 ? 500 : 0));
    assert.equal(codesOf(jitter), ['ok null DELAY_OK there', 'ok null DELAY_OK back']);
  });

  test('have 30 ms or a quarter to spare', () => {
    const [near] = judged(true, ({ when }) => (when === 'flushed' ? 0 : 30));
    assert.is(near?.code, 'DELAY_OK');
    const [far] = judged(true, ({ when }) => (when === 'flushed' ? 190 : 240));
    assert.is(far?.code, 'DELAY_OK');
  });

  test('are unknown where a trial is not answered', () => {
    const [finding] = judgeDelay({ trials: delayTrials(true) }, [1, 2]);
    assert.equal([finding?.status, finding?.code], ['unknown', 'NO_ANSWER']);
    assert.equal(finding?.facts, { over: 2, of: 28 });
  });
});
