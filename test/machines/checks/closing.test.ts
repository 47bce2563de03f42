/** The findings of `close`: a Close frame is lost, changed, or its arrival is not told. */
import * as assert from 'uvu/assert';
import {
  type Closing,
  judgeClosings,
  type Remembered,
  type SeenEnd,
} from '../../../machines/checks/index.js';
import { suite } from '../../support/suite.js';

const seen = (code: number, reason: string): SeenEnd => ({
  closed: { code, reason, at: 1 },
  gone: { by: 'fin', reason: '', at: 3 },
});

const remembered = (end: SeenEnd): Remembered => ({ ...end, pings: 0, silence: 0 });

const closing = (way: 'there' | 'back', parts: Partial<Closing>): Closing => ({
  sent: { way, code: 4321, reason: 'bye', name: 'n', closeTimeout: 1_000 },
  here: seen(4321, 'bye'),
  there: remembered(seen(4321, 'bye')),
  ...parts,
});

const codesOf = (...closings: Closing[]): string[] =>
  judgeClosings(closings).map(({ code, status }) => `${status} ${code}`);

suite('close', (test) => {
  test('is well where codes and reasons arrive', () => {
    assert.equal(codesOf(closing('there', {}), closing('back', {})), ['ok CLOSE_OK']);
  });

  test('is judged by this end alone where the far end is not of lockstep', () => {
    const { there, ...foreign } = closing('there', {});
    assert.equal(codesOf(foreign), ['ok CLOSE_OK']);
  });

  test('is unknown where the far end does not tell', () => {
    assert.equal(codesOf(closing('there', { there: null })), ['unknown CLOSE_NOT_TOLD']);
  });

  test('is unknown where the far end could not read the ask', () => {
    const here = seen(1008, 'ERR_FLAWED_ASK');
    assert.equal(codesOf(closing('back', { here })), ['unknown CLOSE_NOT_TOLD']);
  });

  test('is a problem where a code or a reason is changed', () => {
    assert.equal(codesOf(closing('back', { here: seen(1000, '') })), [
      'problem CLOSE_CODE_CHANGED',
    ]);
    const there = remembered(seen(4321, ''));
    assert.equal(codesOf(closing('there', { there })), ['problem CLOSE_REASON_CHANGED']);
  });

  test('is a problem where the frame is lost, in the words of how the stream ends', () => {
    const messageOf = (here: SeenEnd): string => {
      const [finding] = judgeClosings([closing('back', { here })]);
      assert.is(finding?.code, 'CLOSE_FRAME_LOST');
      return finding?.message ?? '';
    };
    const reset = { closed: null, gone: { by: 'reset', reason: '', at: 1 } } as const;
    assert.match(messageOf(reset), 'the stream ends with a reset');
    assert.match(messageOf({ closed: null, gone: null }), 'nothing comes within 1 s');
  });

  test('has a note where TCP stays', () => {
    const here = { ...seen(4321, 'bye'), gone: null };
    assert.equal(codesOf(closing('back', { here })), ['note TCP_STAYS']);
  });
});
