/** What goes wrong, in one clear line each, with the right status and without a stack trace. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import {
  CLI,
  COMMAND,
  refusalOf,
  runCli,
  saidBy,
  startCli,
  startCliServer,
  startProgram,
  urlOf,
} from '../support/cli.js';
import { pemPath } from '../support/files.js';
import { portOf } from '../support/portOf.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { startClient } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';
import { clientTranscript, withoutPhases, withoutSilence } from '../support/transcripts.js';

/** A TLS server with a certificate for localhost that nobody has signed. */
async function tlsServer(context: TestContext): Promise<string> {
  const https = createHttpsServer({
    key: readFileSync(pemPath('key.pem')),
    cert: readFileSync(pemPath('cert.pem')),
  });
  new WebSocketServer({ server: https }).on('connection', (ws) => ws.close(1000));
  return `wss://localhost:${await portOf(https, context)}/`;
}

suite('failures of the client', (test) => {
  test('without a URL show the usage', async (context) => {
    assert.equal(await runCli(context, 'client'), {
      status: 1,
      stdout: '',
      stderr: 'Usage: lockstep client ws://host:port\n',
    });
  });

  const fatal: [string, string[], string][] = [
    [
      'a URL that is not for WebSockets',
      ['http://localhost/'],
      'expected a URL such as ws://host:port/ or wss://host/path, but got "http://localhost/": mend the URL',
    ],
    [
      'a bad URL',
      ['//localhost'],
      'expected a URL such as ws://host:port/ or wss://host/path, but got "//localhost": mend the URL',
    ],
    [
      'a subprotocol that is no token',
      ['ws://localhost/', '--subprotocol', 'a b'],
      'expected options and payloads that ws takes, but it refused (An invalid or duplicated subprotocol was specified): mend them',
    ],
    [
      'an authority that is not there',
      ['ws://localhost/', '--ca', '/nowhere.pem'],
      'expected --ca to name a readable PEM file, but could not read /nowhere.pem (ENOENT: no such file or directory): check the path',
    ],
    [
      'a URL where a file should be named, without its password',
      ['ws://localhost/', '--ca', 'https://user:password@host/ca.pem'],
      'expected --ca to name a readable PEM file, but could not read https://…@host/ca.pem (ENOENT: no such file or directory): check the path',
    ],
    ['a typing error', ['--orign', 'x'], "unknown option '--orign' (Did you mean --origin?)"],
    [
      'a closed port',
      ['ws://127.0.0.1:1/'],
      'expected to reach the server, but could not (connect ECONNREFUSED 127.0.0.1:1): nothing listens there; check the address and port, and that the server runs',
    ],
    [
      'an unknown host',
      ['ws://host.invalid/'],
      'expected to reach the server, but could not (getaddrinfo ENOTFOUND host.invalid): no such name is known; check the name of the host',
    ],
  ];

  for (const [name, args, message] of fatal) {
    test(`tell of ${name}`, async (context) => {
      assert.equal(await runCli(context, 'client', ...args), {
        status: 1,
        stdout: '',
        stderr: `Fatal error: ${message}\n`,
      });
    });
  }

  test('tell which status came instead of 101', async (context) => {
    const http = createHttpServer((_, response) => response.writeHead(404).end('no'));
    const { status, stderr } = await runCli(
      context,
      ...['client', `ws://127.0.0.1:${await portOf(http, context)}/`],
    );
    assert.equal(
      [status, withoutPhases(stderr)],
      [
        1,
        'Fatal error: expected status 101 (Switching Protocols), but the server answered 404 (Not Found), body "no": nothing is at that path; check the path of the URL and the routes of the proxy\n',
      ],
    );
  });

  test('tell of a server that speaks something else', async (context) => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const { status, stderr } = await runCli(
      context,
      ...['client', `ws://127.0.0.1:${await portOf(server, context)}/`],
    );
    assert.is(status, 1);
    assert.is(
      withoutPhases(stderr),
      'Fatal error: expected an answer in HTTP to the upgrade request, but other bytes came, "SSH-2.0-OpenSSH_9.2": see whether the URL is that of a WebSocket service\n',
    );
  });

  test('tell of a server that never answers, when its time is over', async (context) => {
    const silent = createServer();
    const port = await portOf(silent, context);
    const url = `ws://127.0.0.1:${port}/`;
    const ended = await runCli(context, 'client', url, '--connect-timeout', '50ms');
    assert.equal(
      { ...ended, stderr: withoutPhases(ended.stderr) },
      {
        status: 1,
        stdout: '',
        stderr: `Fatal error: expected the connection to open within 50 ms, but 127.0.0.1:${port} was reached and did not answer the upgrade request: see whether that is a WebSocket service and what holds it up, or wait longer (--connect-timeout)\n`,
      },
    );
  });

  test('tell of a certificate that nobody trusts, unless told to trust it', async (context) => {
    const url = await tlsServer(context);
    const { status, stderr } = await runCli(context, 'client', url);
    assert.is(status, 1);
    assert.is(
      withoutPhases(stderr),
      "Fatal error: expected a certificate that this machine trusts, but the server's is not (self-signed certificate, DEPTH_ZERO_SELF_SIGNED_CERT): name a file with the authority that signed it, or the certificate itself (--ca)\n",
    );
    const trusting = [['--insecure'], ['--ca', pemPath('cert.pem')]];
    for (const how of trusting) {
      assert.is((await runCli(context, 'client', url, ...how)).status, 0);
    }
  }, 20_000);

  test('tell of TLS where there is none', async (context) => {
    const http = createHttpServer();
    const url = `wss://127.0.0.1:${await portOf(http, context)}/`;
    const { status, stderr } = await runCli(context, 'client', url);
    assert.is(status, 1);
    assert.match(stderr, /^Fatal error: expected a TLS connection/);
  });

  test('begin with the words of the book', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', server.url);
    const peer = await server.peer;
    peer.send('a');
    await peer.next();
    peer.socket.write(Buffer.of(0x81));
    peer.fin();
    const { status, stdout, stderr } = await client;
    assert.equal([status, stdout], [1, 'Received from server: a\n']);
    assert.match(
      withoutPhases(stderr),
      /^Couldn't receive msg: expected a whole message, but the stream ended inside one( after \d+\.\d s of silence)?: .*\nclient error: 1 exchange\n$/,
    );
  });

  test('do not come of a graceful end without a Close frame, unless strict', async (context) => {
    for (const [args, status] of [
      [[], 0],
      [['--strict-close'], 1],
    ] as [string[], number][]) {
      const server = await rawServer(context);
      const client = runCli(context, 'client', server.url, ...args);
      (await server.peer).fin();
      assert.is((await client).status, status);
    }
  });
});

suite('failures of the server', (test) => {
  test('tell of a port that is in use', async (context) => {
    const port = await portOf(createServer(), context);
    const { status, stdout, stderr } = await runCli(context, 'server', '--port', String(port));
    assert.equal(
      [status, stdout, stderr],
      [
        1,
        '',
        `Fatal error: expected to listen on localhost, port ${port}, but it is in use: choose another --port, or stop what uses it\n`,
      ],
    );
  });

  const fatal: [string, string[], string][] = [
    [
      'a host that is not of this machine',
      ['--host', '203.0.113.1', '--port', '0'],
      'expected to listen on 203.0.113.1, port 0, but could not (listen EADDRNOTAVAIL: address not available 203.0.113.1): check --host and --port',
    ],
  ];

  for (const [name, args, message] of fatal) {
    test(`tell of ${name}`, async (context) => {
      assert.equal(await runCli(context, 'server', ...args), {
        status: 1,
        stdout: '',
        stderr: `Fatal error: ${message}\n`,
      });
    });
  }

  test('are its status under --once, in the words of the book', async (context) => {
    const server = await startCliServer(context, '--once');
    const peer = await rawClient(server.url, context);
    await peer.next();
    peer.fin();
    const { status, stderr } = await server.ended;
    assert.is(status, 1);
    assert.match(
      withoutSilence(stderr),
      "\nCan't receive: expected a reply in every round, but the stream ended in round 0 (no Close frame): see why the peer or the path closed it\nserver-1 error: 0 exchanges, no Close frame\n",
    );
  });

  test('tell of a wrong echo under --strict', async (context) => {
    const server = await startCliServer(context, '--once', '--strict');
    const peer = await rawClient(server.url, context);
    await peer.next();
    peer.send('Hallo');
    assert.is(await peer.next(), 'close 1008 ERR_WRONG_ECHO');
    peer.close(1008);
    const { status, stdout, stderr } = await server.ended;
    assert.is(status, 1);
    assert.is(stdout, 'Echoing\nSending to client: Hello 0\nReceived back from client: Hallo\n');
    assert.match(stderr, `Can't receive: expected message 0 back as "Hello 0", but "Hallo" came`);
  });

  test('are objects in JSON, and lines, of a server that is quiet', async (context) => {
    const server = await startCliServer(context, '--once', '--strict', '--quiet', '--json');
    const peer = await rawClient(server.url, context);
    await peer.next();
    peer.send('Hallo');
    assert.is(await peer.next(), 'close 1008 ERR_WRONG_ECHO');
    peer.close(1008);
    const { stdout, stderr } = await server.ended;
    const { type, fault } = JSON.parse(stdout);
    assert.equal([type, fault.code], ['session.faulted', 'ERR_WRONG_ECHO']);
    assert.match(stderr, /\nCan't receive: expected message 0 back as "Hello 0", but .*\n$/);
  });

  test('tell of a silent peer, also to the peer', async (context) => {
    const server = await startCliServer(context, '--once', '--reply-timeout', '50ms');
    const silent = await rawClient(server.url, context);
    await silent.next();
    assert.is(await silent.next(), 'close 1008 ERR_REPLY_TIMEOUT');
    silent.close(1008);
    const { status, stderr } = await server.ended;
    assert.is(status, 1);
    assert.match(
      stderr,
      "Can't receive: expected the reply to message 0 within 50 ms, but none came: see what holds it up, or wait longer (--reply-timeout)\n",
    );
  });

  test('of one session name it, and end no other', async (context) => {
    const server = await startCliServer(context);
    const rude = await rawClient(server.url, context);
    await rude.next();
    rude.reset();
    const [line] = await server.prints('stderr', /^Can't receive: .*$/m);
    assert.match(line, /\(server-1 from 127\.0\.0\.1:\d+\)$/);
    const client = await runCli(context, 'client', server.url);
    assert.is(client.stdout, clientTranscript());
  });

  test('tell of a disk that is full, in one line', async (context) => {
    const { status, stderr } = await startProgram(context, 'sh', [
      '-c',
      `"${process.execPath}" "${CLI}" demo > /dev/full`,
    ]).ended;
    assert.equal(
      [status, stderr],
      [
        1,
        'Fatal error: expected to write output, but could not (ENOSPC: no space left on device, write): send the output elsewhere\n',
      ],
    );
  });

  test('do not come of too few file descriptors: the sessions go on', async (context) => {
    const server = startProgram(context, 'sh', [
      '-c',
      // The command in one file: the modules it is made of would all be open at once at its start.
      `ulimit -n 40 && exec "${process.execPath}" "${COMMAND}" server --port 0 --rounds 2`,
    ]);
    const url = (await urlOf(server)).replace('localhost', '127.0.0.1');
    const peers = [];
    let refused: unknown;
    while (refused === undefined && peers.length < 64) {
      try {
        peers.push(await rawClient(url, context));
      } catch (error) {
        refused = error;
      }
    }
    const [first, ...rest] = peers;
    assert.is(refused !== undefined && first !== undefined && rest.length > 2, true);
    assert.is(await first?.next(), 'text "Hello 0"');
    first?.send('Hello 0');
    assert.is(await first?.next(), 'text "Hello 1"');
    for (const [n, peer] of rest.entries()) {
      peer.reset();
      await server.prints('stderr', new RegExp(`(server-\\d+ error[^]*){${n + 1}}`));
    }
    assert.is((await runCli(context, 'client', url)).stdout, clientTranscript(2));
  }, 20_000);
});

suite('wrong usage of the command line', (test) => {
  const wrong: [name: string, args: string[], sentence: string][] = [
    [
      'a header that is none',
      ['client', 'ws://localhost/', '--header', 'nonsense'],
      "option '--header <name: value>' has a wrong argument. Expected a header, such as 'Authorization: Bearer …'.",
    ],
    [
      'a header that the handshake sets itself',
      ['client', 'ws://localhost/', '--header', 'Upgrade: h2c'],
      "option '--header <name: value>' has a wrong argument. Expected a header beside those of the handshake, but upgrade is one of them.",
    ],
    [
      'a subprotocol as a header',
      ['client', 'ws://localhost/', '--header', 'Sec-WebSocket-Protocol: a'],
      "option '--header <name: value>' has a wrong argument. Expected a header beside those of the handshake, but sec-websocket-protocol is one of them: use --subprotocol.",
    ],
    [
      'a size that is too large',
      ['server', '--max-payload', '2GiB'],
      "option '--max-payload <size>' argument '2GiB' is invalid. Expected a size above 0 and below 2 GiB, such as 512, 64KiB, 1MiB.",
    ],
    [
      'a header in a short option that does not exist',
      ['client', '-HAuthorization: Bearer SECRET'],
      "unknown option '-H'",
    ],
    [
      'a header without a space behind its option',
      ['client', '--headerAuthorization: SECRET'],
      "unknown option '--headerAuthorization'",
    ],
    [
      'a duration without a unit',
      ['client', 'ws://localhost/', '--reply-timeout', '30'],
      "option '--reply-timeout <duration>' argument '30' is invalid. Expected a duration above 0 with its unit, such as 500ms or 10s.",
    ],
    [
      'a bad port',
      ['server', '--port', '65536'],
      "option '--port <number>' argument '65536' is invalid. Expected a whole number from 0 to 65535.",
    ],
    [
      'a bad size',
      ['server', '--max-payload', '1MB'],
      "option '--max-payload <size>' argument '1MB' is invalid. Expected a size above 0 and below 2 GiB, such as 512, 64KiB, 1MiB.",
    ],
    [
      'a size that no far end sends',
      ['check', '--up-to', '17MiB', 'ws://localhost/'],
      "option '--up-to <size>' argument '17MiB' is invalid. Expected a size of at most 16MiB.",
    ],
    [
      'a bad origin',
      ['server', '--allow-origin', 'app.example'],
      "option '--allow-origin <origin>' argument 'app.example' is invalid. Expected the origin of a page as browsers send it, such as https://app.example.",
    ],
    [
      'an origin with a wildcard, which would match nothing',
      ['server', '--allow-origin', 'https://*.example'],
      "option '--allow-origin <origin>' argument 'https://*.example' is invalid. Expected a whole origin, such as https://app.example: * stands for nothing; give the option again for another.",
    ],
    [
      'an origin that no page has',
      ['server', '--allow-origin', 'wss://app.example'],
      "option '--allow-origin <origin>' argument 'wss://app.example' is invalid. Expected the origin of a page as browsers send it, such as https://app.example.",
    ],
    [
      'several origins in one',
      ['server', '--allow-origin', 'https://a.example,b.example'],
      "option '--allow-origin <origin>' argument 'https://a.example,b.example' is invalid. Expected the origin of a page as browsers send it, such as https://app.example.",
    ],
    [
      'an empty host',
      ['server', '--host', ''],
      "option '--host <address>' argument '' is invalid. Expected an address or a name, such as 0.0.0.0 or ::1.",
    ],
    [
      'an argument too many',
      ['server', 'now'],
      "too many arguments for 'server'. Expected 0 arguments but got 1.",
    ],
    [
      'a health path that is no path',
      ['server', '--health-path', 'x'],
      "option '--health-path <path>' argument 'x' is invalid. Expected a path without a query, such as /healthz.",
    ],
  ];

  for (const [name, args, sentence] of wrong) {
    test(`is told in one sentence: ${name}`, async () => {
      assert.is(await refusalOf(...args), `Fatal error: ${sentence}`);
    });
  }
});

suite('options of the command line', (test) => {
  test('are listed with examples', async () => {
    for (const command of ['server', 'client']) {
      const { status, stdout, stderr } = await saidBy(command, '--help');
      assert.equal([status, stderr], [0, '']);
      assert.match(stdout, 'Examples:');
      assert.match(stdout, '--reply-timeout <duration>');
    }
  });

  test('are listed on stderr where none is given', async (context) => {
    const { stdout } = await saidBy('--help');
    assert.equal(await runCli(context), { status: 1, stdout: '', stderr: stdout });
  });

  test('limit who may come, and how many', async (context) => {
    const server = await startCliServer(
      context,
      ...['--max-sessions', '1', '--allow-origin', 'https://app.example'],
      ...['--max-payload', '2KiB'],
    );
    const from = (origin: string) => startClient(server.url, context, { ws: { origin } }).output;
    const app = 'https://app.example';
    assert.match((await from('https://evil.example')).fault?.came ?? '', 'the server answered 403');
    const first = await rawClient(server.url, context);
    assert.match((await from(app)).fault?.came ?? '', 'the server answered 503');
    first.reset();
    await server.prints('stderr', /server-1 error/);
    assert.is((await from(app)).outcome, 'done');
    server.child.kill('SIGTERM');
    assert.is((await server.ended).status, 0);
  });

  test('are put into the handshake', async (context) => {
    const http = createHttpServer();
    const port = await portOf(http, context);
    const client = startCli(
      context,
      ...['client', `ws://127.0.0.1:${port}/path?q=1`, '--origin', 'https://app.example'],
      ...['--header', 'X-One: 1', '--header', 'X-Two: 2', '--header', 'x-one: 3'],
      ...['--header', 'constructor: 4', '--header', '__proto__: 5'],
      ...['--subprotocol', 'a', '--subprotocol', 'b'],
    );
    const [request, socket] = await once(http, 'upgrade');
    assert.is(request.url, '/path?q=1');
    assert.is(request.headers.origin, 'https://app.example');
    assert.is(request.headers['x-one'], '1, 3');
    assert.is(request.headers['x-two'], '2');
    assert.match(request.rawHeaders.join(' '), 'constructor 4 __proto__ 5');
    assert.is(request.headers['sec-websocket-protocol'], 'a,b');
    socket.destroy();
    assert.is((await client.ended).status, 1);
  });
});
