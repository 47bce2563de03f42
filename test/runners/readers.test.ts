/** What waits for the readers of the output, and that nothing of it stays. */
import * as assert from 'uvu/assert';
import { Readers, type Waiting } from '../../runners/readers.js';
import { slowReader } from '../support/slowReader.js';
import { suite } from '../support/suite.js';

const wait = (): void => {};

suite('readers', (test) => {
  test('are behind until all of them have read', () => {
    const [one, other] = [slowReader(), slowReader()];
    const readers = new Readers([one.stream, other.stream]);
    const told: string[] = [];
    const waiting = { wait, caughtUp: () => void told.push('caught up') };
    for (const { stream } of [one, other]) stream.write('line\n');
    assert.is(readers.areBehind, true);
    readers.await(waiting);
    one.read();
    assert.equal([readers.areBehind, told], [true, []]);
    other.read();
    assert.equal([readers.areBehind, told], [false, ['caught up']]);
  });

  test('are far behind once more waits than the limit', () => {
    const { stream, read } = slowReader();
    const readers = new Readers([stream], 8);
    stream.write('eight...');
    assert.is(readers.areFarBehind, false);
    stream.write('!');
    assert.is(readers.areFarBehind, true);
    read();
    assert.is(readers.areFarBehind, false);
  });

  test('are far behind once very many sessions wait', () => {
    const { stream } = slowReader();
    const readers = new Readers([stream], 4 * 2048);
    const sessions = Array.from({ length: 5 }, () => ({ wait, caughtUp: () => {} }));
    const isTooMany = sessions.map((session) => {
      readers.await(session);
      return readers.areFarBehind;
    });
    assert.equal(isTooMany, [false, false, false, false, true]);
    readers.leave(sessions[0] as (typeof sessions)[0]);
    assert.is(readers.areFarBehind, false);
  });

  test('that are gone are waited for no more', async () => {
    const { stream } = slowReader();
    stream.on('error', () => {});
    const readers = new Readers([stream]);
    const caughtUp = new Promise<void>((resolve) => {
      readers.await({ wait, caughtUp: resolve });
    });
    stream.write('line\n');
    assert.is(readers.areBehind, true);
    stream.destroy(new Error('EPIPE'));
    await caughtUp;
    assert.is(readers.areBehind, false);
  });

  test('do not tell who has left', () => {
    const { stream, read } = slowReader();
    const readers = new Readers([stream]);
    const told: string[] = [];
    const [one, other] = ['one', 'other'].map((name) => ({
      wait,
      caughtUp: () => void told.push(name),
    }));
    stream.write('line\n');
    readers.await(one as Waiting);
    readers.await(other as Waiting);
    readers.leave(one as Waiting);
    read();
    assert.equal(told, ['other']);
  });

  test('have all sessions wait, once each time, when they are far behind', () => {
    const told: string[] = [];
    const sessions = ['one', 'other'].map((name) => ({
      wait: () => void told.push(name),
      caughtUp: () => {},
    }));
    const { stream } = slowReader();
    const readers = new Readers([stream], 2 * 2048 + 8);
    readers.serve(sessions);
    stream.write('eight...');
    readers.await(sessions[0] as Waiting);
    assert.equal(told, []);
    stream.write('x'.repeat(2048));
    readers.await(sessions[0] as Waiting);
    readers.await(sessions[1] as Waiting);
    assert.equal(told, ['one', 'other']);
  });
});
