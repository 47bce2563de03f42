/** What tests of paths expect of a connection, each in one call. */
import { setInterval as everySoOften } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { OPCODE } from '../support/frames.js';
import type { RawPeer } from '../support/rawPeer.js';
import { framePaths } from './framePaths.js';
import { type Connection, connectThrough, type PathTests, type Rig } from './pathSuite.js';

/** Expects messages to pass both ways, unchanged. */
export async function expectEcho({ client, server }: Connection, message = 'ä'): Promise<void> {
  server.send(message);
  assert.is(await client.next(), `text ${JSON.stringify(message)}`);
  client.send(message);
  assert.is(await server.next(), `text ${JSON.stringify(message)}`);
}

/** Expects a Close frame from either end to arrive as it was sent, and the answer, too. */
export async function expectClose({ client, server }: Connection): Promise<void> {
  client.close(4001, 'enough');
  assert.is(await server.next(), 'close 4001 enough');
  server.close(4001, 'enough');
  assert.is(await client.next(), 'close 4001 enough');
}

/**
 * Expects an end in so many ms from now, or a little earlier: products look at their clocks at different
 * times. The time limit of the test is the upper bound.
 */
export async function expectCut(peer: RawPeer, how: string, ms: number): Promise<void> {
  const began = performance.now();
  assert.is(await peer.next(), how);
  const took = performance.now() - began;
  assert.ok(took > ms * 0.8 - 20, `it took ${took.toFixed(0)} ms, not ${ms} ms`);
}

/** Expects an end in so many ms, however often one end writes meanwhile. */
export async function expectCutDespite(
  write: () => void,
  [from, to]: readonly [RawPeer, RawPeer],
  how: string,
  ms: number,
): Promise<void> {
  const timer = setInterval(write, ms / 6);
  try {
    await expectCut(from, how, ms);
  } finally {
    clearInterval(timer);
  }
  // The path has passed what was written before.
  let heard = await to.next();
  while (heard.startsWith('text') || heard.startsWith('opcode')) heard = await to.next();
  assert.is(heard, how);
}

/** Acts twice: from the client to the server, and on a new connection from the server to the client. */
export async function bothWays(
  { connect }: Rig,
  act: (from: RawPeer, to: RawPeer) => Promise<void>,
): Promise<void> {
  const there = await connect();
  await act(there.client, there.server);
  const back = await connect();
  await act(back.server, back.client);
}

/** Expects peers to hear nothing while others converse over a path that works. */
export async function expectSilence({ far, context }: Rig, ...peers: RawPeer[]): Promise<void> {
  const heard: string[] = [];
  for (const peer of peers) peer.next().then((what) => heard.push(what));
  const other = await connectThrough(
    await framePaths.transparent.open(far.port, context),
    far,
    context,
  );
  for (const message of ['one', 'two', 'three']) await expectEcho(other, message);
  assert.equal(heard, []);
}

/** Does something so many times, a third of `ms` apart. */
export async function repeat(count: number, ms: number, act: () => unknown): Promise<void> {
  let done = 0;
  for await (const _ of everySoOften(ms / 3)) {
    await act();
    if (++done === count) return;
  }
}

/** Sends so many pings, a third of `ms` apart; resolves when the other end has had them. It answers none. */
export async function ping(from: RawPeer, to: RawPeer, count: number, ms: number): Promise<void> {
  await repeat(count, ms, () => from.write({ opcode: OPCODE.ping, payload: 'p' }));
  for (let n = 0; n < count; n++) assert.is(await to.next(), 'opcode 9 70');
}

/** Expects pings of either end to keep a connection beyond the silence that cuts it. */
export async function isKeptByPings({ connect, figures }: Rig): Promise<void> {
  const one = await connect();
  const other = await connect();
  await Promise.all([
    ping(one.client, one.server, 5, figures.idleMs as number),
    ping(other.server, other.client, 5, figures.idleMs as number),
  ]);
  await expectEcho(one);
  await expectEcho(other);
}

/** Expects what a path does that is right. */
export const passesAll: PathTests = {
  'passes messages and the close both ways': async ({ connect }) => {
    const connection = await connect();
    await expectEcho(connection);
    await expectEcho(connection, 'x'.repeat(100_000));
    await expectClose(connection);
  },
};

/** Expects a FIN of either end to end both ways, before the other end has ended its own. */
export const endsBothWays: PathTests = {
  'ends both ways at the FIN of either end': (rig) =>
    bothWays(rig, async (from, to) => {
      to.isPolite = false;
      from.fin();
      assert.is(await to.next(), 'fin');
      assert.is(await from.next(), 'fin');
    }),
};
