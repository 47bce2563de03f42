import * as assert from 'uvu/assert';
import { FRAMINGS, judgeFrames, type Passage, type Way } from '../../../machines/checks/index.js';
import { suite } from '../../support/suite.js';

/** A passage whose messages arrived in so many frames. */
function passageWith(frames: readonly number[], way: Way = 'there'): Passage {
  return {
    sent: { way, messages: FRAMINGS, name: 'a', answerTimeout: 100 },
    here: {
      arrived: frames.map((count) => ({ frames: count, ms: 1 })),
      end: { closed: null, gone: { by: 'reset', reason: '', at: 1 } },
    },
  };
}

function codesOf(passages: readonly Passage[], seen: boolean | null = true): string[] {
  return judgeFrames(passages, { seen }).map(
    ({ status, blame, code }) => `${status} ${blame} ${code}`,
  );
}

suite('frames', (test) => {
  test('are well where they arrive as they were sent', () => {
    assert.equal(codesOf([passageWith([1, 3, 3, 1]), passageWith([1, 3, 3, 1], 'back')]), [
      'ok null FRAMES_OK',
    ]);
  });

  test('are joined where fewer arrive', () => {
    const [finding] = judgeFrames([passageWith([1, 1, 1, 1])], { seen: true });
    assert.is(finding?.code, 'FRAMES_JOINED');
    assert.equal(finding?.facts, { way: 'there', sent: 3, arrived: 1, large: 1 });
  });

  for (const [what, frames] of [
    ['more of a message in fragments', [1, 9, 9, 1]],
    ['more of a large message', [1, 3, 3, 8]],
    ['more of a small message', [2, 3, 3, 1]],
  ] as const) {
    test(`are split where ${what} arrive`, () => {
      assert.equal(codesOf([passageWith(frames)]), ['note the path FRAMES_SPLIT']);
    });
  }

  test('are a problem where a message in fragments is lost', () => {
    const [finding] = judgeFrames([passageWith([1])], { seen: true });
    assert.is(finding?.code, 'FRAGMENTS_LOST');
    assert.is(finding?.blame, 'the path');
    assert.match(finding?.message ?? '', 'a reset comes');
  });

  test('are a problem where a ping between fragments costs the message', () => {
    assert.equal(codesOf([passageWith([1, 3])]), ['problem the path INTERRUPTED_MESSAGE_LOST']);
  });

  test('leave a large message that is lost to the experiment largest', () => {
    assert.equal(codesOf([passageWith([1, 3, 3])]), ['ok null FRAMES_OK']);
  });

  test('cannot be told where no message arrives', () => {
    assert.equal(codesOf([passageWith([])]), ['unknown null NO_MESSAGE']);
  });

  test('of an echo server are its own affair', () => {
    assert.equal(codesOf([passageWith([1, 1, 1, 1], 'round')], null), ['ok null FRAMES_OK']);
    assert.equal(codesOf([passageWith([1], 'round')], null), ['problem null FRAGMENTS_LOST']);
  });

  test('tell of an offer of compression that did not arrive', () => {
    assert.equal(codesOf([passageWith([1, 3, 3, 1])], false), [
      'note the path COMPRESSION_STRIPPED',
    ]);
  });
});
