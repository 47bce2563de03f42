/** The far end of a check as a keeper: pings and messages at an interval. */
import * as assert from 'uvu/assert';
import { asking, readAsk, telling } from '../../../machines/checks/grammar.js';
import { answerer } from '../../../machines/index.js';
import { heard, playProbe, pongHeard } from '../../support/probePlayer.js';
import { suite } from '../../support/suite.js';

const INPUT = { peer: '192.0.2.1:1', path: '/', headers: {} };
const ask = (...asks: Parameters<typeof asking>) => heard(asking(...asks));
const say = (data: string) => ({ type: 'socket.send', data, frames: 1 });

suite('answerer as a keeper', (test) => {
  test('pings at every interval', () => {
    const pings = ask({ ask: 'pings', everyMs: 300 });
    const { commands } = playProbe(answerer, INPUT, [pings, 'beatInterval', 'beatInterval']);
    const ping = { type: 'socket.ping', data: 'lockstep' };
    assert.equal(commands, [[], [], [ping], [ping]]);
  });

  test('sends messages at every interval', () => {
    const messages = ask({ ask: 'messages', everyMs: 300 });
    const { commands } = playProbe(answerer, INPUT, [messages, 'beatInterval']);
    assert.equal(commands, [[], [], [say(telling({ tell: 'beat' }))]]);
  });

  test('tells the pong to a ping that it was asked for, and no other', () => {
    const told = say(telling({ tell: 'pong', data: 'a', at: 5 }));
    const steps = [pongHeard('a'), ask({ ask: 'ping', data: 'a' }), pongHeard('b'), pongHeard('a')];
    const { commands } = playProbe(answerer, INPUT, steps);
    assert.equal(commands, [[], [], [{ type: 'socket.ping', data: 'a' }], [], [told]]);
  });

  test('refuses an interval out of bounds', () => {
    for (const everyMs of [99, 600_001, 1.5]) {
      assert.is(readAsk(asking({ ask: 'messages', everyMs })), undefined);
    }
  });
});
