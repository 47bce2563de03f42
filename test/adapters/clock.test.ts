import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import { deadlineClock } from '../../adapters/clock.js';
import { suite } from '../support/suite.js';

/** Sets a deadline of each length; returns those that are met while so many ms pass, one by one. */
function metAt(lengths: readonly number[], during: number): [length: number, at: number][] {
  const met: [number, number][] = [];
  let at = 0;
  for (const length of lengths) {
    deadlineClock.setTimeout(() => met.push([length, at]), length);
  }
  for (at = 1; at <= during; at++) mock.timers.tick(1);
  return met;
}

suite('clock of deadlines', (test) => {
  test('is never early, and late by a 64th at most', () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      assert.equal(metAt([640, 0, 1, 100, 6_400, 640], 7_000), [
        [0, 1],
        [1, 2],
        [100, 101],
        [640, 650],
        [640, 650],
        [6_400, 6_500],
      ]);
    } finally {
      mock.timers.reset();
    }
  });

  test('meets no deadline that was cleared, and forgives clearing one twice, or too late', () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const met: string[] = [];
      const set = (name: string) => deadlineClock.setTimeout(() => met.push(name), 50);
      const [a, b, c, d] = [set('a'), set('b'), set('c'), set('d')];
      deadlineClock.clearTimeout(b);
      deadlineClock.clearTimeout(b);
      deadlineClock.clearTimeout(d);
      mock.timers.tick(60);
      deadlineClock.clearTimeout(a);
      deadlineClock.clearTimeout(c);
      const e = set('e');
      deadlineClock.clearTimeout(e);
      mock.timers.tick(60);
      assert.equal(met, ['a', 'c']);
    } finally {
      mock.timers.reset();
    }
  });
});
