/** What a server says of requests that it turns away, and how often. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import type { Refusal } from '../../adapters/listen.js';
import { serverDefaults } from '../../machines/index.js';
import type { Lines } from '../../runners/output.js';
import { Readers } from '../../runners/readers.js';
import { RefusalLog } from '../../runners/refusals.js';
import { runServer } from '../../runners/runServer.js';
import { signalAgain, startCliServer } from '../support/cli.js';
import { noLines } from '../support/lines.js';
import { rawClient } from '../support/rawPeer.js';
import { slowReader } from '../support/slowReader.js';
import { suite, type TestContext } from '../support/suite.js';

const refusal: Refusal = {
  peer: '127.0.0.1:1',
  code: 'ERR_MALFORMED',
  status: 400,
  expected: 'a',
  came: 'b',
  remedy: 'c',
};
const LINE = 'Turned away with 400: expected a, but b: c (from 127.0.0.1:1)';

function written(readers = new Readers([])): Lines & { said: string[] } {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const json = (object: object): void => say(JSON.stringify(object));
  return { ...noLines, said, out: say, json, err: say, about: (_, line) => say(line), readers };
}

const reporting = {};

async function ask(url: string, head: string, { after }: TestContext): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  after(() => socket.destroy());
  socket.resume().end(head);
  await once(socket, 'connect');
  const port = socket.localPort as number;
  await once(socket, 'close');
  return port;
}

suite('refusals', (test) => {
  test('are told each, and beyond some of a kind as a number', () => {
    const lines = written();
    const log = new RefusalLog(reporting, lines);
    for (let n = 0; n < 8; n++) log.add(refusal);
    log.add({ ...refusal, code: 'ERR_METHOD', status: 405 });
    log.close();
    log.add(refusal);
    log.close();
    assert.equal(lines.said, [
      ...Array(5).fill(LINE),
      LINE.replace('400', '405'),
      'Turned away 3 more like these: 3 × ERR_MALFORMED',
      LINE,
    ]);
  });

  test('are counted, and told each again, when a period is over', () => {
    const lines = written();
    const log = new RefusalLog(reporting, lines);
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      for (let n = 0; n < 6; n++) log.add(refusal);
      mock.timers.tick(10_000);
      log.add(refusal);
      log.close();
    } finally {
      // Before the test is over: its time limit is a timer, too.
      mock.timers.reset();
    }
    assert.equal(lines.said, [
      ...Array(5).fill(LINE),
      'Turned away 1 more like these: 1 × ERR_MALFORMED',
      LINE,
    ]);
  });

  test('are counted on, beyond a period, while nobody reads', () => {
    const reader = slowReader();
    const lines = written(new Readers([reader.stream], 1));
    const log = new RefusalLog(reporting, lines);
    reader.stream.write('more');
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      for (let n = 0; n < 3; n++) log.add(refusal);
      mock.timers.tick(10_000);
      assert.equal(lines.said, [LINE]);
      log.close();
    } finally {
      mock.timers.reset();
    }
    assert.equal(lines.said, [LINE, 'Turned away 2 more like these: 2 × ERR_MALFORMED']);
  });

  test('are told one of each kind while nobody reads', () => {
    const reader = slowReader();
    const lines = written(new Readers([reader.stream], 1));
    const log = new RefusalLog(reporting, lines);
    reader.stream.write('more');
    for (let n = 0; n < 3; n++) log.add({ ...refusal });
    assert.equal(lines.said, [LINE]);
    log.close();
    assert.equal(lines.said, [LINE, 'Turned away 2 more like these: 2 × ERR_MALFORMED']);
  });

  test('are escaped, and name options rather than settings', () => {
    const lines = written();
    const log = new RefusalLog(reporting, lines);
    log.add({
      ...refusal,
      setting: 'allowOrigins',
      path: '/\x1b',
      host: 'a\nb',
      origin: 'c',
      forwardedFor: 'd',
    });
    assert.equal(lines.said, [
      'Turned away with 400: expected a, but b: c (--allow-origin) ("/\\x1b" from 127.0.0.1:1, Host "a\\x0ab", Origin "c", X-Forwarded-For "d")',
    ]);
    log.close();
  });

  test('are a line and a JSON object of the server, the rest too', async (context) => {
    const server = await startCliServer(context, '--json');
    const head = 'GET /a HTTP/1.1\r\nHost: b\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n';
    const port = await ask(server.url, head, context);
    for (let n = 0; n < 6; n++) await ask(server.url, head, context);
    server.child.kill('SIGTERM');
    const { status, stdout, stderr } = await server.ended;
    const message =
      'expected a WebSocket handshake, but a GET request came without an Upgrade header, or the path dropped it (a proxy added x-forwarded-for): connect with a WebSocket client, and have the proxy pass Upgrade and Connection on';
    const said = stderr.split('\n');
    assert.is(status, 0);
    assert.is(
      said[1],
      `Turned away with 426: ${message} (GET "/a" from 127.0.0.1:${port}, Host "b", X-Forwarded-For "192.0.2.1")`,
    );
    assert.equal(said.slice(6), ['Turned away 2 more like these: 2 × ERR_NO_UPGRADE', '']);
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { time, ...rest } = JSON.parse(line);
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        return rest;
      });
    assert.equal(objects[0], {
      type: 'request.turnedAway',
      peer: `127.0.0.1:${port}`,
      method: 'GET',
      path: '/a',
      host: 'b',
      forwardedFor: '192.0.2.1',
      status: 426,
      code: 'ERR_NO_UPGRADE',
      message,
    });
    assert.equal(objects.slice(5), [
      { type: 'requests.turnedAway', count: 2, codes: { ERR_NO_UPGRADE: 2 } },
    ]);
  });

  test('are those of everybody while too much output waits to be read', async (context) => {
    const reader = slowReader();
    const said: string[] = [];
    const lines: Lines = {
      ...noLines,
      out: (line) => void reader.stream.write(`${line}\n`),
      err: (line) => void said.push(line),
      readers: new Readers([reader.stream], 16),
    };
    const listening = { port: 0, host: '127.0.0.1', maxPayload: 1024, connectTimeout: 10_000 };
    const stop = new AbortController();
    const server = await runServer(
      {
        conversation: { role: 'server', settings: serverDefaults },
        listening,
        reporting,
        once: false,
        drainTimeout: 5_000,
      },
      lines,
      stop.signal,
    );
    context.after(() => stop.abort());
    const first = await rawClient(server.url, context);
    assert.is(await first.next(), 'text "Hello 0"');
    const [refused] = await Promise.allSettled([rawClient(server.url, context)]);
    assert.match(String(refused.status === 'rejected' && refused.reason), '503');
    reader.read();
    const next = await rawClient(server.url, context);
    assert.is(await next.next(), 'text "Hello 0"');
    assert.match(
      said[1] ?? '',
      /^Turned away with 503: expected room for a session, but too much output of this server waits to be read: have what reads its output go on, or use --quiet \(GET/,
    );
    for (const peer of [first, next]) peer.reset();
    stop.abort();
    assert.is(await server.ended, 0);
  });

  test('are objects in JSON, and no lines, of a log that is quiet', () => {
    for (const json of [true, false]) {
      const lines = written();
      const log = new RefusalLog({ quiet: true, json }, lines);
      for (let n = 0; n < 6; n++) log.add(refusal);
      log.close();
      const types = lines.said.map((line) => JSON.parse(line).type);
      const told = [...Array(5).fill('request.turnedAway'), 'requests.turnedAway'];
      assert.equal(types, json ? told : []);
    }
  });

  test('are counted to the end, also where a second signal ends the process', async (context) => {
    const server = await startCliServer(context, '--drain-timeout', '60s');
    const peer = await rawClient(server.url, context);
    peer.isPolite = false;
    await peer.next();
    const head = 'GET / HTTP/1.1\r\nHost: b\r\n\r\n';
    for (let n = 0; n < 6; n++) await ask(server.url, head, context);
    server.child.kill('SIGTERM');
    assert.is(await peer.next(), 'close 1001');
    signalAgain(server, 'SIGTERM', context);
    const { status, stderr } = await server.ended;
    assert.is(status, 143);
    assert.match(stderr, /\nTurned away 1 more like these: 1 × ERR_NO_UPGRADE\n$/);
  });

  test('are not what a health check gets, at a path of its own', async (context) => {
    const server = await startCliServer(context, '--health-path', '/');
    const answer = await fetch(server.url.replace('ws:', 'http:'));
    assert.equal([answer.status, await answer.text()], [200, 'ok\n']);
    server.child.kill('SIGTERM');
    assert.is((await server.ended).stderr, `Listening on ${server.url}\n`);
  });
});
