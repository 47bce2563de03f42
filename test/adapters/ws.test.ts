/**
 * Both sessions on real `ws` sockets, against each other and against peers worked by hand. Which facts
 * the adapter owes stands in the contract; here stands what needs a machine, or is particular to `ws`.
 */
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { ANNOUNCEMENT_LINE } from '../../adapters/announcement.js';
import { dial, echo, holdReading, requestStop, speak } from '../../adapters/ws.js';
import type { SessionOutput } from '../../machines/index.js';
import { closeFrame, frame, OPCODE } from '../support/frames.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { endOf, startClient, startServer } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';
import { withoutPhases } from '../support/transcripts.js';

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
  await session.reaches('= conversing.awaitingMessage');
  return { session, peer };
}

suite('sessions on ws sockets', (test) => {
  test('hold the conversation of the book with each other', async (context) => {
    const server = await startServer(context);
    const client = startClient(server.url, context);
    const session = await server.next();
    for (const output of [await client.output, await session.output] as SessionOutput[]) {
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
      '= conversing.sending',
      '> socket.send "Hello 0"',
      '< socket.sent',
      '= conversing.awaitingReply',
      '< socket.received "Hello 0"',
      '= conversing.sending',
      '> socket.send "Hello 1"',
      '< socket.sent',
    ]);
    const { host } = new URL(server.url);
    assert.equal(client.lines.slice(0, 12).map(withoutPhases), [
      '= connecting',
      `< socket.attempted tcp ${host}`,
      `< socket.attempted upgrade ${host}`,
      '< socket.opened',
      '= opened',
      '> socket.handOver',
      '= conversing.awaitingMessage',
      '< socket.received "Hello 0"',
      '= conversing.replying',
      '> socket.send "Hello 0"',
      '< socket.sent',
      '= conversing.awaitingMessage',
    ]);
  });

  test('send and return bytes as bytes', async (context) => {
    const settings = { rounds: 2, binary: true, strict: true };
    const server = await startServer(context, { settings });
    const client = startClient(server.url, context);
    assert.is((await client.output).outcome, 'done');
    assert.is((await (await server.next()).output).outcome, 'done');
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

  test('count silence from the last bytes, a ping among them, and not from the last message', async (context) => {
    let now = 0;
    mock.method(performance, 'now', () => now);
    context.after(() => mock.restoreAll());
    const { session, peer } = await serverAndPeer(context, ONE_ROUND);
    const pinged = once(session.ws, 'ping');
    now = 5_000;
    peer.write({ opcode: OPCODE.ping, payload: '' });
    await pinged;
    now = 7_000;
    peer.fin();
    assert.is((await session.output).end?.silence, 2_000);
  });

  test('count silence up to a Close frame, and none where a message is in the same bytes', async (context) => {
    let now = 0;
    mock.method(performance, 'now', () => now);
    context.after(() => mock.restoreAll());
    const first = await serverAndPeer(context, ONE_ROUND);
    now = 3_000;
    first.peer.close(1000);
    assert.is((await first.session.output).end?.silence, 3_000);
    const second = await serverAndPeer(context, ONE_ROUND);
    now = 6_000;
    const { masked } = second.peer;
    second.peer.socket.write(
      Buffer.concat([
        frame({ masked, opcode: OPCODE.text, payload: 'Hello 0' }),
        closeFrame(masked, 1000),
      ]),
    );
    assert.is((await second.session.output).end?.silence, 0);
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

  test('of the client return a burst in order, and end with it', async (context) => {
    const { session, peer } = await clientAndPeer(context);
    for (let n = 0; n < 500; n++) peer.send(`message ${n}`);
    peer.close(1000);
    for (let n = 0; n < 500; n++) assert.is(await peer.next(), `text "message ${n}"`);
    assert.is((await session.output).outcome, 'done');
  });

  test('of the server take a FIN for an error where the client says that it sends Close frames', async (context) => {
    const server = await startServer(context, ONE_ROUND);
    const peer = await rawClient(server.url, context, undefined, [ANNOUNCEMENT_LINE]);
    const session = await server.next();
    peer.send('Hello 0');
    await session.reaches('= leaving.closing');
    peer.fin();
    assert.is((await session.output).fault?.code, 'ERR_NO_CLOSE_FRAME');
  });

  // --------------------------------------------------------------------------------- deadlines

  test('of the server give a silent peer its deadlines, one after the other', async (context) => {
    const clock = new SimulatedClock();
    const { session, peer } = await serverAndPeer(context, { clock });
    await session.reaches('= conversing.awaitingReply');
    clock.increment(29_999);
    assert.equal(session.actor.getSnapshot().value, { conversing: 'awaitingReply' });
    clock.increment(1);
    assert.is(await peer.next(), 'close 1008 ERR_REPLY_TIMEOUT');
    clock.increment(4_999);
    assert.equal(session.actor.getSnapshot().value, { leaving: 'rejecting' });
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
    const settings = { message: 'x'.repeat(16 * 1024 * 1024), rounds: 2 };
    const server = await startServer(context, { settings, clock });
    const peer = await rawClient(server.url, context);
    peer.socket.pause();
    const session = await server.next();
    clock.increment(30_000);
    assert.equal(session.actor.getSnapshot().value, { leaving: 'rejecting' });
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
    assert.equal((await session.actor).getSnapshot().value, { leaving: 'rejecting' });
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
    requestStop(session.opening);
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
      const { output } = startClient(server.url, context, { session: settings });
      assert.is((await output).fault?.code, 'ERR_MISUSE');
    });
  }

  test('of which there is no socket can be held all the same', () => {
    holdReading(dial('nonsense', () => {}))();
  });

  test('end in error when the socket refuses a command by throwing', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    await once(ws, 'open');
    ws.send = () => {
      throw new TypeError('no such data');
    };
    const actor = speak(ws);
    actor.start();
    assert.equal(actor.getSnapshot().output?.fault, {
      blame: 'local',
      code: 'ERR_MISUSE',
      expected: 'options and payloads that ws takes',
      came: 'it refused (no such data)',
      remedy: 'mend them',
      message:
        'expected options and payloads that ws takes, but it refused (no such data): mend them',
      fact: 'socket.failed',
      unwritten: true,
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

  test('end in error when their options are null', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    await once(ws, 'open');
    const actor = speak(ws, null as unknown as object).start();
    assert.is(actor.getSnapshot().output?.fault?.came, 'they are null');
  });

  test('end in error when the socket is still connecting', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    context.after(() => ws.terminate());
    ws.on('error', () => {});
    const actor = echo(ws).start();
    assert.is(actor.getSnapshot().output?.fault?.came, 'it was still connecting');
  });

  test('end in error when the socket is closed before they begin', async (context) => {
    const server = await startServer(context);
    const ws = new WebSocket(server.url);
    await once(ws, 'open');
    ws.terminate();
    await once(ws, 'close');
    const actor = speak(ws).start();
    assert.is(actor.getSnapshot().output?.fault?.code, 'ERR_MISUSE');
  });
});
