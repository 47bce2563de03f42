/** SIGINT and SIGTERM: sessions end through their machines, and statuses say what happened. */
import { once } from 'node:events';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { askedFor } from '../../runners/signals.js';
import { runCli, signalAgain, startCli, startCliServer, urlOf } from '../support/cli.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { suite } from '../support/suite.js';

/** A line of JSON without its time, which differs. */
function parseTimeless(line: string): object {
  const { time: _, ...rest } = JSON.parse(line);
  return rest;
}

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

  test('a peer that does not answer is cut after the drain timeout, which is an error', async (context) => {
    const server = await startCliServer(
      context,
      ...['--drain-timeout', '50ms', '--quiet', '--rounds', '1'],
    );
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    assert.equal(await server.ended, {
      status: 0,
      stdout: '',
      stderr: `Listening on ${server.url}
Can't close: expected the session to end within 50 ms of the stop, but it did not and was cut: see why its peer does not leave, or wait longer (--drain-timeout) (server-1 from 127.0.0.1:${peer.socket.localPort})
`,
    });
  });

  test('a session that is cut has its object in JSON, before that of its end', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '50ms', '--json');
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    const objects = (await server.ended).stdout.trimEnd().split('\n').slice(-2).map(parseTimeless);
    const [cut, { type, output }] = objects as [object, { type: string; output: object }];
    assert.equal(cut, {
      session: 'server-1',
      state: 'leaving.stopping',
      type: 'session.cut',
      message:
        'expected the session to end within 50 ms of the stop, but it did not and was cut: see why its peer does not leave, or wait longer (--drain-timeout)',
    });
    assert.equal(
      [type, output],
      [
        'session.ended',
        { outcome: 'stopped', exchanges: 0, mismatches: 0, end: null, fault: null },
      ],
    );
  });

  test('a peer that keeps the connection after its Close frame is not waited for longer', async (context) => {
    const server = await startCliServer(
      context,
      ...['--drain-timeout', '50ms', '--close-timeout', '60s'],
    );
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    assert.is(await peer.next(), 'close 1001');
    peer.close(1001);
    assert.equal(await server.ended, {
      status: 0,
      stdout: 'Echoing\nSending to client: Hello 0\n',
      stderr: `Listening on ${server.url}\nserver-1 stopped: 0 exchanges, Close frame 1001\n`,
    });
  });

  test('a connection that kept open after its session is not waited for longer either', async (context) => {
    const server = await startCliServer(
      context,
      ...['--drain-timeout', '50ms', '--close-timeout', '60s', '--rounds', '0'],
    );
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    assert.is(await peer.next(), 'close 1000');
    peer.close(1000);
    await server.prints('stderr', /server-1 done/);
    server.child.kill('SIGTERM');
    assert.is((await server.ended).status, 0);
  });

  test('half a handshake does not keep a server without sessions', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '60s');
    const half = connect(Number(new URL(server.url).port), '127.0.0.1');
    context.after(() => half.destroy());
    half.on('error', () => {});
    half.write('GET / HTTP/1.1\r\n');
    await once(half, 'connect');
    // The server has accepted the one before by the time it has answered the next.
    await fetch(`${server.url.replace('ws:', 'http:')}healthz`);
    server.child.kill('SIGTERM');
    assert.is((await server.ended).status, 0);
  });

  test('a peer that keeps the connection ends --once within the close timeout', async (context) => {
    const server = await startCliServer(
      context,
      ...['--once', '--rounds', '0', '--close-timeout', '50ms'],
    );
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    assert.is(await peer.next(), 'close 1000');
    peer.close(1000);
    assert.equal(await server.ended, {
      status: 0,
      stdout: 'Echoing\n',
      stderr: `Listening on ${server.url}\nserver-1 done: 0 exchanges, Close frame 1000\n`,
    });
  });

  test('a server that waits for its peers tells others that it stops', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '60s');
    const health = `${server.url.replace('ws:', 'http:')}healthz`;
    assert.is((await fetch(health)).status, 200);
    const peer = await rawClient(server.url, context);
    await peer.next();
    server.child.kill('SIGTERM');
    assert.is(await peer.next(), 'close 1001');
    assert.is((await fetch(health)).status, 503);
    assert.match((await runCli(context, 'client', server.url)).stderr, 'the server answered 503');
    peer.close(1001);
    const { status, stderr } = await server.ended;
    assert.is(status, 0);
    assert.match(
      stderr,
      /^Turned away with 503: expected room for a session, but this server is stopping: .*\(GET "\/" from .*\)$/m,
    );
  });

  test('a reader that is slow, and then gone, ends the server with 141 and without a stack', async (context) => {
    const server = startCli(
      context,
      ...['server', '--port', '0', '--message', 'x'.repeat(100_000)],
    );
    server.child.stdout?.pause();
    const client = startCli(context, 'client', await urlOf(server), '--json');
    // By then more was said than fits into a pipe, and the session waits.
    await client.prints('stdout', /"round":1,/);
    server.child.stdout?.destroy();
    const { status, stderr } = await server.ended;
    assert.is(status, 141);
    assert.match(stderr, /^Listening on .*\nserver-1 stopped: .*\n$/);
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
