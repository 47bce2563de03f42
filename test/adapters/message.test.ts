import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { Message, MessageError, messages, QUEUE_MESSAGES } from '../../adapters/message.js';
import type { Payload } from '../../machines/index.js';
import { OPCODE } from '../support/frames.js';
import { rawServer } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';
import { withoutSilence } from '../support/transcripts.js';

/** Both ends of an open connection. */
async function pair({ after }: TestContext): Promise<{ here: WebSocket; there: WebSocket }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const here = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  after(() => {
    here.terminate();
    server.close();
  });
  const [there] = (await once(server, 'connection')) as [WebSocket];
  after(() => there.terminate());
  if (here.readyState !== WebSocket.OPEN) await once(here, 'open');
  return { here, there };
}

/** A client socket whose server is worked by hand. */
async function withRawPeer(context: TestContext) {
  const server = await rawServer(context);
  const ws = new WebSocket(server.url);
  context.after(() => ws.terminate());
  // Takes over the messages before the first can come.
  const first = Message.receive(ws);
  // A test that does not ask for it lets it fail when the socket is cut at the end.
  first.catch(() => {});
  const peer = await server.peer;
  if (ws.readyState !== WebSocket.OPEN) await once(ws, 'open');
  return { ws, peer, first };
}

async function failureOf(promise: Promise<unknown>): Promise<MessageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
  throw new Error('expected a MessageError');
}

const PAYLOADS: [string, Payload][] = [
  ['empty text', ''],
  ['text', 'Hello 0'],
  ['text of every width in UTF-8', 'aé€😀'],
  ['a NUL', '\0'],
  ['empty bytes', new Uint8Array()],
  ['every byte', Uint8Array.from({ length: 256 }, (_, n) => n)],
  ['70,000 characters', 'é'.repeat(70_000)],
  ['1 MiB of bytes', new Uint8Array(2 ** 20).fill(7)],
];

suite('whole messages', (test) => {
  for (const [name, payload] of PAYLOADS) {
    for (const frameSize of [undefined, 1_000, 7]) {
      if (frameSize === 7 && payload.length > 1_000) continue;
      const frames = frameSize === undefined ? 'one frame' : `frames of ${frameSize} bytes`;
      test(`of ${name} are received as they were sent, in ${frames}`, async (context) => {
        const { here, there } = await pair(context);
        await Message.send(here, payload, frameSize === undefined ? {} : { frameSize });
        const data = await Message.receive(there);
        assert.is(typeof data, typeof payload);
        assert.is(Buffer.compare(Buffer.from(data as string), Buffer.from(payload as string)), 0);
      });
    }
  }

  test('go out in frames of the size asked for', async (context) => {
    const { ws, peer } = await withRawPeer(context);
    await Message.send(ws, 'abcde', { frameSize: 2 });
    assert.is(await peer.next(), 'text "ab"');
    assert.is(await peer.next(), 'opcode 0 6364');
    assert.is(await peer.next(), 'opcode 0 65');
  });

  test('are received in order, sent in fragments and at once', async (context) => {
    const { here, there } = await pair(context);
    const texts = Array.from({ length: 50 }, (_, n) => `message ${n}`);
    await Promise.all(texts.map((text, n) => Message.send(here, text, { frameSize: n + 1 })));
    const received: Payload[] = [];
    for (const _ of texts) received.push(await Message.receive(there));
    assert.equal(received, texts);
  });

  test('are sent once a socket that still connects is open', async (context) => {
    const server = await rawServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    const sent = [Message.send(ws, 'first'), Message.send(ws, 'second')];
    const peer = await server.peer;
    await Promise.all(sent);
    assert.is(await peer.next(), 'text "first"');
    assert.is(await peer.next(), 'text "second"');
  });

  test('that wait for the opening go before those that do not', async (context) => {
    const server = await rawServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    ws.on('open', () => Message.send(ws, 'second'));
    await Message.send(ws, 'first');
    const peer = await server.peer;
    assert.is(await peer.next(), 'text "first"');
    assert.is(await peer.next(), 'text "second"');
  });

  test('are left to those who listen to the socket themselves', async (context) => {
    const { here, there } = await pair(context);
    let count = 0;
    there.on('message', () => count++);
    await Message.send(there, 'x');
    for (let n = 0; n < 5_000; n++) here.send('y');
    here.close(1000);
    await once(there, 'close');
    assert.is(count, 5_000);
  });

  test('are strings or bytes, and nothing else', async (context) => {
    const { here } = await pair(context);
    try {
      await Message.send(here, 5 as unknown as string);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, TypeError);
    }
  });

  test('are kept, in order, until somebody asks', async (context) => {
    const { ws, peer, first } = await withRawPeer(context);
    for (const text of ['a', 'b', 'c']) peer.send(text);
    peer.close(1000);
    await once(ws, 'close');
    assert.is(await first, 'a');
    assert.is(await Message.receive(ws), 'b');
    assert.is(await Message.receive(ws), 'c');
    assert.is((await failureOf(Message.receive(ws))).code, 'ERR_END_OF_STREAM');
  });

  test('pause the socket while too many wait, and lose none of them', async (context) => {
    const { here, there } = await pair(context);
    const first = Message.receive(there);
    const count = 200 * QUEUE_MESSAGES;
    const text = (n: number) => `message ${n}`;
    for (let n = 0; n < count; n++) here.send(text(n));
    assert.is(await first, text(0));
    while (!there.isPaused) await new Promise(setImmediate);
    for (let n = 1; n < count; n++) {
      const data = await Message.receive(there);
      if (data !== text(n)) assert.is(data, text(n));
    }
    assert.is(there.isPaused, false);
  }, 30_000);

  // ------------------------------------------------------------------------------- text, bytes

  test('of text are received as bytes only where the caller says so', async (context) => {
    const { here, there } = await pair(context);
    await Message.send(here, 'é');
    assert.equal([...(await Message.receive(there, 'bytes'))], [0xc3, 0xa9]);
  });

  test('of bytes are received as text only where the caller says so', async (context) => {
    const { here, there } = await pair(context);
    await Message.send(here, Uint8Array.of(0xc3, 0xa9));
    assert.is(await Message.receive(there, 'text'), 'é');
    await Message.send(here, 'é');
    assert.is(await Message.receive(there, 'text'), 'é');
    await Message.send(here, Uint8Array.of(7));
    assert.equal([...(await Message.receive(there, 'bytes'))], [7]);
  });

  test('of bytes that are not text stay next when asked for as text', async (context) => {
    const { here, there } = await pair(context);
    await Message.send(here, Uint8Array.of(0xff));
    const { code, message } = await failureOf(Message.receive(there, 'text'));
    assert.is(code, 'ERR_INVALID_TEXT');
    assert.is(message, 'expected text, but 1 bytes came that are not UTF-8: receive them as bytes');
    assert.equal([...((await Message.receive(there)) as Uint8Array)], [0xff]);
  });

  // ----------------------------------------------------------------------------------- the end

  test('end with the graceful end of the stream', async (context) => {
    const { here, there } = await pair(context);
    const all = (async () => {
      const received: Payload[] = [];
      for await (const message of messages(there)) received.push(message);
      return received;
    })();
    await Message.send(here, 'a');
    await Message.send(here, Uint8Array.of(1));
    here.close(1000);
    assert.equal((await all).map(String), ['a', '\u0001']);
  });

  test('end with a FIN between messages, as the peers of the book end them', async (context) => {
    const { peer, first } = await withRawPeer(context);
    peer.fin();
    const { code, blame } = await failureOf(first);
    assert.equal([code, blame], ['ERR_END_OF_STREAM', null]);
  });

  const failures: [
    string,
    (peer: Awaited<ReturnType<typeof withRawPeer>>['peer']) => void,
    string,
  ][] = [
    [
      'a FIN inside a message',
      (peer) => {
        peer.write({ opcode: OPCODE.text, payload: 'half', fin: false });
        peer.fin();
      },
      'ERR_TRUNCATED',
    ],
    ['a reset', (peer) => peer.reset(), 'ERR_TRANSPORT'],
    ['a close code that tells of trouble', (peer) => peer.close(1011), 'ERR_PEER_CLOSED'],
    [
      'text that is not UTF-8',
      (peer) => {
        peer.write({ opcode: OPCODE.text, payload: Buffer.of(0xff) });
        peer.fin();
      },
      'ERR_INVALID_TEXT',
    ],
  ];

  for (const [name, misbehave, expected] of failures) {
    test(`throw on ${name}`, async (context) => {
      const { ws, peer, first } = await withRawPeer(context);
      peer.send('whole');
      assert.is(await first, 'whole');
      const rest = (async () => {
        for await (const message of messages(ws)) assert.unreachable(String(message));
      })();
      misbehave(peer);
      assert.is((await failureOf(rest)).code, expected);
      assert.is((await failureOf(Message.receive(ws))).code, expected);
    });
  }

  test('are not sent on a socket that is closed', async (context) => {
    const { here, there } = await pair(context);
    const ended = failureOf(Message.receive(there));
    here.close(1000);
    await ended;
    const { code, message } = await failureOf(Message.send(there, 'late'));
    assert.is(code, 'ERR_TRANSPORT');
    assert.match(message, 'expected to write the message, but could not');
  });

  test('are not sent on a connection that broke, which the error names', async (context) => {
    const { ws, peer, first } = await withRawPeer(context);
    peer.reset();
    await failureOf(first);
    const { message } = await failureOf(Message.send(ws, 'late'));
    assert.is(
      withoutSilence(message),
      'expected the connection to last, but it broke (read ECONNRESET): see the path between the two ends',
    );
  });

  test('reject when the connection is refused', async () => {
    const ws = new WebSocket('ws://127.0.0.1:1/');
    const sent = failureOf(Message.send(ws, 'x'));
    const received = failureOf(Message.receive(ws));
    assert.equal([(await sent).code, (await received).code], ['ERR_CONNECT', 'ERR_CONNECT']);
  });

  test('reject on a socket that was closed before anybody asked', async (context) => {
    const { here, there } = await pair(context);
    const closed = once(there, 'close');
    here.close(1000);
    await closed;
    assert.is((await failureOf(Message.receive(there))).code, 'ERR_MISUSE');
  });

  test('reject a frame size that is not a whole number above 0', async (context) => {
    const { here } = await pair(context);
    for (const frameSize of [0, -1, 1.5, Number.NaN]) {
      try {
        await Message.send(here, 'x', { frameSize });
        assert.unreachable();
      } catch (error) {
        assert.instance(error, RangeError);
      }
    }
  });
});
