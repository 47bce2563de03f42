/** What proxies of our own do to heads and frames, by plain means. */
import * as assert from 'uvu/assert';
import { OPCODE } from '../support/frames.js';
import type { RawPeer } from '../support/rawPeer.js';
import { bothWays, expectSilence, passesAll } from './expect.js';
import { type PathTests, pathSuites, type Rig } from './pathSuite.js';
import { framePaths } from './paths.js';

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

/** Expects the path to drop a frame, and to pass the message behind it. */
const expectDropped =
  (opcode: number) =>
  async (from: RawPeer, to: RawPeer): Promise<void> => {
    from.write({ opcode, payload: 'lost' });
    from.send('kept');
    assert.is(await to.next(), 'text "kept"');
  };

/** Expects one direction to lose all frames. The other direction and the end of TCP pass. */
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

/** Expects a message of the limit to pass. `expect` looks at the end of a message with one byte more. */
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

pathSuites(framePaths, {
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
  originReplaced: {
    'leaves the header with another value': async ({ connect }) => {
      const { request } = await connect(['origin: http://localhost']);
      assert.equal(
        request.filter((line) => /^origin/i.test(line)),
        ['Origin: http://inner.example'],
      );
    },
  },
  subprotocolRemoved: {
    'removes the header': async ({ connect }) => {
      const { request } = await connect(['Sec-WebSocket-Protocol: one, two']);
      assert.not.match(request.join('\n'), /protocol/i);
    },
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
});
