import * as assert from 'uvu/assert';
import {
  judgePings,
  type Pinging,
  type PingingOutput,
  pinging,
  type Remembered,
  type Way,
} from '../../../machines/checks/index.js';
import {
  closeCame,
  goneBy,
  NOTHING_SEEN,
  type PlayedProbe,
  type ProbeStep,
  pingCame,
  playProbe,
  pongCame,
  told,
  toldMessage,
} from '../../support/probes.js';
import { suite } from '../../support/suite.js';

function play(way: Way, steps: ProbeStep[]): PlayedProbe {
  const name = way === 'round' ? null : 'a';
  return playProbe(pinging, { way, count: 2, name, answerTimeout: 100 }, steps);
}

const NOT_ENDED = { closed: null, gone: null };
const toldPong = (at: number, data: string) => told(at, { tell: 'pong', data, at });
const unanswered = { deadline: 'answerTimeout' };

suite('pinging', (test) => {
  test('pings one at a time, and times each pong', () => {
    const steps = [pongCame(2, 'lockstep 0'), pongCame(5, 'lockstep 1')];
    assert.equal(play('there', [...steps, closeCame(6, 1000), goneBy(7)]), {
      lines: [
        '= there.awaitingPong',
        '> send ? {"ask":"name","name":"a"}',
        '> ping lockstep 0',
        '> ping lockstep 1',
        '= closing',
        '> close 1000',
        '= done',
      ],
      output: { times: [2, 3], pinged: 0, isDeaf: false, end: NOT_ENDED },
    });
  });

  test('passes over a pong to another ping', () => {
    const steps = [pongCame(2, 'lockstep 1'), pongCame(2, ''), unanswered];
    assert.equal(play('there', steps).lines.slice(-2), ['= done', '> socket.terminate']);
  });

  test('gives an echo server no name', () => {
    assert.equal(play('round', []).lines, ['= there.awaitingPong', '> ping lockstep 0']);
  });

  test('asks the far end for pings, and times them by its clock', () => {
    const steps = [
      ...[toldMessage(10, 4), pingCame(11, 'lockstep 0'), toldPong(13, 'lockstep 0')],
      ...[toldMessage(20, 4), pingCame(21, 'lockstep 1'), toldPong(24, 'lockstep 1')],
    ];
    const { lines, output } = play('back', [...steps, goneBy(30)]);
    assert.equal(lines, [
      '= back.awaitingPing',
      '> send ? {"ask":"name","name":"a"}',
      '> send ? {"ask":"tellOnly"}',
      '> send mark',
      '> send ? {"ask":"ping","data":"lockstep 0"}',
      '= back.awaitingTell',
      '= back.awaitingPing',
      '> send mark',
      '> send ? {"ask":"ping","data":"lockstep 1"}',
      '= back.awaitingTell',
      '= closing',
      '> close 1000',
      '= done',
    ]);
    assert.equal(output, { times: [3, 4], pinged: 2, isDeaf: false, end: NOT_ENDED });
  });

  test('is told a pong to a ping that never came here', () => {
    const steps = [
      toldMessage(10, 4),
      toldPong(11, 'lockstep 0'),
      pingCame(12, 'late'),
      unanswered,
    ];
    assert.equal(play('back', steps).output, {
      times: [1],
      pinged: 0,
      isDeaf: true,
      end: NOT_ENDED,
    });
  });

  test('waits anew for word of the pong once the ping has come', () => {
    const steps = [toldMessage(10, 4), pingCame(11, 'lockstep 0'), unanswered];
    assert.equal(play('back', steps).output, {
      times: [],
      pinged: 1,
      isDeaf: false,
      end: NOT_ENDED,
    });
  });

  test('tells the end that came in place of a pong', () => {
    assert.equal(play('there', [closeCame(3, 1002), goneBy(4, 'reset')]).output, {
      times: [],
      pinged: 0,
      isDeaf: false,
      end: {
        closed: { code: 1002, reason: '', at: 3 },
        gone: { by: 'reset', reason: '', at: 4 },
      },
    });
  });
});

/** A pinging of three pings, of which so many were answered. */
function pingingWith(
  way: Way,
  answered: number,
  output: Partial<PingingOutput> = {},
  there?: Remembered,
): Pinging {
  const times = [3, 1, 2].slice(0, answered);
  return {
    sent: { way, count: 3, name: 'a', answerTimeout: 100 },
    here: { times, pinged: 0, isDeaf: false, end: NOT_ENDED, ...output },
    ...(there !== undefined && { there }),
  };
}

const remembered = (pings: number): Remembered => ({ ...NOTHING_SEEN, pings });

suite('pings', (test) => {
  for (const [what, pinging, finding] of [
    [
      'to the far end are answered by it',
      pingingWith('there', 3, {}, remembered(3)),
      'ok null PINGS_OK',
    ],
    [
      'from the far end are answered here',
      pingingWith('back', 3, { pinged: 3 }),
      'ok null PINGS_OK',
    ],
    ['to an echo server are answered', pingingWith('round', 3), 'ok null PINGS_OK'],
    [
      'to the far end are answered by the path',
      pingingWith('there', 3, {}, remembered(0)),
      'problem the path PINGS_ANSWERED_BY_PATH',
    ],
    [
      'from the far end are answered by the path',
      pingingWith('back', 3),
      'problem the path PINGS_ANSWERED_BY_PATH',
    ],
    [
      'to the far end are lost',
      pingingWith('there', 0, {}, remembered(0)),
      'problem the path PINGS_LOST',
    ],
    ['from the far end are lost', pingingWith('back', 0), 'problem the path PINGS_LOST'],
    [
      'to the far end lose their pongs',
      pingingWith('there', 0, {}, remembered(1)),
      'problem the path PONGS_LOST',
    ],
    [
      'from the far end lose their pongs',
      pingingWith('back', 0, { pinged: 1 }),
      'problem the path PONGS_LOST',
    ],
    [
      'to an echo server are not answered',
      pingingWith('round', 0),
      'problem null PINGS_UNANSWERED',
    ],
    [
      'to a far end that tells nothing are unknown',
      pingingWith('there', 0),
      'unknown null NO_MESSAGE',
    ],
    [
      'from a far end that tells nothing are unknown',
      pingingWith('back', 0, { isDeaf: true }),
      'unknown null NO_MESSAGE',
    ],
  ] as const) {
    test(what, () => {
      const [{ status, blame, code }] = judgePings([pinging]) as [ReturnType<typeof judgePings>[0]];
      assert.is(`${status} ${blame} ${code}`, finding);
    });
  }

  test('have the shortest, the median and the longest round trip', () => {
    const [finding] = judgePings([pingingWith('there', 3, {}, remembered(3))]);
    const facts = { way: 'there', count: 3, arrived: 3, minMs: 1, medianMs: 2, maxMs: 3 };
    assert.equal(finding?.facts, facts);
  });

  test('say which end came in place of a pong', () => {
    const end = { closed: { code: 1002, reason: '', at: 1 }, gone: null };
    const [finding] = judgePings([pingingWith('there', 1, { end }, remembered(1))]);
    assert.match(finding?.message ?? '', 'a Close frame 1002 comes');
  });
});
