import * as assert from 'uvu/assert';
import { answerer } from '../../../machines/checks/index.js';
import { came, playProbe } from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const INPUT = { peer: '127.0.0.1', path: '/', headers: {} };

function said(...texts: (string | number)[]): string[] {
  const steps = texts.map((text, n) => came(n + 1, text));
  return playProbe(answerer, INPUT, steps).lines.slice(1);
}

const asking = (ask: object): string => `lockstep? ${JSON.stringify(ask)}`;

suite('far end of a check', (test) => {
  test('tells and returns a payload', () => {
    const [tell, returned, ...more] = said(3);
    assert.match(tell as string, '"tell":"message","kind":"binary","size":3');
    assert.equal([returned, more], ['> send 3 bytes', []]);
  });

  test('tells payloads, and returns none, once it is asked to tell only', () => {
    const [tell, ...more] = said(asking({ ask: 'tellOnly' }), 3);
    assert.match(tell as string, '"tell":"message","kind":"binary","size":3');
    assert.equal(more, []);
  });

  test('tells nothing once it is asked to be quiet', () => {
    assert.equal(said(asking({ ask: 'tellOnly' }), asking({ ask: 'quiet' }), 3), []);
  });

  test('sends a ping between the frames of a message', () => {
    const ask = { ask: 'send', kind: 'binary', size: 9, frames: 3, ping: 'p' };
    assert.equal(said(asking(ask)), ['> send 9 bytes in 3 frames around ping p']);
  });

  for (const [how, wrap] of [
    ['', (ask: object) => ask],
    [' held back', (prompt: object) => ({ ask: 'later', ms: 0, prompt })],
  ] as const) {
    test(`refuses to send more than 64 MiB in all${how}`, () => {
      const ask = asking({ ask: 'send', kind: 'binary', size: 2 ** 24, frames: 1 });
      const more = asking(wrap({ ask: 'send', kind: 'binary', size: 1, frames: 1 }));
      assert.equal(said(ask, ask, ask, ask, more), [
        ...Array(4).fill('> send 16777216 bytes'),
        '= leaving',
        '> close 1008 ERR_FLAWED_ASK',
      ]);
    });
  }

  test('refuses a ping that is too long for a control frame', () => {
    const ask = { ask: 'send', kind: 'binary', size: 9, frames: 3, ping: 'p'.repeat(121) };
    assert.equal(said(asking(ask)).slice(-1), ['> close 1008 ERR_FLAWED_ASK']);
  });
});
