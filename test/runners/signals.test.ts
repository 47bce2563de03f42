/** SIGINT and SIGTERM: sessions end through their machines, and statuses say what happened. */
import * as assert from 'uvu/assert';
import { askedFor } from '../../runners/signals.js';
import { signalAgain, startCli, startCliServer } from '../support/cli.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { suite } from '../support/suite.js';

suite('signals', (test) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const status = signal === 'SIGINT' ? 130 : 143;

    test(`${signal} ends an idle server with 0`, async (context) => {
      const server = await startCliServer(context);
      server.child.kill(signal);
      assert.equal(await server.ended, {
        status: 0,
        stdout: '',
        stderr: `Listening on ${server.url}\n`,
      });
    });

    test(`${signal} ends a server's sessions with 1001, and then the server with 0`, async (context) => {
      const server = await startCliServer(context);
      const peers = [await rawClient(server.url, context), await rawClient(server.url, context)];
      for (const peer of peers) await peer.next();
      server.child.kill(signal);
      for (const peer of peers) {
        assert.is(await peer.next(), 'close 1001');
        peer.close(1001);
      }
      const { status, stderr } = await server.ended;
      assert.is(status, 0);
      assert.match(stderr, 'server-1 stopped: 0 exchanges');
      assert.match(stderr, 'server-2 stopped: 0 exchanges');
    });

    test(`a later ${signal} ends a server that waits for its peers with ${status}`, async (context) => {
      const server = await startCliServer(context);
      const peer = await rawClient(server.url, context);
      peer.isPolite = false;
      await peer.next();
      server.child.kill(signal);
      assert.is(await peer.next(), 'close 1001');
      signalAgain(server, signal, context);
      assert.is((await server.ended).status, status);
    });

    test(`${signal} ends a client with 1001 and ${status}`, async (context) => {
      const server = await rawServer(context);
      const client = startCli(context, 'client', server.url);
      const peer = await server.peer;
      peer.send('a');
      assert.is(await peer.next(), 'text "a"');
      client.child.kill(signal);
      assert.is(await peer.next(), 'close 1001');
      peer.close(1001);
      const ended = await client.ended;
      assert.equal([ended.status, ended.stdout], [status, 'Received from server: a\n']);
    });

    test(`${signal} ends a client that still connects with ${status}`, async (context) => {
      const server = await rawServer(context);
      server.peer.catch(() => {});
      const client = startCli(
        context,
        'client',
        'ws://127.0.0.1:9/'.replace('9', new URL(server.url).port),
        '--trace',
      );
      await client.prints('stderr', /= connecting/);
      client.child.kill(signal);
      assert.is((await client.ended).status, status);
    });
  }

  test('a second one close to the first, as `timeout` sends it, is the same', async (context) => {
    const server = await rawServer(context);
    const client = startCli(context, 'client', server.url);
    const peer = await server.peer;
    peer.send('a');
    assert.is(await peer.next(), 'text "a"');
    // Two of one kind might reach the process as one; of two kinds, either may come first.
    client.child.kill('SIGINT');
    client.child.kill('SIGTERM');
    assert.is(await peer.next(), 'close 1001');
    peer.close(1001);
    const { status, ...rest } = await client.ended;
    assert.ok(status === 130 || status === 143, String(status));
    assert.equal(rest, {
      stdout: 'Received from server: a\n',
      stderr: 'client stopped: 1 exchange, Close frame 1001\n',
    });
  });

  test('that come 200 ms after the first ask for an end at once', () => {
    assert.equal(
      [undefined, 1_000, 801, 800].map((first) => askedFor(1_000, first)),
      ['end', 'nothing', 'nothing', 'end at once'],
    );
  });

  test('a peer that does not answer is cut after the drain timeout', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '50ms');
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    const { status, stderr } = await server.ended;
    assert.is(status, 0);
    assert.match(stderr, 'server-1 stopped: 0 exchanges');
  });

  test('a reader that has seen enough ends the sessions with 1001, and the server with 141', async (context) => {
    const server = await startCliServer(context);
    server.child.stdout?.destroy();
    const peer = await rawClient(server.url, context);
    assert.is(await peer.next(), 'text "Hello 0"');
    assert.is(await peer.next(), 'close 1001');
    peer.close(1001);
    const { status, stderr } = await server.ended;
    assert.is(status, 141);
    assert.match(stderr, /^Listening on .*\nserver-1 stopped: 0 exchanges, Close frame 1001\n$/);
  });
});
