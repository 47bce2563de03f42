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
      assert.equal(metAt([640, 0, 1, 100, 6_400, 640, -5, Number.NaN], 7_000), [
        [0, 1],
        [-5, 1],
        [Number.NaN, 1],
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

  test('has timers that are set again: later, to another length, after they were stopped', () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const rung: string[] = [];
      let at = 0;
      const timer = deadlineClock.timer({ send: (event) => rung.push(`${event} ${at}`) });
      const plan = new Map<number, () => void>([
        [1, () => timer.start('over', 64)],
        [50, () => timer.start('over', 64)],
        [120, () => timer.start('over', 64)],
        [150, () => timer.stop()],
        [160, () => timer.start('over', 64)],
        [300, () => timer.start('over', 64)],
        [310, () => timer.start('over', 640)],
        [1_000, () => timer.start('over', 64)],
        [1_010, () => timer.end()],
        [1_020, () => timer.start('over', 64)],
        [1_100, () => timer.start('over', 64)],
        [1_110, () => timer.stop()],
      ]);
      for (at = 1; at <= 1_300; at++) {
        plan.get(at)?.();
        mock.timers.tick(1);
      }
      assert.equal(rung, ['over 114', 'over 224', 'over 959', 'over 1084']);
    } finally {
      mock.timers.reset();
    }
  });
});
