import * as assert from 'uvu/assert';
import {
  doublingUpTo,
  judgeLargest,
  type Passage,
  type Remembered,
  type SeenEnd,
} from '../../../machines/checks/index.js';
import { NOTHING_SEEN } from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const MESSAGES = doublingUpTo(4_096);

/** A passage to the far end on which so many messages arrived. */
function passageWith(count: number, end: Partial<SeenEnd> = {}, there?: Remembered): Passage {
  return {
    sent: { way: 'there', messages: MESSAGES, name: 'a', answerTimeout: 100 },
    here: {
      arrived: MESSAGES.slice(0, count).map(() => ({ frames: 1, ms: 1 })),
      end: { closed: null, gone: null, ...end },
    },
    ...(there !== undefined && { there }),
  };
}

function judged(passage: Passage): [string, string | null, string, object] {
  const [finding] = judgeLargest([passage]);
  if (finding === undefined) throw new Error('no finding came');
  return [finding.status, finding.blame, finding.code, finding.facts];
}

const FIN = { by: 'fin', reason: '', at: 1 } as const;
const RESET = { by: 'reset', reason: 'read ECONNRESET', at: 1 } as const;
const TOO_BIG = { code: 1009, reason: 'too big', at: 1 };
/** All messages but the last one arrived. */
const MOST = MESSAGES.length - 1;
const SIZES = { way: 'there', passed: 2_048, refused: 4_096 };

suite('largest', (test) => {
  test('doubles sizes from 64 bytes up to a size that is not doubled', () => {
    const sizes = (upTo: number) => doublingUpTo(upTo).map(({ size }) => size);
    assert.equal(sizes(300), [64, 128, 256, 300]);
    assert.equal(sizes(256), [64, 128, 256]);
    assert.equal(sizes(10), [10]);
  });

  test('tells the size that passes', () => {
    const facts = { way: 'there', passed: 4_096, ms: 1 };
    assert.equal(judged(passageWith(MESSAGES.length)), ['ok', null, 'LARGEST_OK', facts]);
  });

  for (const [how, end, there, facts] of [
    [
      'a Close frame',
      { closed: TOO_BIG, gone: FIN },
      NOTHING_SEEN,
      { by: 'close', closeCode: 1009, reason: 'too big' },
    ],
    [
      'a Close frame to the far end',
      { gone: FIN },
      { ...NOTHING_SEEN, closed: TOO_BIG },
      { by: 'close', closeCode: 1009, reason: 'too big' },
    ],
    ['a reset', { gone: RESET }, { ...NOTHING_SEEN, gone: RESET }, { by: 'reset' }],
    ['a FIN', { gone: FIN }, { ...NOTHING_SEEN, gone: FIN }, { by: 'fin' }],
    ['silence', {}, undefined, { by: 'silence' }],
  ] as const) {
    test(`blames the path for a message that it refuses by ${how}`, () => {
      const passage = passageWith(MOST, end, there);
      assert.equal(judged(passage), [
        'problem',
        'the path',
        'MESSAGE_REFUSED',
        { ...SIZES, ...facts },
      ]);
    });
  }

  test('takes a limit of the far end for a setting', () => {
    const there: Remembered = { ...NOTHING_SEEN, gone: { ...FIN, by: 'limit' } };
    const passage = passageWith(MOST, { closed: { ...TOO_BIG, reason: '' }, gone: FIN }, there);
    const facts = { ...SIZES, by: 'close', closeCode: 1009, reason: '' };
    assert.equal(judged(passage), ['note', 'the far end', 'MESSAGE_LIMIT', facts]);
    assert.match(judgeLargest([passage])[0]?.message ?? '', '--max-payload');
  });

  test('blames nobody for what an echo server does not return', () => {
    const passage = passageWith(MOST, { gone: FIN });
    const round: Passage = { ...passage, sent: { ...passage.sent, way: 'round', name: null } };
    const facts = { way: 'round', passed: 2_048, refused: 4_096, by: 'fin' };
    assert.equal(judged(round), ['note', null, 'MESSAGE_REFUSED', facts]);
  });

  test('cannot tell where no message arrives', () => {
    assert.equal(judged(passageWith(0)), ['unknown', null, 'NO_MESSAGE', { way: 'there' }]);
  });
});
