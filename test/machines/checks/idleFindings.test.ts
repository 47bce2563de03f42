/** The rounds of the experiment `idle`, and what is found in them. */
import * as assert from 'uvu/assert';
import { KEEPERS, type Keeper } from '../../../machines/checks/idle.js';
import {
  cutOf,
  type FarEnd,
  type Finding,
  firstSilences,
  furtherSilences,
  type IdleOutput,
  judgeIdle,
  keepersFor,
  keeping,
} from '../../../machines/checks/index.js';
import { suite } from '../../support/suite.js';

const MINUTE = 60_000;

/** What a connection with this silence shows on a path. */
type OnPath = (silence: number, keeper?: Keeper) => IdleOutput;

function outputOf(silence: number, keeper: Keeper | null, parts: Partial<IdleOutput>): IdleOutput {
  const fixed = { farEnd: 'ours', name: null, beatInterval: 0, answerTimeout: 50 } as const;
  return {
    sent: { ...fixed, silence, keeper },
    isAsked: true,
    isAnswered: true,
    hasSpoken: false,
    lastAt: 0,
    longestGap: 0,
    end: { closed: null, gone: null },
    ...parts,
  };
}

/** A path that cuts silence of so many ms in sight, and heeds these keepers. */
const cuttingBy =
  (by: 'fin' | 'reset' | 'close', ms: number, kept: readonly Keeper[] = KEEPERS): OnPath =>
  (silence, keeper) => {
    const isKept = keeper !== undefined && kept.includes(keeper);
    if (isKept || silence < ms) return outputOf(silence, keeper ?? null, {});
    const closed = by === 'close' ? { code: 1001, reason: 'idle', at: ms } : null;
    const gone = { by: by === 'close' ? 'fin' : by, reason: '', at: ms } as const;
    const parts = { isAsked: false, isAnswered: false, end: { closed, gone } };
    return outputOf(silence, keeper ?? null, parts);
  };

/** A path that cuts without a word. */
const muteAfter =
  (ms: number): OnPath =>
  (silence, keeper) =>
    outputOf(silence, keeper ?? null, { isAnswered: keeper !== undefined || silence < ms });

/** Runs both rounds on a path, and judges them. */
function found(on: OnPath, longest = 75_000, farEnd: FarEnd = 'ours'): Finding {
  const first = firstSilences(longest).map((ms) => on(ms));
  const cut = cutOf(first);
  const further = cut === undefined ? [] : furtherSilences(cut).map((ms) => on(ms));
  const kept =
    cut === undefined ? [] : keepersFor(farEnd).map((keeper) => on(keeping(cut).silence, keeper));
  const [finding] = judgeIdle({ farEnd, longest, silent: [...first, ...further], kept });
  return finding as Finding;
}

suite('silences', (test) => {
  test('begin with none, and double in two steps up to the longest', () => {
    assert.equal(firstSilences(1_600), [0, 100, 141, 200, 283, 400, 566, 800, 1131, 1600]);
  });

  test('are narrowed to 5 % in one further round', () => {
    for (let ms = 101; ms < 1_600; ms += 7) {
      const { cutAfterMs } = found(muteAfter(ms), 1_600).facts;
      const off = Math.abs((cutAfterMs as number) - ms) / ms;
      assert.ok(off <= 0.05, `${cutAfterMs} for ${ms}`);
    }
  });

  test('are not narrowed after a cut in sight', () => {
    const cut = cutOf(firstSilences(1_600).map((ms) => cuttingBy('fin', 700)(ms)));
    assert.equal([cut?.by, cut?.ms, cut && furtherSilences(cut)], ['fin', 700, []]);
  });

  test('have keepers that outlast the cut', () => {
    const cut = { by: 'fin', ms: MINUTE, between: [MINUTE, MINUTE], end } as const;
    assert.equal(keeping(cut), { silence: 75_000, beatInterval: 20_000 });
  });
});

const end = { closed: null, gone: null };

suite('idle findings', (test) => {
  test('tell the silence that was borne', () => {
    const { status, code, facts } = found(cuttingBy('fin', 80_000));
    assert.equal([status, code], ['ok', 'IDLE_OK']);
    assert.equal([facts['cutAfterMs'], facts['borneMs']], [null, 75_000]);
  });

  for (const [by, code] of [
    ['fin', 'IDLE_CUT_BY_FIN'],
    ['reset', 'IDLE_CUT_BY_RESET'],
    ['close', 'IDLE_CUT_BY_CLOSE'],
  ] as const) {
    test(`tell a cut by ${by}, and the defaults that it equals`, () => {
      const finding = found(cuttingBy(by, MINUTE));
      const { status, blame, facts } = finding;
      assert.equal([status, blame, finding.code], ['problem', 'the path', code]);
      assert.equal([facts['cutAfterMs'], facts['cutBy']], [MINUTE, by]);
      assert.equal(facts['equals'], ['nginx: proxy_read_timeout', 'AWS ALB: idle timeout']);
      assert.equal(facts['keptAliveBy'], KEEPERS);
      assert.match(
        finding.message,
        'ends the connection after 60 s of silence, the default of nginx (proxy_read_timeout) and AWS ALB (idle timeout). Pings from either end keep it: send some at least every 30 s, or raise the idle timeout of what is between.',
      );
    });
  }

  test('tell a cut without a word', () => {
    const { code, facts, message } = found(muteAfter(MINUTE));
    assert.equal([code, facts['cutBy']], ['IDLE_CUT_IN_SILENCE', 'silence']);
    assert.match(message, 'cut without a word after about');
    assert.match(message, 'The next message gets no answer.');
  });

  test('take a cut in sight for one where a question falls on it by chance', () => {
    const first = firstSilences(1_600).map((ms) => cuttingBy('fin', 800)(ms));
    const { gone } = { gone: { by: 'fin', reason: '', at: 801 } } as const;
    const chance = outputOf(800, null, { isAnswered: false, end: { closed: null, gone } });
    assert.is(cutOf([...first.filter(({ sent }) => sent.silence !== 800), chance])?.by, 'fin');
  });

  test('tell a cut in sight by a far end that answers nothing', () => {
    const deaf: OnPath = (silence, keeper) => ({
      ...cuttingBy('close', MINUTE)(silence, keeper),
      isAnswered: false,
    });
    const { code, facts } = found(deaf, 75_000, 'other');
    assert.equal([code, facts['keptAliveBy']], ['IDLE_CUT_BY_CLOSE', ['pings from this end']]);
  });

  test('say what keeps a connection, and what does not', () => {
    const messages = KEEPERS.filter((keeper) => keeper.startsWith('messages'));
    const finding = found(cuttingBy('fin', MINUTE, messages));
    assert.equal(finding.facts['notKeptAliveBy'], [
      'pings from this end',
      'pings from the far end',
    ]);
    assert.match(
      finding.message,
      'Messages from either end keep it, but pings from this end and pings from the far end do not',
    );
  });

  test('tell the silence of one way that cuts', () => {
    const kept = KEEPERS.filter((keeper) => keeper !== 'messages from this end');
    const { silentBackMs, silentThereMs } = found(cuttingBy('fin', MINUTE, kept)).facts;
    assert.equal([silentBackMs, silentThereMs], [MINUTE, null]);
  });

  test('take a cut that nothing prevents for one of age', () => {
    assert.is(found(cuttingBy('fin', MINUTE, [])).code, 'LIFETIME_CUT');
  });

  test('blame nobody before a far end that is not ours, and say so', () => {
    const { blame, message, facts } = found(cuttingBy('fin', MINUTE), 75_000, 'other');
    assert.is(blame, null);
    assert.match(message, 'Only this end was tried: run lockstep server at the other.');
    assert.equal(facts['keptAliveBy'], ['pings from this end']);
    assert.not('silentBackMs' in facts);
  });

  test('tell whether the far end is told', () => {
    const silent = [cuttingBy('fin', MINUTE)(75_000)];
    const [finding] = judgeIdle({ farEnd: 'ours', longest: 75_000, silent, kept: [], there: null });
    assert.is(finding?.facts['farEndSaw'], 'silence');
    assert.match(finding?.message ?? '', 'The far end is not told.');
  });

  test('do not know where even a question at once has no answer', () => {
    const { status, code } = found(muteAfter(0));
    assert.equal([status, code], ['unknown', 'NO_ANSWER']);
  });

  test('do not know where all connections were stopped or refused', () => {
    const stopped: OnPath = (silence) =>
      outputOf(silence, null, {
        isAsked: false,
        isAnswered: false,
        end: { closed: null, gone: { by: 'cut', reason: '', at: 10 } },
      });
    assert.is(found(stopped).code, 'STOPPED');
    const refused: OnPath = (silence) =>
      outputOf(silence, null, {
        isAsked: false,
        isAnswered: false,
        end: { closed: { code: 1013, reason: '', at: 10 }, gone: null },
      });
    assert.is(found(refused).code, 'STOPPED');
  });

  test('say that a far end that speaks by itself lets no silence last', () => {
    const speaking: OnPath = (silence) =>
      outputOf(silence, null, { hasSpoken: true, lastAt: silence - 5_000, longestGap: 20_000 });
    const { status, code, facts } = found(speaking);
    assert.equal([status, code, facts['borneMs']], ['ok', 'FAR_END_SPEAKS', 20_000]);
  });
});
