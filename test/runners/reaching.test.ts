/** The options of the client that say how a server is reached, and at which pace it is spoken to. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { LONGEST_DELAY } from '../../machines/index.js';
import { openingSummary } from '../../runners/phases.js';
import { reachingIn } from '../../runners/reaching.js';
import { sessionSummary } from '../../runners/summary.js';
import { CLI, refusalOf, runCli, startCli, startCliServer, startProgram } from '../support/cli.js';
import { folderWith, pemPath } from '../support/files.js';
import { OPCODE } from '../support/frames.js';
import { portOf } from '../support/portOf.js';
import { connectProxy } from '../support/proxies.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';

/** A server that returns every message; `compresses` says whether it takes compression. */
async function echoServer(context: TestContext, compresses = false): Promise<number> {
  const http = createServer();
  new WebSocketServer({ server: http, perMessageDeflate: compresses }).on('connection', (ws) => {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
  return portOf(http, context);
}

/** The proxy for a URL under these variables of the environment. */
function proxyUnder(environment: Record<string, string>, url: string, { after }: TestContext) {
  for (const [name, value] of Object.entries(environment)) {
    const before = process.env[name];
    after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
    process.env[name] = value;
  }
  const flags = { origin: '', maxPayload: 1, connectTimeout: LONGEST_DELAY };
  const { proxy } = reachingIn(flags);
  return typeof proxy === 'function' ? proxy(url) : proxy;
}

const NONE = { http_proxy: '', https_proxy: '', all_proxy: '', no_proxy: '' };
const NAMES = { HTTP_PROXY: '', HTTPS_PROXY: '', ALL_PROXY: '', NO_PROXY: '' };

suite('proxy of the environment', (test) => {
  for (const [environment, url, proxy] of [
    [{ HTTPS_PROXY: 'http://s:1' }, 'wss://a.example/', 'http://s:1'],
    [{ HTTPS_PROXY: 'http://s:1' }, 'ws://a.example/', undefined],
    [{ HTTP_PROXY: 'http://h:1' }, 'ws://a.example/', 'http://h:1'],
    [{ https_proxy: 'http://s:1' }, 'wss://a.example/', 'http://s:1'],
    [{ ALL_PROXY: 'socks5://s:1' }, 'ws://a.example/', 'socks5://s:1'],
    [{ ALL_PROXY: 'http://s:1', NO_PROXY: '.example' }, 'ws://a.example/', undefined],
    [{ ALL_PROXY: 'http://s:1', no_proxy: '*' }, 'ws://a.example/', undefined],
    [{ ALL_PROXY: 'http://s:1' }, 'ws://localhost:80/', undefined],
    [{ ALL_PROXY: 'http://s:1' }, 'ws://[::1]/', undefined],
    [{ ALL_PROXY: 'http://s:1' }, 'ws+unix:/run/a:/', undefined],
    [{}, 'wss://a.example/', undefined],
  ] as [Record<string, string>, string, string | undefined][]) {
    const given = Object.entries(environment).map((one) => one.join('='));
    test(`for ${url} under ${given.join(' ')} is ${proxy}`, (context) => {
      assert.is(proxyUnder({ ...NAMES, ...NONE, ...environment }, url, context), proxy);
    });
  }

  test('is used by the client, and named in its summary without credentials', async (context) => {
    const { port, asked } = await connectProxy(context, { to: await echoServer(context) });
    const { status, stderr } = await startProgram(context, 'env', [
      `HTTP_PROXY=http://me:secret@127.0.0.1:${port}`,
      'no_proxy=',
      ...[process.execPath, CLI, 'client', '--speak', 'ws://echo.example/', '--rounds', '1'],
    ]).ended;
    assert.is(status, 0);
    assert.is(asked.length, 1);
    assert.match(stderr, `(http://127.0.0.1:${port} to echo.example:80)`);
    assert.not.match(stderr, 'secret');
  });

  test('gives way to --proxy', async (context) => {
    const { port, asked } = await connectProxy(context, { to: await echoServer(context) });
    const args = ['ws://echo.example/', '--proxy', `http://127.0.0.1:${port}`];
    const { status } = await startProgram(context, 'env', [
      'HTTP_PROXY=http://127.0.0.1:1',
      ...[process.execPath, CLI, 'client', '--speak', '--rounds', '1', ...args],
    ]).ended;
    assert.equal([status, asked.length], [0, 1]);
  });

  test('is left aside with --no-proxy', async (context) => {
    const { stderr } = await startProgram(context, 'env', [
      'ALL_PROXY=http://127.0.0.1:1',
      ...[process.execPath, CLI, 'client', '--no-proxy', 'ws://host.invalid/'],
    ]).ended;
    assert.match(stderr, 'host.invalid');
    assert.not.match(stderr, 'proxy');
  });
});

suite('client that reaches a server', (test) => {
  test('elsewhere than its URL says', async (context) => {
    const tls = {
      key: readFileSync(pemPath('key.pem'), 'utf8'),
      cert: readFileSync(pemPath('cert.pem'), 'utf8'),
    };
    const https = createTlsServer(tls);
    new WebSocketServer({ server: https }).on('connection', (ws) => ws.close(1000));
    const place = `127.0.0.1:${await portOf(https, context)}`;
    const run = (...args: string[]) =>
      runCli(context, 'client', '--ca', pemPath('cert.pem'), '--connect-to', place, ...args);
    const { status, stderr } = await run('wss://localhost/');
    assert.is(status, 0);
    assert.match(stderr, `tcp `);
    assert.match(
      stderr,
      /tls \d+\.\d+ ms \(TLSv1\.\d, [\w-]+, ALPN "http\/1\.1", issued by "localhost", \d+ days left\)/,
    );
    assert.match((await run('wss://other.example/')).stderr, 'not for other.example');
    assert.is((await run('wss://other.example/', '--servername', 'localhost')).status, 0);
  }, 20_000);

  test('over a redirect that it may follow', async (context) => {
    const to = await echoServer(context);
    const http = createServer((_, response) => {
      response.writeHead(302, { Location: `http://127.0.0.1:${to}/` }).end();
    });
    const args = ['client', `ws://127.0.0.1:${await portOf(http, context)}/`];
    const speaking = [...args, '--speak', '--rounds', '1', '--follow'];
    const { status, stderr } = await runCli(context, ...speaking);
    assert.is(status, 0);
    assert.match(stderr, `(302), redirected with 302 to "ws://127.0.0.1:${to}/", tcp `);
    assert.match((await runCli(context, ...args)).stderr, 'or follow redirects (--follow)');
  });

  for (const [compresses, words] of [
    [true, 'compression agreed on'],
    [false, 'compression offered and not taken'],
  ] as const) {
    test(`says ${words}`, async (context) => {
      const url = `ws://127.0.0.1:${await echoServer(context, compresses)}/`;
      const args = ['client', url, '--speak', '--compress', '--strict', '--rounds', '2'];
      const { status, stderr } = await runCli(context, ...args);
      assert.is(status, 0);
      assert.match(stderr, words);
    });
  }

  test('takes no message that inflates to more than --max-payload', async (context) => {
    const http = createServer();
    new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } }).on(
      'connection',
      (ws) => ws.send('a'.repeat(100_000)),
    );
    const url = `ws://127.0.0.1:${await portOf(http, context)}/`;
    const args = ['client', url, '--compress', '--max-payload', '64KiB'];
    const { status, stderr } = await runCli(context, ...args);
    assert.is(status, 1);
    assert.match(stderr, 'expected a message within the limit');
  });

  for (const [option, value, sentence] of [
    ['--proxy', 'ftp://h:1', 'Expected the URL of a proxy, such as http://host:port'],
    ['--connect-to', 'h', 'Expected a host and a port, such as 10.0.0.7:8080'],
    ['--connect-to', 'h:0', 'Expected a host and a port'],
    ['--connect-to', 'h:65536', 'Expected a host and a port'],
  ] as const) {
    test(`refuses ${option} ${value}`, async () => {
      const refusal = await refusalOf('client', option, value, 'ws://localhost/');
      assert.match(refusal, sentence);
    });
  }
});

suite('pace of a speaker', (test) => {
  test('has a rest between a reply and the next message', async (context) => {
    const port = await echoServer(context);
    const args = ['client', `ws://127.0.0.1:${port}/`, '--speak', '--rounds', '2', '--trace'];
    const { status, stderr } = await runCli(context, ...args, '--interval', '20ms');
    assert.is(status, 0);
    assert.match(stderr, 'client = conversing.resting\nclient % interval\n');
  });

  test('is that of a server too', async (context) => {
    const server = await startCliServer(context, '--interval', '20ms', '--rounds', '2', '--trace');
    const peer = await rawClient(server.url, context);
    for (const n of [0, 1]) {
      assert.is(await peer.next(), `text "Hello ${n}"`);
      peer.send(`Hello ${n}`);
    }
    await server.prints('stderr', /server-1 % interval/);
  });
});

suite('message of a file', (test) => {
  test('is its text, {n} and all', async (context) => {
    const folder = folderWith(context, { text: 'round {n}\n' });
    const server = await startCliServer(context, '--message-file', `${folder}/text`);
    assert.is(await (await rawClient(server.url, context)).next(), 'text "round 0\\n"');
  });

  test('may be longer than an argument can be', async (context) => {
    const folder = folderWith(context, { text: 'x'.repeat(200_000) });
    const port = await echoServer(context);
    const args = ['client', `ws://127.0.0.1:${port}/`, '--speak', '--strict', '--rounds', '1'];
    const { status } = await runCli(context, ...args, '--message-file', `${folder}/text`);
    assert.is(status, 0);
  });

  test('may be any bytes with --binary', async (context) => {
    const folder = folderWith(context);
    const path = `${folder}/bytes`;
    writeFileSync(path, Buffer.of(0xff, 0, 1));
    const { stderr } = await runCli(context, 'server', '--message-file', path);
    assert.is(
      stderr,
      `Fatal error: expected --message-file to name a file of text in UTF-8, but ${path} has other bytes: name another, or send it as it is with --binary\n`,
    );
    const server = await startCliServer(context, '--binary', '--message-file', path);
    assert.is(await (await rawClient(server.url, context)).next(), 'binary ff0001');
  });

  test('is the only one', async (context) => {
    const args = ['server', '--message', 'a', '--message-file', '/nowhere'];
    assert.match((await runCli(context, ...args)).stderr, 'but --message and --message-file were');
    assert.match(
      (await runCli(context, 'server', '--message-file', '/nowhere')).stderr,
      'expected --message-file to name a readable file, but could not read /nowhere (ENOENT',
    );
  });
});

suite('pings of the command line', (test) => {
  test('are in the trace, the summary and the JSON', async (context) => {
    const server = await rawServer(context);
    const args = ['client', server.url, '--ping-interval', '1ms'];
    const client = startCli(context, ...args, '--trace', '--json');
    const peer = await server.peer;
    const ping = Buffer.from((await peer.next()).split(' ')[2] ?? '', 'hex');
    peer.write({ opcode: OPCODE.pong, payload: ping });
    await client.prints('stdout', /pings\.answered/);
    peer.close(1000);
    const { status, stdout, stderr } = await client.ended;
    assert.is(status, 0);
    assert.match(stderr, 'client pings > socket.ping 0\n');
    assert.match(stderr, /client pings < socket\.ponged \d+\.\d{3} ms\n/);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const answered = lines.find(({ type }) => type === 'pings.answered');
    assert.equal([answered.session, answered.ping], ['client', 0]);
    assert.ok(answered.ms > 0);
    const { pings } = lines.at(-1);
    assert.ok(pings.count > 0 && pings.min <= pings.avg && pings.avg <= pings.max);
  });

  test('go out from a server too', async (context) => {
    const server = await startCliServer(context, '--ping-interval', '1ms', '--trace');
    const peer = await rawClient(server.url, context);
    assert.is(await peer.next(), 'text "Hello 0"');
    assert.match(await peer.next(), /^opcode 9 /);
    await server.prints('stderr', /server-1 pings > socket\.ping 0/);
  });

  test('are recorded, each machine for itself', async (context) => {
    const server = await rawServer(context);
    const path = `${folderWith(context)}/run.ndjson`;
    const args = ['client', server.url, '--ping-interval', '1ms', '--inspect-file', path];
    const client = runCli(context, ...args);
    const peer = await server.peer;
    assert.match(await peer.next(), /^opcode 9 /);
    peer.close(1000);
    assert.is((await client).status, 0);
    assert.match(readFileSync(path, 'utf8'), '"socket.ping"');
  });

  test('fail a session whose peer sends no pongs', async (context) => {
    const server = await rawServer(context);
    const client = runCli(
      context,
      ...['client', server.url, '--ping-interval', '10ms', '--reply-timeout', '50ms'],
    );
    const peer = await server.peer;
    // Messages come, so that no other deadline passes.
    const timer = setInterval(() => peer.send('a'), 10);
    context.after(() => clearInterval(timer));
    let read = '';
    while (!read.startsWith('close')) read = await peer.next();
    clearInterval(timer);
    assert.is(read, 'close 1008 ERR_PONG_TIMEOUT');
    peer.close(1008);
    const { status, stderr } = await client;
    assert.is(status, 1);
    assert.match(
      stderr,
      "Couldn't receive msg: expected the pong to ping 0 within 50 ms, but none came: see whether the peer still runs, and whether the path swallows pings (--reply-timeout)\n",
    );
    assert.match(stderr, 'pings (0 of 1 answered)');
  });
});

suite('summary', (test) => {
  const phases = {
    tls: { ms: 1, version: 'TLSv1.3', cipher: 'A', alpn: '', issuer: '', daysLeft: null },
    upgrade: { ms: 2, status: 101, headers: { server: 'a' }, extensions: 'b' },
  };
  const opening = { subprotocol: '', redirects: [], phases, fault: null };

  test('of an opening leaves out what is not known', () => {
    assert.is(
      openingSummary({ ...opening, outcome: 'opened' }, false),
      'opened: tls 1.000 ms (TLSv1.3, A), upgrade 2.000 ms (101, "b", server "a")',
    );
    assert.is(openingSummary({ ...opening, phases: {}, outcome: 'error' }, true), undefined);
  });

  test('of a session has the round trips of pings', () => {
    const output = {
      outcome: 'done',
      exchanges: 1,
      mismatches: 0,
      end: null,
      fault: null,
    } as const;
    const roundTrip = { count: 0, min: 0, avg: 0, max: 0 };
    const pings = { sent: 2, count: 1, min: 1, avg: 1, max: 1 };
    assert.is(
      sessionSummary(output, { roundTrip, firstMessage: 1.5, pings }),
      'done: 1 exchange, first message after 1.500 ms, pings min/avg/max 1.000/1.000/1.000 ms (1 of 2 answered)',
    );
  });
});

suite('timestamps', (test) => {
  test('stand before an error too', async (context) => {
    const { stderr } = await runCli(context, 'client', 'ws://127.0.0.1:1/', '--timestamps');
    assert.match(stderr, /^\d{4}-\d\d-\d\dT\S+Z Fatal error: /);
  });

  test('stand before each line of transcript, trace and summary', async (context) => {
    const args = ['server', '--port', '0', '--once', '--timestamps', '--trace', '--rounds', '1'];
    const server = startCli(context, ...args);
    const [, url = ''] = await server.prints('stderr', /^Listening on (\S+)$/m);
    const client = await runCli(context, 'client', url, '--timestamps', '--trace');
    const { stdout, stderr } = await server.ended;
    const lines = `${client.stdout}${client.stderr}${stdout}${stderr}`.trimEnd().split('\n');
    const untimed = lines.filter((line) => !/^\d{4}-\d\d-\d\dT[\d:.]{12}Z \S/.test(line));
    assert.equal(untimed, [`Listening on ${url}`]);
    assert.is(lines.length > 20, true);
  });
});
