/** The experiment `idle` on one connection, by facts alone. */
import * as assert from 'uvu/assert';
import { asking, telling } from '../../../machines/checks/grammar.js';
import { type IdleInput, idle, type ProbeFact } from '../../../machines/index.js';
import {
  closeHeard,
  gone,
  heard,
  pingHeard,
  playProbe,
  pongHeard,
} from '../../support/probePlayer.js';
import { suite } from '../../support/suite.js';

const SILENT: IdleInput = {
  farEnd: 'ours',
  name: null,
  silence: 1_000,
  keeper: null,
  beatInterval: 300,
  answerTimeout: 50,
};
const played = (input: Partial<IdleInput>, ...steps: (ProbeFact | string)[]) =>
  playProbe(idle, { ...SILENT, ...input }, steps);
const say = (data: string) => ({ type: 'socket.send', data, frames: 1 });
const close = { type: 'socket.close', code: 1000, reason: '' };

const WORDS = 'lockstep: still there?';
const answer = heard(telling({ tell: 'handshake', peer: '', path: '/', headers: {} }), 1_010);

suite('idle', (test) => {
  test('says nothing until the silence is over, and asks a far end of ours then', () => {
    const { commands, state } = played({ name: 'a' }, 'silence');
    assert.equal(commands, [
      [say(asking({ ask: 'name', name: 'a' }))],
      [say(asking({ ask: 'handshake' }))],
    ]);
    assert.is(state, 'asking');
  });

  test('asks an echo server by a message, and any other by a ping', () => {
    assert.equal(played({ farEnd: 'echo' }, 'silence').commands[1], [say(WORDS)]);
    const ping = { type: 'socket.ping', data: WORDS };
    assert.equal(played({ farEnd: 'other' }, 'silence').commands[1], [ping]);
  });

  for (const [farEnd, reply] of [
    ['ours', answer],
    ['echo', heard(WORDS, 1_010)],
    ['other', pongHeard(WORDS, 1_010)],
  ] as const) {
    test(`takes the answer of a far end (${farEnd}), and closes`, () => {
      const { commands, output } = played({ farEnd }, 'silence', reply, gone('fin'));
      assert.equal(commands[2], [close]);
      assert.equal([output?.isAsked, output?.isAnswered], [true, true]);
      assert.equal(output?.end, { closed: null, gone: null });
    });
  }

  test('passes over what is no answer', () => {
    const other = [heard('Hello 0'), pingHeard(), pongHeard('another')];
    const { state, output } = played({}, 'silence', ...other, 'answerTimeout');
    assert.is(state, 'done');
    assert.equal([output?.isAsked, output?.isAnswered], [true, false]);
  });

  test('tells an end before the question', () => {
    const { output } = played({}, gone('fin', 700));
    assert.is(output?.isAsked, false);
    assert.equal(output?.end.gone, { by: 'fin', reason: '', at: 700 });
  });

  test('waits for TCP behind a Close frame', () => {
    const { output, commands } = played({}, closeHeard(1001, 700), 'answerTimeout');
    assert.is(output?.end.closed?.code, 1001);
    assert.equal(commands.at(-1), [{ type: 'socket.terminate' }]);
  });

  test('tells the longest silence before a far end that speaks by itself', () => {
    const { output } = played({}, heard('a', 200), pingHeard(900), gone('reset', 1_000));
    const { hasSpoken, lastAt, longestGap } = output ?? {};
    assert.equal([hasSpoken, lastAt, longestGap], [true, 900, 700]);
  });

  test('speaks at every interval where it is the keeper', () => {
    const beats = played(
      { keeper: 'pings from this end' },
      'beatInterval',
      'beatInterval',
    ).commands;
    const ping = { type: 'socket.ping', data: 'lockstep' };
    assert.equal(beats, [[], [ping], [ping]]);
    const there = played({ keeper: 'messages from this end' }, 'beatInterval').commands;
    assert.equal(there, [[say(asking({ ask: 'quiet' }))], [say('lockstep')]]);
    const both = played({ keeper: 'messages both ways' }, 'beatInterval').commands;
    assert.equal(both, [[], [say('lockstep')]]);
  });

  test('asks the far end to be the keeper', () => {
    const pings = played({ keeper: 'pings from the far end' });
    assert.equal(pings.commands, [
      [say(asking({ ask: 'quiet' })), say(asking({ ask: 'pings', everyMs: 300 }))],
    ]);
    const messages = played({ keeper: 'messages from the far end' });
    assert.equal(messages.commands, [[say(asking({ ask: 'messages', everyMs: 300 }))]]);
    assert.is(messages.state, 'waiting.silent');
  });

  test('asks nothing of a far end that is not ours', () => {
    assert.equal(played({ farEnd: 'echo', keeper: 'messages both ways' }).commands, [[]]);
  });
});
