/** The gate, the relay, and its producers: real sockets on loopback. */
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { createMachine } from 'xstate';
import { KEPT_MACHINES } from '../../inspector/bounds.js';
import { Fleet } from '../../inspector/fleet.js';
import { History } from '../../inspector/history.js';
import { servePage } from '../../inspector/pageServer.js';
import { Producer } from '../../inspector/producer.js';
import { type InspectorRecord, readRecord } from '../../inspector/records.js';
import { Viewers } from '../../inspector/viewers.js';
import { serverSession } from '../../machines/index.js';
import {
  converse,
  inspecting,
  machineRecord,
  type RelayMessage,
  recordsOf,
  upgradeStatus,
  watch,
  watchUrl,
} from '../support/inspection.js';
import { suite, type TestContext } from '../support/suite.js';

/** Sends a request with any path, method and headers. */
async function ask(
  url: string,
  options: { path?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }> {
  const { hostname, port, pathname } = new URL(url);
  const asked = request({ hostname, port, path: pathname, agent: false, ...options }).end();
  const [response] = await once(asked, 'response');
  response.setEncoding('utf8');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

/** Joins as a producer does. */
async function join(url: string, { after }: TestContext): Promise<WebSocket> {
  const ws = new WebSocket(url);
  after(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

/** One machine too many, with a session each. */
function machinesInUse(): InspectorRecord[] {
  return Array.from({ length: KEPT_MACHINES + 1 }, (_, n) => {
    const known = { ...machineRecord(light, 2 * n + 2), machine: `m${n}` } as InspectorRecord;
    const { run, ts } = known;
    const seq = 2 * n + 3;
    const session = `s${n}`;
    return [known, { seq, ts, run, kind: 'session', session, name: session, machine: `m${n}` }];
  }).flat() as InspectorRecord[];
}

const light = createMachine({ id: 'light', initial: 'on', states: { on: {} } });

function recordsIn(messages: RelayMessage[]): InspectorRecord[] {
  return messages.flatMap(({ records = [] }) => records);
}

function kindsIn(messages: RelayMessage[]): string[] {
  return recordsIn(messages).map(({ kind }) => kind);
}

/** The viewers of a relay, without the relay, and one of them. */
async function bareViewers(context: TestContext, isAdded = true) {
  const history = new History();
  const viewers = new Viewers(new Fleet(), history);
  const listener = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  context.after(() => listener.close());
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const [[ws], viewer] = await Promise.all([
    once(listener, 'connection') as Promise<[WebSocket]>,
    watch(`http://127.0.0.1:${port}/`, context),
  ]);
  const add = (): void => viewers.add(ws);
  if (isAdded) {
    add();
    await viewer.until((messages) => messages.length === 1);
  }
  return { viewers, history, ws, viewer, add };
}

suite('gate of the inspector', (test) => {
  test('serves the page with its token, and nothing without', async (context) => {
    const { url } = await inspecting(context);
    const { status, headers, body } = await ask(url ?? '');
    assert.equal([status, body.includes('data-mode="live"')], [200, true]);
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['referrer-policy'], 'no-referrer');
    assert.is(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const token = new URL(url ?? '').pathname.slice(1, -1);
    assert.match(token, /^[\w-]{32}$/);
    for (const path of ['/', '/app.js', `/${'x'.repeat(32)}/`, `/${token}`, `/${token}/../../x`]) {
      assert.is((await ask(url ?? '', { path })).status, 404, path);
    }
    assert.is((await ask(url ?? '', { method: 'POST' })).status, 405);
  });

  test('has its own tokens for viewers and producers in each inspector', async (context) => {
    const [one, other] = [await inspecting(context), await inspecting(context)];
    const tokens = [one.url, one.joinUrl, other.url, other.joinUrl].map(
      (url) => new URL(url ?? '').pathname.split('/')[1],
    );
    assert.is(new Set(tokens).size, 4);
  });

  test('refuses a foreign Host, as DNS rebinding sends it', async (context) => {
    const { url = '' } = await inspecting(context);
    const { host, port, origin } = new URL(url);
    for (const evil of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example']) {
      const headers = { Host: evil };
      assert.is((await ask(url, { headers })).status, 403, evil);
      const status = await upgradeStatus(watchUrl(url), { headers, origin: `http://${evil}` });
      assert.is(status, 403, evil);
    }
    assert.is(await upgradeStatus(watchUrl(url), { headers: { Host: host }, origin }), 101);
  });

  test('refuses a viewer with a foreign origin, or with none', async (context) => {
    const { url = '' } = await inspecting(context);
    for (const origin of ['http://evil.example', 'http://localhost:1', 'null', undefined]) {
      const options = origin === undefined ? {} : { origin };
      assert.is(await upgradeStatus(watchUrl(url), options), 403, `${origin}`);
    }
    const { origin } = new URL(url);
    assert.is(await upgradeStatus(`ws://${new URL(url).host}/watch`, { origin }), 404);
  });

  test('refuses a producer with an origin, or with the token of the page', async (context) => {
    const { url = '', joinUrl = '' } = await inspecting(context);
    assert.is(await upgradeStatus(joinUrl, { origin: new URL(url).origin }), 403);
    assert.is(await upgradeStatus(`${url.replace('http:', 'ws:')}join`), 404);
    assert.is(await upgradeStatus(joinUrl), 101);
  });

  test('closes a viewer that sends anything, and takes none of it', async (context) => {
    const { url = '', inspect } = await inspecting(context);
    const witness = await watch(url, context);
    for (const said of ['x', JSON.stringify({ seq: 1, ts: 0, run: 'evil', kind: 'run' })]) {
      const viewer = await watch(url, context);
      viewer.ws.send(said);
      assert.is(await viewer.closed, said.length === 1 ? 1008 : 1009);
    }
    const { ws, closed } = await watch(url, context);
    ws.send(Uint8Array.of(1));
    assert.is(await closed, 1008);
    converse(inspect);
    await witness.until((messages) => kindsIn(messages).length >= 10);
    assert.equal(
      recordsIn(witness.messages).filter((record) => record.run === 'evil'),
      [],
    );
  });

  test('lets in at most 16 viewers and 256 producers', async (context) => {
    const { url = '', joinUrl = '' } = await inspecting(context);
    for (let n = 0; n < 16; n++) await watch(url, context);
    assert.is(await upgradeStatus(watchUrl(url), { origin: new URL(url).origin }), 503);
    await Promise.all(Array.from({ length: 256 }, () => join(joinUrl, context)));
    assert.is(await upgradeStatus(joinUrl), 503);
  });

  test('answers HEAD without a body', async (context) => {
    const { url = '' } = await inspecting(context);
    const { status, body } = await ask(url, { method: 'HEAD' });
    assert.equal([status, body], [200, '']);
  });

  test('listens on loopback alone', async (context) => {
    const { url = '' } = await inspecting(context);
    assert.is(new URL(url).hostname, '127.0.0.1');
    // The same port is free on every other address, so nothing listens there.
    const other = createServer();
    context.after(() => other.close());
    other.listen(Number(new URL(url).port), '::1');
    await once(other, 'listening');
  });
});

suite('relay of the inspector', (test) => {
  test('sends a viewer the fleet, then the history, then new records', async (context) => {
    const { url = '', inspect } = await inspecting(context);
    converse(inspect);
    const viewer = await watch(url, context);
    await viewer.until((messages) => messages.some(({ history }) => history));
    const [{ snapshot } = {}, { history = [] } = {}] = viewer.messages;
    assert.equal(
      snapshot?.machines.map(({ chart }) => chart.id),
      ['server', 'client'],
    );
    assert.equal(
      snapshot?.sessions.map(({ name, state, rounds }) => [name, state, rounds]),
      [
        ['server-1', 'done', 1],
        ['client', 'done', 1],
      ],
    );
    assert.is(history.length, 10);
    converse(inspect);
    await viewer.until((messages) => kindsIn(messages).length === 10);
    assert.is(recordsIn(viewer.messages)[0]?.seq, 14);
  });

  test('sends nothing of forgotten sessions', async (context) => {
    const { url = '', inspect } = await inspecting(context);
    for (let n = 0; n < 600; n++) converse(inspect);
    const viewer = await watch(url, context);
    // The last session has the last number.
    const sessions = () => viewer.messages[0]?.snapshot?.sessions ?? [];
    await viewer.until((messages) => {
      const last = messages.at(-1)?.history?.at(-1);
      return last?.kind === 'step' && last.session === sessions().at(-1)?.session;
    });
    const kept = new Set(sessions().map(({ session }) => session));
    assert.is(kept.size, 1_000);
    for (const { history = [] } of viewer.messages) {
      for (const record of history) {
        assert.is('session' in record && kept.has(record.session), true);
      }
    }
  });

  test('sends records in batches, not one by one', async (context) => {
    const { url = '', inspect } = await inspecting(context);
    const viewer = await watch(url, context);
    for (let n = 0; n < 100; n++) converse(inspect);
    await viewer.until((messages) => kindsIn(messages).length === 2 + 100 * 10);
    assert.is(viewer.messages.length < 20, true);
  });

  test('sends the last record before it says that all is over', async (context) => {
    const started = await inspecting(context);
    const viewer = await watch(started.url ?? '', context);
    converse(started.inspect, 10);
    await started.close();
    assert.is(await viewer.closed, 1001);
    const records = recordsIn(viewer.messages);
    assert.equal(
      records.map(({ seq }) => seq),
      Array.from({ length: records.length }, (_, n) => n + 2),
    );
    assert.is(records.at(-1)?.kind, 'ended');
    assert.equal(viewer.messages.at(-1), { over: true });
  });

  /** Closes with a simulated clock: what is left open after `within` ms is left for ever. */
  async function closeWithin(
    close: (within: number) => Promise<void>,
    within: number,
  ): Promise<void> {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const closed = close(within);
      for (let ms = 0; ms < within; ms += within / 2) {
        mock.timers.tick(within / 2);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
    } finally {
      mock.timers.reset();
    }
  }

  const silenced = (ws: WebSocket): void => {
    (ws as unknown as { _socket: Socket })._socket.pause();
  };

  test('ends within the deadline of its caller, though nobody else leaves', async (context) => {
    const first = await inspecting(context);
    const other = await inspecting(context, { connect: first.joinUrl ?? '' });
    const { joinUrl = '' } = first;
    const viewer = await watch(first.url ?? '', context);
    await viewer.until((messages) => messages.length > 0);
    const [run] = recordsOf((inspect) => converse(inspect));
    const producer = await join(joinUrl, context);
    producer.send(JSON.stringify(run));
    await viewer.until((messages) => kindsIn(messages).length > 0);
    silenced(viewer.ws);
    silenced(producer);
    await closeWithin(first.close, 100);
    await other.troubled;
    assert.match(other.troubles[0] ?? '', 'the inspector is over');
  });

  test('waits no longer than the deadline for an inspector that does not answer', async (context) => {
    const deaf = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    context.after(() => deaf.close());
    deaf.on('connection', (ws) => {
      ws.pause();
      context.after(() => ws.terminate());
    });
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    const started = await inspecting(context, { connect: `ws://127.0.0.1:${port}/x/join` });
    await closeWithin(started.close, 100);
  });

  test('ends though a page connects at the last moment', async (context) => {
    const server = await servePage({
      port: 0,
      mode: 'live',
      upgrade: (_, socket) => {
        socket.on('error', () => {});
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n');
      },
    });
    const socket = connect(server.port, '127.0.0.1');
    context.after(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await once(socket, 'data');
    await server.close();
  });

  test('sends a viewer at the end all that it has missed', async (context) => {
    const { viewers, history, ws, viewer } = await bareViewers(context);
    const { _socket: socket } = viewer.ws as unknown as { _socket: Socket };
    socket.pause();
    const line = JSON.stringify('x'.repeat(1_000));
    for (let n = 0; n < 20_000; n++) {
      viewers.write(line);
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    history.add('session', '"what was"');
    const closed = viewers.close();
    socket.resume();
    await closed;
    assert.equal(
      viewer.messages.slice(-3).map((message) => Object.keys(message)[0]),
      ['snapshot', 'history', 'over'],
    );
    assert.is(ws.readyState, WebSocket.CLOSED);
  });

  test('sends a long history to its end, though all is over at once', async (context) => {
    const { viewers, history, add, viewer } = await bareViewers(context, false);
    for (let n = 0; n < 5_000; n++) history.add(`${n}`, JSON.stringify(`${n}`.padEnd(500)));
    add();
    await viewers.close();
    assert.is(await viewer.closed, 1001);
    const told = viewer.messages.flatMap(({ history = [] }) => history);
    assert.is(told.length, 5_000);
  });

  test('sends nothing more to a viewer that does not read, and then the fleet and the history', async (context) => {
    const { viewers, history, ws, viewer } = await bareViewers(context);
    const { _socket: socket } = viewer.ws as unknown as { _socket: Socket };
    socket.pause();
    // By far more than the connection itself holds.
    const line = JSON.stringify('x'.repeat(1_000));
    let most = 0;
    for (let n = 0; n < 40_000; n++) {
      viewers.write(line);
      most = Math.max(most, ws.bufferedAmount);
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.is(most > 2 ** 20 && most < 2 ** 20 + 2 ** 18, true, `${most} bytes`);
    history.add('session', '"what was"');
    socket.resume();
    await viewer.until((messages) => messages.some(({ history }) => history));
    const shape = viewer.messages.map((message) => Object.keys(message)[0]);
    const batches = shape.filter((name) => name === 'records').length;
    assert.equal(shape, ['snapshot', ...Array(batches).fill('records'), 'snapshot', 'history']);
    await viewers.close();
  });
});

suite('producers of records', (test) => {
  const [run, ...rest] = recordsOf((inspect) => converse(inspect));
  const OUT_OF_ORDER = 'expected the records of one run, in order, but got others';
  const lines = (records: (InspectorRecord | undefined)[]): string =>
    records.map((record) => JSON.stringify(record)).join('\n');

  test('are seen beside this process', async (context) => {
    const { url = '', joinUrl = '' } = await inspecting(context);
    const other = await inspecting(context, { name: 'other', connect: joinUrl });
    const viewer = await watch(url, context);
    converse(other.inspect);
    await other.close();
    await viewer.until((messages) => kindsIn(messages).includes('ended'));
    const runs = new Set(recordsIn(viewer.messages).map(({ run }) => run));
    assert.is(runs.size, 1);
    const late = await watch(url, context);
    await late.until((messages) => messages.length > 0);
    assert.equal(
      late.messages[0]?.snapshot?.runs.map(({ name, status }) => [name, status]),
      [
        ['test', 'active'],
        ['other', 'ended'],
      ],
    );
    assert.equal(other.troubles, []);
  });

  test('are lost when they break off, with their sessions', async (context) => {
    const { url = '', joinUrl = '' } = await inspecting(context);
    const viewer = await watch(url, context);
    const ws = await join(joinUrl, context);
    ws.send(lines([run, ...rest.slice(0, 4)]));
    await viewer.until((messages) => kindsIn(messages).length === 5);
    ws.terminate();
    await viewer.until((messages) => kindsIn(messages).at(-1) === 'lost');
    const lost = recordsIn(viewer.messages).at(-1);
    assert.equal(readRecord(JSON.stringify(lost)), lost);
  });

  const bad: [name: string, said: string | Uint8Array, reason: string][] = [
    ['text that is no record', 'hello', 'expected a record, but got no JSON'],
    [
      'JSON that is no record',
      '{"seq":1,"ts":0,"run":"r","kind":"step"}',
      'expected the fields of a step record, but got others',
    ],
    ['bytes', Uint8Array.of(1, 2, 3), 'expected records as text, but got bytes'],
    ['JSON that is nothing of the kind', '[]', 'expected a record, but got other JSON'],
    [
      'a record of no known kind',
      '{"seq":1,"ts":0,"run":"r","kind":"toString"}',
      'expected a record of a known kind, but got another',
    ],
    [
      'a record that is too long',
      JSON.stringify({ ...run, name: 'x'.repeat(600_000) }),
      'expected a record of at most 524288 characters, but got a longer one',
    ],
    ['a session before its run', lines([rest[0]]), OUT_OF_ORDER],
    ['two runs', lines([run, { ...rest[0], run: 'other' } as InspectorRecord]), OUT_OF_ORDER],
    ['numbers that do not rise', lines([run, rest[0], rest[0]]), OUT_OF_ORDER],
    [
      'more after its end',
      lines([
        run,
        { ...rest.at(-1) } as InspectorRecord,
        { ...rest[1], seq: 99 } as InspectorRecord,
      ]),
      OUT_OF_ORDER,
    ],
    [
      'a chart that is none',
      lines([run, { ...machineRecord(serverSession, 2), chart: {} } as never]),
      'expected the fields of a machine record, but got others',
    ],
    [
      'JSON that is very deep',
      JSON.stringify(run).replace('}', `,"more":${'['.repeat(250_000)}${']'.repeat(250_000)}}`),
      'expected a record of at most 100 levels, but got a deeper one',
    ],
    [
      'more machines than there is room for',
      lines([run, ...machinesInUse()]),
      'expected room for a machine, but too many are in use: inspect fewer',
    ],
  ];
  for (const [name, said, wanted] of bad) {
    test(`are closed with one sentence, and nobody else, after ${name}`, async (context) => {
      const { url = '', joinUrl = '', inspect } = await inspecting(context);
      const viewer = await watch(url, context);
      const other = await join(joinUrl, context);
      other.send(lines([{ ...run, run: 'before' } as InspectorRecord]));
      const ws = await join(joinUrl, context);
      ws.send(said);
      ws.send('and more, before the Close frame comes');
      const [code, reason] = await once(ws, 'close');
      assert.equal([code, reason.toString()], [1008, wanted]);
      other.send(lines([{ ...rest[0], run: 'before', seq: 7 } as InspectorRecord]));
      converse(inspect);
      await viewer.until((messages) => {
        const told = recordsIn(messages);
        const isTold = told.some((one) => one.run === 'before' && one.seq === 7);
        return isTold && told.filter(({ kind }) => kind === 'step').length >= 8;
      });
    });
  }

  test('cannot take the name of another run', async (context) => {
    const { joinUrl = '' } = await inspecting(context);
    const one = await join(joinUrl, context);
    one.send(lines([run]));
    const two = await join(joinUrl, context);
    two.send(lines([run]));
    const [code] = await Promise.race([once(one, 'close'), once(two, 'close')]);
    assert.is(code, 1008);
  });

  test('continue without an inspector that leaves, and say so once', async (context) => {
    const first = await inspecting(context);
    const other = await inspecting(context, { connect: first.joinUrl ?? '' });
    await first.close();
    await other.troubled;
    converse(other.inspect);
    await other.close();
    assert.is(other.troubles.length, 1);
    assert.match(
      other.troubles[0] ?? '',
      /^expected the inspector at 127\.0\.0\.1:\d+ to stay, but it went \(the inspector is over\)/,
    );
  });

  test('escape the reason that an inspector closes with', async (context) => {
    const rude = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    context.after(() => rude.close());
    rude.on('connection', (ws) => ws.close(1008, '\x1b[2J\x07\nFatal error: \u202ex'));
    await once(rude, 'listening');
    const { port } = rude.address() as AddressInfo;
    const { troubles, troubled } = await inspecting(context, {
      connect: `ws://127.0.0.1:${port}/x/join`,
    });
    await troubled;
    assert.equal(troubles, [
      `expected the inspector at 127.0.0.1:${port} to stay, but it went (\\x1b[2J\\x07\\x0aFatal error: \\u202ex): this run goes on without it`,
    ]);
  });

  test('give up an inspector that falls behind, and say so', async (context) => {
    const slow = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    context.after(() => slow.close());
    slow.on('connection', (ws) => {
      ws.pause();
      context.after(() => ws.terminate());
    });
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const troubles: string[] = [];
    const producer = new Producer(`ws://127.0.0.1:${port}/x/join`, (message) =>
      troubles.push(message),
    );
    await producer.ready();
    const line = JSON.stringify('x'.repeat(100_000));
    for (let n = 0; n < 400 && troubles.length === 0; n++)
      producer.write(run as InspectorRecord, line);
    assert.equal(troubles, [
      'expected the inspector to keep up, but it does not: nothing more is sent to it, and this run goes on',
    ]);
    producer.write(run as InspectorRecord, line);
    await producer.close(2_000);
    assert.is(troubles.length, 1);
  });

  test('end in time when the inspector does not read', async (context) => {
    const deaf = createServer((socket) => {
      socket.once('data', () => {
        // It never answers the handshake.
        socket.pause();
      });
      context.after(() => socket.destroy());
    });
    deaf.listen(0, '127.0.0.1');
    context.after(() => deaf.close());
    await once(deaf, 'listening');
    const { port } = deaf.address() as { port: number };
    const other = await inspecting(context, { connect: `ws://127.0.0.1:${port}/x/join` });
    converse(other.inspect);
    await other.close();
    assert.is(other.troubles.length, 1);
    assert.match(other.troubles[0] ?? '', 'could not reach it (Opening handshake has timed out)');
  });
});
