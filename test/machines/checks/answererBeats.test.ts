/** The far end of a check as a keeper: pings and messages at an interval. */
import * as assert from 'uvu/assert';
import { asking, readAsk } from '../../../machines/checks/grammar.js';
import { answerer } from '../../../machines/checks/index.js';
import { came, type ProbeStep, playProbe, pongCame } from '../../support/probes.js';
import { suite } from '../../support/suite.js';

const INPUT = { peer: '192.0.2.1:1', path: '/', headers: {} };
const ask = (...asks: Parameters<typeof asking>): ProbeStep => came(5, asking(...asks));
const said = (...steps: ProbeStep[]): string[] =>
  playProbe(answerer, INPUT, steps).lines.filter((line) => line.startsWith('>'));
const isDue = { deadline: 'beatInterval' };

suite('answerer as a keeper', (test) => {
  test('pings at every interval', () => {
    const pings = ask({ ask: 'pings', everyMs: 300 });
    assert.equal(said(pings, isDue, isDue), ['> ping lockstep', '> ping lockstep']);
  });

  test('sends messages at every interval', () => {
    const messages = ask({ ask: 'messages', everyMs: 300 });
    assert.equal(said(messages, isDue), ['> send ! {"tell":"beat"}']);
  });

  test('turns to other beats where it is asked again', () => {
    const both = [ask({ ask: 'pings', everyMs: 300 }), ask({ ask: 'messages', everyMs: 300 })];
    assert.equal(said(...both, isDue), ['> send ! {"tell":"beat"}']);
  });

  test('tells no pong to a ping at an interval, where it is quiet', () => {
    const asked = [ask({ ask: 'ping', data: 'a' }), pongCame(5, 'a')];
    const beats = [ask({ ask: 'quiet' }), ask({ ask: 'pings', everyMs: 300 }), isDue];
    assert.equal(said(...asked, ...beats, pongCame(300, 'lockstep')), [
      '> ping a',
      '> send ! {"tell":"pong","data":"a","at":5}',
      '> ping lockstep',
    ]);
  });

  test('refuses an interval out of bounds', () => {
    for (const everyMs of [99, 600_001, 1.5]) {
      assert.is(readAsk(asking({ ask: 'messages', everyMs })), undefined);
    }
  });
});
