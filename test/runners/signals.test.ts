/** SIGINT and SIGTERM: sessions end through their machines, and statuses say what happened. */
import { once } from 'node:events';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { askedFor } from '../../runners/signals.js';
import { runCli, signalAgain, startCli, startCliServer, urlOf } from '../support/cli.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { suite } from '../support/suite.js';
import { withoutPhases } from '../support/transcripts.js';

/** A line of JSON without its time, which differs. */
function parseTimeless(line: string): object {
  const { time: _, ...rest } = JSON.parse(line);
  return rest;
}

suite('signals', (test) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const status = signal === 'SIGINT' ? 130 : 143;

    test(`end an idle server with 0 (${signal})`, async (context) => {
      const server = await startCliServer(context);
      server.child.kill(signal);
      assert.equal(await server.ended, {
        status: 0,
        stdout: '',
        stderr: `Listening on ${server.url}\n`,
      });
    });

    test(`end a server's sessions with 1001, and then the server with 0 (${signal})`, async (context) => {
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

    test(`that come later end a server that waits for its peers with ${status} (${signal})`, async (context) => {
      const server = await startCliServer(context);
      const peer = await rawClient(server.url, context);
      peer.isPolite = false;
      await peer.next();
      server.child.kill(signal);
      assert.is(await peer.next(), 'close 1001');
      signalAgain(server, signal, context);
      assert.is((await server.ended).status, status);
    });

    test(`end a client with 1001 and ${status} (${signal})`, async (context) => {
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

    test(`end a client that still connects with ${status} (${signal})`, async (context) => {
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

  test('close to each other, as `timeout` sends them, count as one', async (context) => {
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
    const { status, stdout, stderr } = await client.ended;
    assert.ok(status === 130 || status === 143, String(status));
    assert.equal(
      { stdout, stderr: withoutPhases(stderr) },
      {
        stdout: 'Received from server: a\n',
        stderr: 'client stopped: 1 exchange, Close frame 1001\n',
      },
    );
  });

  test('that come 200 ms after the first ask for an end at once', () => {
    assert.equal(
      [undefined, 1_000, 801, 800].map((first) => askedFor(1_000, first)),
      ['end', 'nothing', 'nothing', 'end at once'],
    );
  });
});

suite('a server that stops', (test) => {
  test('cuts a peer that does not answer after the drain timeout, and tells an error', async (context) => {
    const server = await startCliServer(
      context,
      ...['--drain-timeout', '50ms', '--quiet', '--rounds', '1'],
    );
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    assert.equal(await server.ended, {
      status: 1,
      stdout: '',
      stderr: `Listening on ${server.url}
Can't close: expected the session to end within 50 ms of the stop, but it did not and was cut: see why its peer does not leave, or wait longer (--drain-timeout) (server-1 from 127.0.0.1:${peer.socket.localPort})
`,
    });
  });

  test('tells in JSON of a session that it cuts, before the end of the session', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '50ms', '--json');
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    server.child.kill('SIGTERM');
    const { status, stdout } = await server.ended;
    assert.is(status, 1);
    const objects = stdout.trimEnd().split('\n').slice(-2).map(parseTimeless);
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

  test('waits no longer for a peer that keeps the connection after its Close frame', async (context) => {
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

  test('waits no longer for a connection that has outlived its session', async (context) => {
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

  test('does not wait for half a handshake', async (context) => {
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

  test('ends within the close timeout under --once, though its peer keeps the connection', async (context) => {
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

  test('answers others with 503 while it waits for its peers', async (context) => {
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
});

suite('a server whose reader', (test) => {
  test('is slow, and then gone, ends with 141 and without a stack', async (context) => {
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

  test('is gone ends its sessions with 1001, and itself with 141', async (context) => {
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
