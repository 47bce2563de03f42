import * as assert from 'uvu/assert';
import { pings } from '../../machines/index.js';
import { deadline, ponged, stopRequested } from '../support/facts.js';
import { linesOf, play, type Step } from '../support/play.js';
import { suite } from '../support/suite.js';

const input = { pingInterval: 1_000, pongTimeout: 50 };
const lines = (steps: Step[]) => linesOf(pings, input, steps);
const output = (steps: Step[]) => play(pings, input, steps).snapshot.output;

const due = deadline('pingInterval');

suite('pings', (test) => {
  test('go out one interval after the pong before', () => {
    assert.equal(lines([due, ponged(3), due]), [
      '= resting',
      '% pingInterval',
      '= awaitingPong',
      '> socket.ping 0',
      '< socket.ponged 3.000 ms',
      '= resting',
      '* pings.answered 0',
      '% pingInterval',
      '= awaitingPong',
      '> socket.ping 1',
    ]);
  });

  test('sum their round trips up', () => {
    const told = [due, ponged(3), due, ponged(1), due, ponged(4), stopRequested];
    assert.equal(output(told), { sent: 3, count: 3, min: 1, avg: 2.667, max: 4 });
  });

  test('sum nothing up where no pong came', () => {
    assert.equal(output([stopRequested]), { sent: 0, count: 0, min: 0, avg: 0, max: 0 });
  });

  test('fail the connection where a pong is missing', () => {
    const { lines, snapshot, emitted } = play(pings, input, [
      due,
      ponged(3),
      due,
      deadline('pongTimeout'),
    ]);
    assert.equal(lines.slice(-4), [
      '% pongTimeout',
      '= unanswered',
      '* pings.failed ERR_PONG_TIMEOUT',
      '* pings.ended 1 of 2',
    ]);
    assert.is(snapshot.output.count, 1);
    const failed = emitted.find((event) => event.type === 'pings.failed');
    assert.equal(failed?.failure, {
      blame: 'deadline',
      code: 'ERR_PONG_TIMEOUT',
      expected: 'the pong to ping 1 within 50 ms',
      came: 'none came',
      remedy: 'see whether the peer still runs, and whether the path swallows pings',
      setting: 'replyTimeout',
      closeCode: 1008,
    });
  });

  test('end with their session, answered or not', () => {
    for (const told of [[], [due]]) {
      assert.equal(lines([...told, stopRequested]).slice(-3), [
        '< app.stopRequested',
        '= ended',
        `* pings.ended 0 of ${told.length}`,
      ]);
    }
  });

  test('take no notice of a pong that they did not ask for', () => {
    assert.equal(lines([ponged(3)]), ['= resting', '< socket.ponged 3.000 ms']);
  });
});
