import * as assert from 'uvu/assert';
import { passage, type Sent, type Way } from '../../../machines/checks/index.js';
import {
  came,
  closeCame,
  goneBy,
  type PlayedProbe,
  type ProbeStep,
  pingCame,
  playProbe,
  pongCame,
  toldMessage,
} from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const TWO: Sent[] = [
  { size: 10, frames: 1 },
  { size: 20, frames: 3, ping: 'between' },
];

function play(way: Way, steps: ProbeStep[]): PlayedProbe {
  const name = way === 'round' ? null : 'a';
  return playProbe(passage, { way, messages: TWO, name, answerTimeout: 100 }, steps);
}

suite('passage', (test) => {
  test('sends there what the far end tells, and closes', () => {
    const steps = [toldMessage(2, 10), pongCame(3, 'between'), toldMessage(5, 20, 2)];
    assert.equal(play('there', [...steps, closeCame(6, 1000), goneBy(7)]), {
      lines: [
        '= passing.awaitingArrival',
        '> send ? {"ask":"name","name":"a"}',
        '> send ? {"ask":"tellOnly"}',
        '> send 10 bytes',
        '> send 20 bytes in 3 frames around ping between',
        '= closing',
        '> close 1000',
        '= done',
      ],
      output: {
        arrived: [
          { frames: 1, ms: 2 },
          { frames: 2, ms: 3 },
        ],
        end: { closed: null, gone: null },
      },
    });
  });

  test('asks back for what the far end sends', () => {
    const steps = [came(2, 10), pingCame(3, 'between'), came(5, 20, 2)];
    assert.equal(play('back', steps).lines, [
      '= passing.awaitingArrival',
      '> send ? {"ask":"name","name":"a"}',
      '> send ? {"ask":"send","kind":"binary","size":10,"frames":1}',
      '> send ? {"ask":"send","kind":"binary","size":20,"frames":3,"ping":"between"}',
      '= closing',
      '> close 1000',
    ]);
  });

  test('takes what an echo server returns, under no name', () => {
    assert.equal(play('round', [came(2, 10), came(3, 20)]).lines, [
      '= passing.awaitingArrival',
      '> send 10 bytes',
      '> send 20 bytes in 3 frames around ping between',
      '= closing',
      '> close 1000',
    ]);
  });

  test('passes over texts and messages of another size', () => {
    const steps = [came(1, 'Hello 0'), came(1, 11), toldMessage(1, 10), goneBy(2)];
    assert.equal((play('round', steps).output as { arrived: unknown }).arrived, []);
    assert.equal(
      (play('there', [came(1, 10), goneBy(2)]).output as { arrived: unknown }).arrived,
      [],
    );
  });

  test('tells the end that came in place of a message', () => {
    assert.equal(play('there', [toldMessage(2, 10), closeCame(3, 1009), goneBy(4)]).output, {
      arrived: [{ frames: 1, ms: 2 }],
      end: {
        closed: { code: 1009, reason: '', at: 3 },
        gone: { by: 'fin', reason: '', at: 4 },
      },
    });
  });

  test('cuts a connection on which a message does not arrive', () => {
    const { lines, output } = play('there', [toldMessage(2, 10), { deadline: 'arrivalTimeout' }]);
    assert.equal(lines.slice(-2), ['= done', '> socket.terminate']);
    assert.equal(output, {
      arrived: [{ frames: 1, ms: 2 }],
      end: { closed: null, gone: null },
    });
  });

  test('cuts a connection that does not end behind the Close frames', () => {
    const steps = [came(2, 10), came(3, 20), closeCame(4, 1000), { deadline: 'closeTimeout' }];
    assert.equal(play('round', steps).lines.slice(-2), ['= done', '> socket.terminate']);
  });
});
