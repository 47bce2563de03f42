/** Pings beside a session, over a real socket. */
import * as assert from 'uvu/assert';
import type { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { dial, echo, keepPinging, requestStop } from '../../adapters/ws.js';
import type { PingsOutput, SessionOutput } from '../../machines/index.js';
import { OPCODE } from '../support/frames.js';
import { type RawPeer, rawServer } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';

const settings = { pingInterval: 1_000, pongTimeout: 500 };

/** A client session that pings, and its peer. */
async function pinging(context: TestContext) {
  const clock = new SimulatedClock();
  const server = await rawServer(context);
  let tellPings = (_: PingsOutput): void => {};
  let tellSession = (_: SessionOutput): void => {};
  const pings = new Promise<PingsOutput>((resolve) => {
    tellPings = resolve;
  });
  const session = new Promise<SessionOutput>((resolve) => {
    tellSession = resolve;
  });
  let answered = (): void => {};
  const sockets: WebSocket[] = [];
  let stop = (): void => {};
  dial(server.url, (ws) => {
    context.after(() => ws.terminate());
    sockets.push(ws);
    const actor = echo(ws, { clock });
    const pinger = keepPinging(ws, actor, { settings, clock });
    pinger.on('pings.answered', () => answered());
    pinger.on('pings.ended', ({ output }) => tellPings(output));
    actor.on('session.ended', ({ output }) => tellSession(output));
    stop = () => requestStop(actor);
    actor.start();
    pinger.start();
  }).start();
  const peer = await server.peer;
  const pong = (payload: string): Promise<void> => {
    peer.write({ opcode: OPCODE.pong, payload });
    return new Promise((resolve) => {
      answered = resolve;
    });
  };
  return { clock, peer, pings, session, pong, sockets, stop: () => stop() };
}

/** What a peer reads of a ping. */
const ping = (n: number): string => `opcode 9 ${Buffer.from(`ping ${n}`).toString('hex')}`;

/** Answers a message, so that all before it was heard. */
async function settled(peer: RawPeer): Promise<void> {
  peer.send('a');
  assert.is(await peer.next(), 'text "a"');
}

suite('pings on a socket', (test) => {
  test('are numbered, timed, and end with their session', async (context) => {
    const { clock, peer, pings, session, pong, sockets } = await pinging(context);
    for (const n of [0, 1]) {
      await settled(peer);
      clock.increment(1_000);
      assert.is(await peer.next(), ping(n));
      await pong(`ping ${n}`);
    }
    peer.close(1000);
    const { sent, count, min, avg, max } = await pings;
    assert.equal([sent, count], [2, 2]);
    assert.ok(0 < min && min <= avg && avg <= max);
    assert.is((await session).outcome, 'done');
    assert.is(sockets[0]?.listenerCount('pong'), 0);
  });

  test('are not answered by a pong of another', async (context) => {
    const { clock, peer, session, pong } = await pinging(context);
    await settled(peer);
    clock.increment(1_000);
    assert.is(await peer.next(), ping(0));
    void pong('ping 7');
    await settled(peer);
    clock.increment(500);
    assert.is(await peer.next(), 'close 1008 ERR_PONG_TIMEOUT');
    peer.close(1008);
    const { outcome, fault } = await session;
    assert.equal([outcome, fault?.code, fault?.blame], ['error', 'ERR_PONG_TIMEOUT', 'deadline']);
  });

  test('stop when the session leaves', async (context) => {
    const { clock, peer, pings, stop } = await pinging(context);
    await settled(peer);
    stop();
    assert.is((await pings).sent, 0);
    clock.increment(1_000);
    assert.is(await peer.next(), 'close 1001');
  });
});
