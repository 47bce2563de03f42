/** Both sessions on real `ws` sockets, against each other and against peers worked by hand. */
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { ANNOUNCEMENT_LINE } from '../../adapters/announcement.js';
import { accept, dial, holdReading, requestStop } from '../../adapters/ws.js';
import { frame, OPCODE } from '../support/frames.js';
import { holdingServer, type RawPeer, rawClient, rawServer } from '../support/rawPeer.js';
import { endOf, startClient, startServer } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

const ONE_ROUND = { settings: { rounds: 1 } };

/** A server session with a peer worked by hand, which has had the first message. */
async function serverAndPeer(
  context: TestContext,
  options: Parameters<typeof startServer>[1] = {},
) {
  const server = await startServer(context, options);
  const peer = await rawClient(server.url, context);
  const session = await server.next();
  assert.is(await peer.next(), 'text "Hello 0"');
  return { session, peer };
}

/** A client session with a peer worked by hand, and the socket open. */
async function clientAndPeer(
  context: TestContext,
  options: Parameters<typeof startClient>[2] = {},
) {
  const server = await rawServer(context);
  const session = startClient(server.url, context, options);
  const peer = await server.peer;
  await session.reaches('= awaitingMessage');
  return { session, peer };
}

suite('sessions on ws sockets', (test) => {
  test('hold the conversation of the book with each other', async (context) => {
    const server = await startServer(context);
    const client = startClient(server.url, context);
    const session = await server.next();
    for (const output of [await client.output, await session.output]) {
      assert.equal(
        { ...output, end: endOf(output) },
        {
          outcome: 'done',
          exchanges: 10,
          mismatches: 0,
          end: { closeFrame: true, code: 1000, reason: '' },
          fault: null,
        },
      );
    }
    assert.equal(session.lines.slice(0, 8), [
      '= sending',
      '> socket.send "Hello 0"',
      '< socket.sent',
      '= awaitingReply',
      '< socket.received "Hello 0"',
      '= sending',
      '> socket.send "Hello 1"',
      '< socket.sent',
    ]);
    const { host } = new URL(server.url);
    assert.equal(client.lines.slice(0, 10), [
      '= connecting',
      `< socket.reached tcp ${host}`,
      `< socket.reached upgrade ${host}`,
      '< socket.opened',
      '= awaitingMessage',
      '< socket.received "Hello 0"',
      '= replying',
      '> socket.send "Hello 0"',
      '< socket.sent',
      '= awaitingMessage',
    ]);
  });

  test('send and return bytes as bytes', async (context) => {
    const settings = { rounds: 2, binary: true, strict: true };
    const server = await startServer(context, { settings });
    const client = startClient(server.url, context);
    assert.is((await client.output).exchanges, 2);
    assert.is((await (await server.next()).output).outcome, 'done');
  });

  test('of the server answer its peer whatever the segments', async (context) => {
    // A frame in the handshake's own segment: the reply comes before the message was sent.
    const server = await startServer(context, ONE_ROUND);
    const early = frame({ opcode: OPCODE.text, payload: 'Hello 0', masked: true });
    const peer = await rawClient(server.url, context, early);
    assert.is(await peer.next(), 'text "Hello 0"');
    assert.is(await peer.next(), 'close 1000');
    peer.close(1000);
    assert.is((await (await server.next()).output).outcome, 'done');
  });

  test('of the client take a message in the segment of the handshake', async (context) => {
    const server = await rawServer(
      context,
      frame({ opcode: OPCODE.text, payload: 'hello', masked: false }),
    );
    const client = startClient(server.url, context);
    const peer = await server.peer;
    assert.is(await peer.next(), 'text "hello"');
    peer.close(1000);
    assert.is((await client.output).exchanges, 1);
  });

  test('answer more pings in one segment than ws would by itself', async (context) => {
    const { session, peer } = await clientAndPeer(context);
    const ping = frame({ opcode: OPCODE.ping, masked: false });
    peer.socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => ping)));
    for (let n = 0; n < 2_000; n++) assert.is(await peer.next(), 'opcode 10 ');
    peer.close(1000);
    assert.is((await session.output).outcome, 'done');
  });

  test('end the receiver of ws once, not again with the stream and with the socket', async (context) => {
    const { session, peer } = await serverAndPeer(context, ONE_ROUND);
    const end = mock.method(Writable.prototype, 'end');
    context.after(() => mock.restoreAll());
    const gone = once(session.ws, 'close');
    peer.send('Hello 0');
    assert.is(await peer.next(), 'close 1000');
    peer.close(1000);
    await gone;
    const ended = end.mock.calls.map((call) => call.this?.constructor.name);
    assert.equal(
      ended.filter((name) => name === 'Receiver'),
      ['Receiver'],
    );
  });

  test('read nothing while somebody holds them', async (context) => {
    const { session, peer } = await serverAndPeer(context, { settings: { rounds: 2 } });
    const release = [holdReading(session.actor), holdReading(session.actor)];
    peer.send('Hello 0');
    release[0]?.();
    assert.is(session.ws.isPaused, true);
    release[1]?.();
    assert.is(session.ws.isPaused, false);
    assert.is(await peer.next(), 'text "Hello 1"');
    holdReading(session.actor);
    requestStop(session.actor);
    assert.is(session.ws.isPaused, false);
  });

  test('of the client read nothing while somebody has held them since before they opened', async (context) => {
    const server = await rawServer(context);
    const session = startClient(server.url, context);
    const release = holdReading(session.actor);
    const opened = new Promise((resolve) => session.actor.on('session.started', resolve));
    const received: unknown[] = [];
    session.actor.on('session.received', () => received.push('a message'));
    const peer = await server.peer;
    peer.send('hello');
    await opened;
    assert.equal(received, []);
    release();
    assert.is(await peer.next(), 'text "hello"');
    peer.close(1000);
    assert.is((await session.output).outcome, 'done');
  });

  test('of the client return a burst in order, and end with it', async (context) => {
    const { session, peer } = await clientAndPeer(context);
    for (let n = 0; n < 500; n++) peer.send(`message ${n}`);
    peer.close(1000);
    for (let n = 0; n < 500; n++) assert.is(await peer.next(), `text "message ${n}"`);
    assert.is((await session.output).outcome, 'done');
  });

  // --------------------------------------------------------------- the end, as the wire shows it

  const ends: [string, (peer: RawPeer) => void, object][] = [
    [
      'a Close frame 1000',
      (peer) => peer.close(1000, 'bye'),
      { outcome: 'done', end: { closeFrame: true, code: 1000, reason: 'bye' }, fault: undefined },
    ],
    [
      'a Close frame 1001',
      (peer) => peer.close(1001),
      { outcome: 'done', end: { closeFrame: true, code: 1001, reason: '' }, fault: undefined },
    ],
    [
      'a Close frame without a code',
      (peer) => peer.close(),
      { outcome: 'done', end: { closeFrame: true, code: 1005, reason: '' }, fault: undefined },
    ],
    [
      'a FIN between messages',
      (peer) => peer.fin(),
      { outcome: 'done', end: { closeFrame: false, code: 1006, reason: '' }, fault: undefined },
    ],
    [
      'a FIN behind whole messages and a ping',
      (peer) => {
        peer.send('one');
        peer.write({ opcode: OPCODE.ping });
        peer.fin();
      },
      { outcome: 'done', end: { closeFrame: false, code: 1006, reason: '' }, fault: undefined },
    ],
    [
      'a FIN inside the head of a frame',
      (peer) => {
        peer.socket.write(Buffer.of(0x81));
        peer.fin();
      },
      { outcome: 'error', end: null, fault: 'ERR_TRUNCATED' },
    ],
    [
      'a FIN inside the payload of a frame',
      (peer) => {
        peer.socket.write(Buffer.from('810568656c', 'hex'));
        peer.fin();
      },
      { outcome: 'error', end: null, fault: 'ERR_TRUNCATED' },
    ],
    [
      'a FIN between two frames of one message',
      (peer) => {
        peer.write({ opcode: OPCODE.text, payload: 'half', fin: false });
        peer.fin();
      },
      { outcome: 'error', end: null, fault: 'ERR_TRUNCATED' },
    ],
    [
      'a Close frame with another code',
      (peer) => peer.close(4001, 'no more'),
      { outcome: 'error', end: null, fault: 'ERR_PEER_CLOSED' },
    ],
    ['a reset', (peer) => peer.reset(), { outcome: 'error', end: null, fault: 'ERR_TRANSPORT' }],
  ];

  test('of the client take a FIN for an error where the server says that it sends Close frames', async (context) => {
    const server = await holdingServer(context);
    const session = startClient(server.url, context);
    const { open } = await server.connection;
    open(undefined, [ANNOUNCEMENT_LINE]).fin();
    assert.is((await session.output).fault?.code, 'ERR_NO_CLOSE_FRAME');
  });

  test('of the server take a FIN for an error where the client says that it sends Close frames', async (context) => {
    const server = await startServer(context, ONE_ROUND);
    const peer = await rawClient(server.url, context, undefined, [ANNOUNCEMENT_LINE]);
    const session = await server.next();
    peer.send('Hello 0');
    await session.reaches('= closing');
    peer.fin();
    assert.is((await session.output).fault?.code, 'ERR_NO_CLOSE_FRAME');
  });

  test('tell for how long no message had gone either way when the stream ends', async (context) => {
    const now = mock.method(performance, 'now');
    context.after(() => mock.restoreAll());
    const { session, peer } = await clientAndPeer(context);
    now.mock.mockImplementation(() => 5_000);
    peer.send('one');
    assert.is(await peer.next(), 'text "one"');
    now.mock.mockImplementation(() => 65_250);
    peer.fin();
    assert.is((await session.output).end?.silence, 60_250);
  });

  for (const [name, leave, expected] of ends) {
    test(`of the client take ${name} for what it is`, async (context) => {
      const { session, peer } = await clientAndPeer(context);
      leave(peer);
      const output = await session.output;
      const { outcome, fault } = output;
      assert.equal({ outcome, end: endOf(output), fault: fault?.code }, expected);
    });

    test(`of the server take ${name} in place of a reply for an error`, async (context) => {
      const { session, peer } = await serverAndPeer(context);
      leave(peer);
      assert.is((await session.output).outcome, 'error');
    });

    test(`of the server are done however the peer leaves: ${name}`, async (context) => {
      const { session, peer } = await serverAndPeer(context, ONE_ROUND);
      peer.send('Hello 0');
      assert.is(await peer.next(), 'close 1000');
      leave(peer);
      assert.is((await session.output).outcome, 'done');
    });
  }

  test('of the client are done with the Close frame, even if the server keeps TCP open', async (context) => {
    const { session, peer } = await clientAndPeer(context, { settings: { closeTimeout: 10 } });
    peer.isPolite = false;
    peer.close(1000);
    assert.is(await peer.next(), 'close 1000');
    assert.is((await session.output).outcome, 'done');
  });

  // ------------------------------------------------------------------------------ broken rules

  const wrongs: [string, (peer: RawPeer, masked: boolean) => void, string, number][] = [
    ['a message over the limit', (peer) => peer.send('x'.repeat(101)), 'ERR_TOO_BIG', 1009],
    [
      'fragments over the limit together',
      (peer) => {
        peer.write({ opcode: OPCODE.text, payload: 'x'.repeat(60), fin: false });
        peer.write({ opcode: OPCODE.continuation, payload: 'x'.repeat(60) });
      },
      'ERR_TOO_BIG',
      1009,
    ],
    [
      'text that is not UTF-8',
      (peer) => peer.write({ opcode: OPCODE.text, payload: Buffer.of(0xff) }),
      'ERR_INVALID_TEXT',
      1007,
    ],
    [
      'a frame masked the wrong way',
      (peer, masked) => peer.write({ opcode: OPCODE.text, payload: 'x', masked: !masked }),
      'ERR_PROTOCOL',
      1002,
    ],
    [
      'a frame with a reserved bit',
      (peer) => peer.write({ opcode: OPCODE.text, payload: 'x', reserved: 4 }),
      'ERR_PROTOCOL',
      1002,
    ],
  ];

  for (const [name, misbehave, code, closeCode] of wrongs) {
    const ws = { maxPayload: 100 };

    test(`of the server answer ${name} with ${closeCode}`, async (context) => {
      const { session, peer } = await serverAndPeer(context, ws);
      misbehave(peer, true);
      assert.is(await peer.next(), `close ${closeCode}`);
      assert.is(await peer.next(), 'fin');
      peer.fin();
      assert.is((await session.output).fault?.code, code);
    });

    test(`of the client answer ${name} with ${closeCode}`, async (context) => {
      const { session, peer } = await clientAndPeer(context, { ws });
      misbehave(peer, false);
      assert.is(await peer.next(), `close ${closeCode}`);
      peer.fin();
      assert.is((await session.output).fault?.code, code);
    });
  }

  // --------------------------------------------------------------------------------- deadlines

  test('of the server give a silent peer its deadlines, one after the other', async (context) => {
    const clock = new SimulatedClock();
    const { session, peer } = await serverAndPeer(context, { clock });
    await session.reaches('= awaitingReply');
    clock.increment(29_999);
    assert.is(session.actor.getSnapshot().value, 'awaitingReply');
    clock.increment(1);
    assert.is(await peer.next(), 'close 1008 ERR_REPLY_TIMEOUT');
    clock.increment(4_999);
    assert.is(session.actor.getSnapshot().value, 'rejecting');
    clock.increment(1);
    assert.is((await session.output).fault?.code, 'ERR_REPLY_TIMEOUT');
    assert.is(await peer.next(), 'fin');
  });

  test('of the client give up a server that never finishes the handshake', async (context) => {
    const clock = new SimulatedClock();
    const server = await rawServer(context);
    const session = startClient(server.url, context, { clock });
    clock.increment(10_000);
    assert.is((await session.output).fault?.code, 'ERR_CONNECT_TIMEOUT');
  });

  test('of the server give up a peer that reads nothing, and cut it', async (context) => {
    const clock = new SimulatedClock();
    const settings = { message: 'x'.repeat(64 * 1024 * 1024), rounds: 2 };
    const server = await startServer(context, { settings, clock });
    const peer = await rawClient(server.url, context);
    peer.socket.pause();
    const session = await server.next();
    clock.increment(30_000);
    assert.is(session.actor.getSnapshot().value, 'rejecting');
    clock.increment(5_000);
    assert.is((await session.output).fault?.code, 'ERR_SEND_TIMEOUT');
  });

  test('of the client stop reading a peer that reads nothing, and cut it', async (context) => {
    const clock = new SimulatedClock();
    const server = await rawServer(context);
    const session = startClient(server.url, context, { clock });
    const peer = await server.peer;
    peer.socket.pause();
    const { pause } = WebSocket.prototype;
    const paused = new Promise<WebSocket>((resolve) => {
      mock.method(WebSocket.prototype, 'pause', function (this: WebSocket) {
        pause.call(this);
        resolve(this);
      });
    });
    context.after(() => mock.restoreAll());
    const message = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 64; n++) peer.send(message);
    const ws = await paused;
    assert.ok(ws.bufferedAmount < 4 * 1024 * 1024, `${ws.bufferedAmount} bytes wait`);
    clock.increment(30_000);
    assert.is(session.actor.getSnapshot().value, 'rejecting');
    assert.is(ws.isPaused, false);
    clock.increment(5_000);
    assert.is((await session.output).fault?.code, 'ERR_SEND_TIMEOUT');
  });

  // ------------------------------------------------------------------------------------- stops

  test('say 1001 when the application stops them', async (context) => {
    const { session, peer } = await serverAndPeer(context);
    requestStop(session.actor);
    assert.is(await peer.next(), 'close 1001');
    peer.close(1001);
    assert.is((await session.output).outcome, 'stopped');
    requestStop(session.actor);
    assert.is(session.lines.at(-1), '= stopped');
  });

  test('of the client stop before the socket opens', async (context) => {
    const server = await rawServer(context);
    const session = startClient(server.url, context);
    requestStop(session.actor);
    assert.is((await session.output).outcome, 'stopped');
  });

  // ------------------------------------------------------------------------------------ misuse

  for (const url of ['nonsense', 'http://localhost/', 'ws://localhost/#part']) {
    test(`of the client end in error, and throw nothing, when told to dial ${url}`, async (context) => {
      const { outcome, fault } = await startClient(url, context).output;
      assert.equal([outcome, fault?.code, fault?.blame], ['error', 'ERR_MISUSE', 'local']);
    });
  }

  test('read again only when every hold is released, however often one is', async (context) => {
    const { session } = await serverAndPeer(context);
    const [first, second] = [holdReading(session.actor), holdReading(session.actor)];
    first();
    first();
    assert.ok(session.ws.isPaused);
    second();
    assert.not.ok(session.ws.isPaused);
  });

  for (const settings of [null, 7, { rounds: -1 }, { message: { base64: '%%%' } }] as object[]) {
    test(`of the server end in error, and close with 1011, with ${JSON.stringify(settings)}`, async (context) => {
      const server = await startServer(context, { settings });
      const peer = await rawClient(server.url, context, undefined, [ANNOUNCEMENT_LINE]);
      assert.is(await peer.next(), 'close 1011 ERR_MISUSE');
      peer.close(1011);
      assert.is((await (await server.next()).output).fault?.code, 'ERR_MISUSE');
    });
  }

  for (const settings of [null, { closeTimeout: Number.NaN }] as object[]) {
    test(`of the client end in error, and throw nothing, with ${JSON.stringify(settings)}`, async (context) => {
      const server = await startServer(context);
      const { output } = startClient(server.url, context, { settings });
      assert.is((await output).fault?.code, 'ERR_MISUSE');
    });
  }

  test('of which there is no socket can be held all the same', () => {
    holdReading(dial('nonsense'))();
  });

  test('end in error when the socket refuses a command by throwing', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    await once(ws, 'open');
    ws.send = () => {
      throw new TypeError('no such data');
    };
    const actor = accept(ws);
    actor.start();
    assert.equal(actor.getSnapshot().output?.fault, {
      blame: 'local',
      code: 'ERR_MISUSE',
      expected: 'options and payloads that ws takes',
      came: 'it refused (no such data)',
      remedy: 'mend them',
      message:
        'expected options and payloads that ws takes, but it refused (no such data): mend them',
      state: 'sending',
      fact: 'socket.failed',
    });
  });

  test('end in error when what is thrown is no error', async (context) => {
    const { session, peer } = await serverAndPeer(context);
    session.ws.send = () => {
      throw 'no such data';
    };
    peer.send('Hello 0');
    assert.is((await session.output).fault?.came, 'it refused (no such data)');
  });

  test('end in error when the socket is closed before they begin', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    await once(ws, 'open');
    ws.terminate();
    await once(ws, 'close');
    const actor = accept(ws).start();
    assert.is(actor.getSnapshot().output?.fault?.code, 'ERR_MISUSE');
  });
});
