/** What the proxies of our own do to a WebSocket, by plain means. */
import * as assert from 'uvu/assert';
import { OPCODE } from '../support/frames.js';
import type { RawPeer } from '../support/rawPeer.js';
import {
  expectCut,
  expectCutDespite,
  expectEcho,
  expectSilence,
  passesAll,
  ping,
  repeat,
} from './expect.js';
import {
  type Connection,
  connectThrough,
  type PathTests,
  pathSuites,
  type Rig,
} from './pathSuite.js';
import { ownPaths } from './paths.js';

/** The next frames of a peer, as their opcode, payload and whether they are final. */
async function framesOf(peer: RawPeer, count: number): Promise<string[]> {
  const shown: string[] = [];
  while (shown.length < count) {
    const read = await peer.nextFrame();
    if (typeof read === 'string') shown.push(read);
    else shown.push(`${read.opcode} ${read.payload}${read.fin ? '' : ' …'}`);
  }
  return shown;
}

/** Sends a message in two fragments with a ping between them. */
function sendFragments(peer: RawPeer): void {
  peer.write({ opcode: OPCODE.text, payload: 'Hello', fin: false });
  peer.write({ opcode: OPCODE.ping, payload: 'p' });
  peer.write({ opcode: OPCODE.continuation, payload: ' 0' });
}

/** Does the same with a connection in both directions. */
async function bothWays(
  { connect }: Rig,
  act: (from: RawPeer, to: RawPeer) => Promise<void>,
): Promise<void> {
  const there = await connect();
  await act(there.client, there.server);
  const back = await connect();
  await act(back.server, back.client);
}

/** Expects the path to drop a frame, and to pass the message behind it. */
const expectDropped =
  (opcode: number) =>
  async (from: RawPeer, to: RawPeer): Promise<void> => {
    from.write({ opcode, payload: 'lost' });
    from.send('kept');
    assert.is(await to.next(), 'text "kept"');
  };

/** Expects one way to lose all frames, and the other none; TCP still tells its end. */
const losesFrames = (lost: 'toServer' | 'toClient'): PathTests => ({
  'passes the other way, and the end of TCP': async ({ connect }) => {
    const { client, server } = await connect();
    const [from, to] = lost === 'toServer' ? [client, server] : [server, client];
    to.send('arrives');
    assert.is(await from.next(), 'text "arrives"');
    from.send('lost');
    from.fin();
    assert.is(await to.next(), 'fin');
  },
});

const flips = (changed: 'toServer' | 'toClient'): PathTests => ({
  'changes text and bytes that way, and leaves the other way alone': async ({ connect }) => {
    const { client, server } = await connect();
    const [from, to] = changed === 'toServer' ? [client, server] : [server, client];
    from.send('Hello 0');
    from.send(Buffer.of(0, 0));
    assert.is(await to.next(), 'text "Hello 1"');
    assert.is(await to.next(), 'binary 0001');
    to.send('Hello 0');
    assert.is(await from.next(), 'text "Hello 0"');
  },
});

/** Expects a message of the limit to pass, and this of a message that has one byte more. */
const refusesLarge = (
  expect: (from: RawPeer, to: RawPeer, rig: Rig) => Promise<void>,
): PathTests => ({
  'passes a message of the limit, and refuses one byte more': (rig) =>
    bothWays(rig, async (from, to) => {
      const largest = rig.figures.largest as number;
      from.send('x'.repeat(largest));
      assert.is(await to.next(), `text "${'x'.repeat(largest)}"`);
      from.send('x'.repeat(largest + 1));
      await expect(from, to, rig);
    }),
});

/** Expects an idle timeout to end a silent connection in this way, for both ends. */
const cutsIdle = (how: string): PathTests => ({
  'cuts a silent connection': async ({ connect, figures }) => {
    const { client, server } = await connect();
    await expectCut(client, how, figures.idleMs as number);
    assert.is(await server.next(), how);
  },
  'is kept by pings of either end': async ({ connect, figures }) => {
    for (const way of ['client', 'server'] as const) {
      const connection: Connection = await connect();
      const back = way === 'client' ? 'server' : 'client';
      await ping(connection[way], connection[back], 5, figures.idleMs as number);
      await expectEcho(connection);
    }
  },
});

/** Expects a busy connection to be cut. */
const cutsBusy = (how: string): PathTests => ({
  'cuts a busy connection': async ({ connect, figures }) => {
    const { client, server } = await connect();
    const write = (): void => client.send('busy');
    await expectCutDespite(write, [client, server], how, figures.lifetimeMs as number);
  },
});

const CUT = 'close 1001 cut by the path';

pathSuites(ownPaths, {
  transparent: {
    ...passesAll,
    'passes fragments, pings, FIN and RST as they came': (rig) =>
      bothWays(rig, async (from, to) => {
        sendFragments(from);
        assert.equal(await framesOf(to, 3), ['1 Hello …', '9 p', '0  0']);
        from.reset();
        assert.is(await to.next(), 'reset');
        const { client, server } = await rig.connect();
        client.fin();
        assert.is(await server.next(), 'fin');
      }),
  },
  blackHole: {
    'accepts, and forwards nothing': async (rig) => {
      const answers: string[] = [];
      const note = (what: unknown): unknown => answers.push(String(what));
      rig.dial().then(note, () => {});
      // The far end gets the request of another path first, and nobody gets an answer but its client.
      await expectSilence(rig);
      assert.equal(answers, []);
    },
  },
  holeAfterHandshake: {
    'opens, and then passes neither frames nor the end of TCP': async (rig) => {
      const { client, server } = await rig.connect();
      client.send('lost');
      client.fin();
      server.send('lost, too');
      await expectSilence(rig, client, server);
    },
  },
  fragmentsJoined: {
    'passes a message as one frame, and the ping before it': (rig) =>
      bothWays(rig, async (from, to) => {
        sendFragments(from);
        assert.equal(await framesOf(to, 2), ['9 p', '1 Hello 0']);
      }),
  },
  fragmentsSplit: {
    'passes a frame as fragments, and control frames whole': (rig) =>
      bothWays(rig, async (from, to) => {
        from.send('Hello 0');
        from.write({ opcode: OPCODE.ping, payload: 'not split' });
        assert.equal(await framesOf(to, 3), ['1 Hell …', '0 o 0', '9 not split']);
      }),
  },
  closeEaten: {
    'ends TCP in place of a Close frame, at both ends': (rig) =>
      bothWays(rig, async (from, to) => {
        from.close(1000);
        assert.is(await to.next(), 'fin');
        assert.is(await from.next(), 'fin');
      }),
  },
  closeReplaced: {
    'passes another code, without the reason': (rig) =>
      bothWays(rig, async (from, to) => {
        from.close(4001, 'enough');
        assert.is(await to.next(), 'close 1000');
      }),
  },
  pingsAnswered: {
    'answers a ping, which the other end never sees': (rig) =>
      bothWays(rig, async (from, to) => {
        await expectDropped(OPCODE.ping)(from, to);
        assert.equal(await framesOf(from, 1), ['10 lost']);
      }),
  },
  pingsDropped: { 'loses pings alone': (rig) => bothWays(rig, expectDropped(OPCODE.ping)) },
  pongsDropped: { 'loses pongs alone': (rig) => bothWays(rig, expectDropped(OPCODE.pong)) },
  toServerDropped: losesFrames('toServer'),
  toClientDropped: losesFrames('toClient'),
  toServerFlipped: flips('toServer'),
  toClientFlipped: flips('toClient'),
  compressionStripped: {
    ...passesAll,
    'removes the offer': async ({ connect }) => {
      const { request } = await connect([
        'sec-websocket-extensions: permessage-deflate',
        'Origin: http://localhost',
      ]);
      assert.not.match(request.join('\n'), /extensions/i);
      assert.ok(request.includes('Origin: http://localhost'));
    },
  },
  headersAdded: {
    ...passesAll,
    'tells the far end of a way that it made up': async ({ connect }) => {
      const { request } = await connect();
      assert.ok(request.includes('Via: 1.1 middle'));
      assert.ok(request.includes('X-Forwarded-For: 192.0.2.1'));
    },
  },
  originRemoved: {
    'removes the header': async ({ connect }) => {
      const { request } = await connect(['Origin: http://localhost']);
      assert.not.match(request.join('\n'), /origin/i);
    },
  },
  subprotocolRemoved: {
    'removes the header': async ({ connect }) => {
      const { request } = await connect(['Sec-WebSocket-Protocol: one, two']);
      assert.not.match(request.join('\n'), /protocol/i);
    },
  },
  trickled: {
    ...passesAll,
    'brings every byte in a segment of its own': async ({ connect }) => {
      const { client, server } = await connect();
      const sizes: number[] = [];
      client.socket.on('data', (chunk) => sizes.push(chunk.length));
      server.send('Hello 0');
      assert.is(await client.next(), 'text "Hello 0"');
      assert.ok(sizes.length > 1, `the frame came in ${sizes.length} pieces`);
    },
  },
  heldBack: {
    'brings a small message late, and a large one at once': (rig) =>
      bothWays(rig, async (from, to) => {
        from.send('small');
        await expectCut(to, 'text "small"', rig.figures.heldMs as number);
        const began = performance.now();
        from.send('x'.repeat(2_000));
        await to.next();
        assert.ok(performance.now() - began < (rig.figures.heldMs as number));
      }),
  },
  limitByClose: refusesLarge(async (from, to) => {
    assert.is(await from.next(), 'close 1009 too big for the path');
    assert.is(await to.next(), 'fin');
  }),
  limitByReset: refusesLarge(async (from, to) => {
    assert.is(await from.next(), 'reset');
    assert.is(await to.next(), 'reset');
  }),
  limitBySilence: refusesLarge(async (from, to, rig) => {
    from.send('lost');
    from.fin();
    await expectSilence(rig, from, to);
  }),
  idleByFin: cutsIdle('fin'),
  idleByReset: cutsIdle('reset'),
  idleByClose: cutsIdle(CUT),
  idleBySilence: {
    'becomes a black hole when a path of the same timeout is cut': async (rig) => {
      const { client, server } = await rig.connect();
      const witness = await connectThrough(
        await ownPaths.idleByFin.open(rig.far.port, rig.context),
        rig.far,
        rig.context,
      );
      assert.is(await witness.client.next(), 'fin');
      client.send('lost');
      server.send('lost, too');
      await expectSilence(rig, client, server);
    },
  },
  idleDespitePings: {
    'cuts a connection on which the client pings': async ({ connect, figures }) => {
      const { client, server } = await connect();
      const write = (): void => client.write({ opcode: OPCODE.ping });
      await expectCutDespite(write, [client, server], 'fin', figures.idleMs as number);
    },
    'is kept by messages': async ({ connect, figures }) => {
      const connection = await connect();
      await repeat(5, figures.idleMs as number, () => expectEcho(connection));
    },
  },
  idleToClient: {
    'cuts a connection on which only the client speaks': async ({ connect, figures }) => {
      const { client, server } = await connect();
      const write = (): void => client.send('busy');
      await expectCutDespite(write, [client, server], 'fin', figures.idleMs as number);
    },
    'is kept by pings of the server': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.server, connection.client, 5, figures.idleMs as number);
      await expectEcho(connection);
    },
  },
  lifetimeByFin: cutsBusy('fin'),
  lifetimeByClose: cutsBusy(CUT),
});
