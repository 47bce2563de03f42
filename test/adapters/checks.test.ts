/** The far end of a check, on a socket. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { answer, Ends } from '../../adapters/checks.js';
import { suite, type TestContext } from '../support/suite.js';

/** A client, and the far end that serves it. */
interface Connected {
  client: WebSocket;
  far: WebSocket;
  ends: Ends;
  /** Resolves once the far end has remembered how the connection ended. */
  ended: Promise<void>;
}

async function connected({ after }: TestContext, options: ServerOptions = {}): Promise<Connected> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  after(() => server.close());
  await once(server, 'listening');
  const ends = new Ends();
  const served = new Promise<Pick<Connected, 'far' | 'ended'>>((resolve) => {
    server.on('connection', (far, request) => {
      const actor = answer(far, request, ends);
      const ended = new Promise<void>((end) => actor.on('answerer.ended', () => end()));
      actor.start();
      resolve({ far, ended });
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  after(() => client.terminate());
  await once(client, 'open');
  return { client, ends, ...(await served) };
}

suite('far end of a check on a socket', (test) => {
  test('reads no more from a client that does not read, and goes on once it does', async (context) => {
    const { client, far } = await connected(context);
    const paused = new Promise<void>((resolve) => {
      const pause = far.pause.bind(far);
      far.pause = () => {
        pause();
        resolve();
      };
    });
    client.pause();
    const payload = new Uint8Array(2 ** 20);
    for (let count = 0; count < 16; count++) client.send(payload);
    await paused;
    assert.ok(far.isPaused);
    let returned = 0;
    const all = new Promise<void>((resolve) => {
      client.on('message', (_, isBinary) => {
        if (isBinary && ++returned === 16) resolve();
      });
    });
    client.resume();
    await all;
    assert.not.ok(far.isPaused);
  });

  test('remembers that its own limit ended a connection', async (context) => {
    const { client, ends, ended } = await connected(context, { maxPayload: 1_000 });
    client.send('lockstep? {"ask":"name","name":"a"}');
    client.send('x'.repeat(1_001));
    const [code] = await once(client, 'close');
    assert.is(code, 1009);
    await ended;
    assert.is(ends.recall('a')?.gone?.by, 'limit');
  });
});
