/** What the listener does with connections that are no sessions, and that no session notices. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { rawClient, readHead } from '../support/rawPeer.js';
import { startClient, startServer } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

async function dialTcp(url: string, { after }: TestContext): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function statusOf(url: string, context: TestContext, head: string): Promise<string> {
  const socket = await dialTcp(url, context);
  socket.write(head);
  return (await readHead(socket)).lines[0] ?? '';
}

/** The status line of the answer, and the headers that say what to do. */
async function answerTo(url: string, context: TestContext, head: string): Promise<string[]> {
  const socket = await dialTcp(url, context);
  socket.write(head);
  const { lines } = await readHead(socket);
  return lines.filter((line) => /^(HTTP|Upgrade|Allow|Retry-After|Sec-WebSocket)/.test(line));
}

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

suite('listener', (test) => {
  test('answers a plain HTTP request with 426, and in words', async (context) => {
    const { url } = await startServer(context);
    const answer = await fetch(url.replace('ws:', 'http:'));
    assert.is(answer.status, 426);
    assert.is(answer.headers.get('upgrade'), 'websocket');
    assert.is(
      await answer.text(),
      'This server expected a WebSocket handshake, but a GET request came without an Upgrade header.\n',
    );
  });

  test('answers a foreign origin with 403, and lets its own and programs in', async (context) => {
    const { url } = await startServer(context, { allowOrigins: ['https://App.example'] });
    const status = (origin: string) => statusOf(url, context, `${UPGRADE}${origin}\r\n`);
    assert.is(await status('Origin: https://evil.example\r\n'), 'HTTP/1.1 403 Forbidden');
    assert.is(await status('Origin: null\r\n'), 'HTTP/1.1 403 Forbidden');
    assert.is(await status('Origin: https://app.example\r\n'), 'HTTP/1.1 101 Switching Protocols');
    assert.is(await status(''), 'HTTP/1.1 101 Switching Protocols');
  });

  test('answers one session too many with 503, until another has ended', async (context) => {
    const server = await startServer(context, { maxSessions: 1 });
    const first = await rawClient(server.url, context);
    const status = () => statusOf(server.url, context, `${UPGRADE}\r\n`);
    assert.is(await status(), 'HTTP/1.1 503 Service Unavailable');
    const session = await server.next();
    first.fin();
    await session.output;
    assert.is(await status(), 'HTTP/1.1 101 Switching Protocols');
  });

  for (const [name, head] of [
    ['says nothing', ''],
    ['says half a handshake', UPGRADE],
    ['asks for a page and then keeps the connection', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Le'],
  ] as const) {
    test(`answers a connection that ${name} with 408 after connectTimeout, and closes`, async (context) => {
      const { url } = await startServer(context, { connectTimeout: 50 });
      const socket = await dialTcp(url, context);
      socket.write(head);
      assert.is((await readHead(socket)).lines[0], 'HTTP/1.1 408 Request Timeout');
      await once(socket, 'close');
    });
  }

  test('does not let one connection disturb another session', async (context) => {
    const server = await startServer(context);
    const client = startClient(server.url, context, {});
    const garbage = await dialTcp(server.url, context);
    garbage.write('\0\0\0\0');
    const rude = await rawClient(server.url, context);
    rude.socket.write(Buffer.of(0xff, 0xff));
    rude.reset();
    assert.is((await client.output).outcome, 'done');
  });

  test('listens on both loopback addresses, on one port', async (context) => {
    const server = await startServer(context, { host: 'localhost' });
    const { port } = new URL(server.url);
    assert.is(server.url, `ws://localhost:${port}/`);
    for (const host of ['127.0.0.1', '[::1]']) {
      assert.is((await startClient(`ws://${host}:${port}/`, context).output).outcome, 'done');
    }
  });

  test('rejects a port that is in use', async (context) => {
    const taken = createServer().listen(0, '127.0.0.1');
    context.after(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    try {
      await startServer(context, { host: 'localhost', port });
      assert.unreachable();
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'EADDRINUSE');
    }
  });

  test('goes on listening while it drains, and answers handshakes with 503', async (context) => {
    const server = await startServer(context, { healthPath: '/healthz' });
    const peer = await rawClient(server.url, context);
    server.listener.drain();
    assert.equal(await answerTo(server.url, context, `${UPGRADE}\r\n`), [
      'HTTP/1.1 503 Service Unavailable',
      'Retry-After: 5',
    ]);
    assert.equal(await answerTo(server.url, context, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'), [
      'HTTP/1.1 503 Service Unavailable',
      'Retry-After: 5',
    ]);
    assert.is(await peer.next(), 'text "Hello 0"');
  });

  test('accepts no more once it closes, and drops what has not opened', async (context) => {
    const server = await startServer(context);
    const half = await dialTcp(server.url, context);
    half.write('GET / HT');
    half.resume();
    const peer = await rawClient(server.url, context);
    const closed = server.listener.close();
    await once(half, 'close');
    assert.is(await peer.next(), 'text "Hello 0"');
    const late = startClient(server.url, context);
    assert.is((await late.output).fault?.code, 'ERR_CONNECT');
    peer.reset();
    await closed;
  });
});
