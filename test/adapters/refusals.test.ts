/** What the listener tells of requests that it turns away, and what it answers them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import type { ListenOptions, Refusal } from '../../adapters/listen.js';
import { sentenceOf } from '../../machines/index.js';
import { readHead } from '../support/rawPeer.js';
import { startServer } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

const HOST = 'Host: localhost\r\n';
const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const VERSION = 'Sec-WebSocket-Version: 13\r\n';
const UPGRADE = `GET / HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n${VERSION}${KEY}`;
const GET = `GET / HTTP/1.1\r\n${HOST}`;

interface Server {
  refusals: Refusal[];
  dial(bytes: string): Promise<Socket>;
}

async function refusingServer(
  context: TestContext,
  options: Partial<ListenOptions> = {},
): Promise<Server & Awaited<ReturnType<typeof startServer>>> {
  const refusals: Refusal[] = [];
  const onTurnedAway = (refusal: Refusal): void => void refusals.push(refusal);
  const server = await startServer(context, { ...options, onTurnedAway });
  const { hostname, port } = new URL(server.url);
  const dial = async (bytes: string): Promise<Socket> => {
    const socket = connect(Number(port), hostname);
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(bytes, 'latin1');
    return socket;
  };
  return { ...server, refusals, dial };
}

/** What came of a connection: status lines, in order, until it ended. */
async function statusesOn(socket: Socket): Promise<string[]> {
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  await once(socket, 'close');
  return [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status as string);
}

suite('listener turning away', (test) => {
  const cases: [name: string, head: string, status: number, sentence: string][] = [
    [
      'a page request',
      GET,
      426,
      'expected a WebSocket handshake, but a GET request came without an Upgrade header: connect with a WebSocket client',
    ],
    [
      'a page request that expects something',
      `${GET}Expect: x\r\n`,
      426,
      'expected a WebSocket handshake, but a GET request came without an Upgrade header and with Expect: "x": connect with a WebSocket client',
    ],
    [
      'a request that a proxy passed on without Upgrade, perhaps',
      `${GET}X-Forwarded-For: 192.0.2.1\r\n`,
      426,
      'expected a WebSocket handshake, but a GET request came without an Upgrade header, or the path dropped it (a proxy added x-forwarded-for): connect with a WebSocket client, and have the proxy pass Upgrade and Connection on',
    ],
    [
      'a handshake that lost Upgrade and Connection',
      `${GET}Connection: close\r\n${VERSION}${KEY}`,
      426,
      'expected a WebSocket handshake, but the path dropped Upgrade and "Connection: Upgrade" (Sec-WebSocket-Key is still there): have the proxy pass Upgrade and Connection on',
    ],
    [
      'a handshake that lost them, in HTTP/1.0',
      `${GET.replace('1.1', '1.0')}Connection: close\r\n${VERSION}${KEY}`,
      426,
      'expected a WebSocket handshake, but the path dropped Upgrade and "Connection: Upgrade" (Sec-WebSocket-Key is still there): have the proxy pass Upgrade and Connection on, in HTTP/1.1',
    ],
    [
      'a handshake of which the version alone is left',
      `${GET}${VERSION}`,
      426,
      'expected a WebSocket handshake, but the path dropped Upgrade and "Connection: Upgrade" (Sec-WebSocket-Version is still there): have the proxy pass Upgrade and Connection on',
    ],
    [
      'a handshake of which Upgrade alone is left',
      `${GET}Upgrade: websocket\r\n`,
      426,
      'expected a WebSocket handshake, but the path dropped "Connection: Upgrade" (Upgrade is still there): have the proxy pass Upgrade and Connection on',
    ],
    [
      'a handshake with HEAD',
      UPGRADE.replace('GET', 'HEAD'),
      405,
      'expected a WebSocket handshake with GET, but HEAD came: connect with a WebSocket client',
    ],
    [
      'a handshake that lost Upgrade',
      `${GET}Connection: keep-alive, Upgrade\r\n${VERSION}${KEY}`,
      426,
      'expected a WebSocket handshake, but the path dropped Upgrade (Sec-WebSocket-Key is still there): have the proxy pass Upgrade and Connection on',
    ],
    [
      'a handshake that lost Connection',
      UPGRADE.replace('Connection: Upgrade', 'Connection: close'),
      426,
      'expected a WebSocket handshake, but the path dropped "Connection: Upgrade" (Sec-WebSocket-Key is still there): have the proxy pass Upgrade and Connection on',
    ],
    [
      'an upgrade to something else',
      UPGRADE.replace('websocket', 'h2c'),
      426,
      'expected a WebSocket handshake, but Upgrade: "h2c" came: connect with a WebSocket client',
    ],
    [
      'a handshake in HTTP/1.0',
      UPGRADE.replace('HTTP/1.1', 'HTTP/1.0'),
      426,
      'expected a handshake in HTTP/1.1, but it came in HTTP/1.0: have the proxy speak HTTP/1.1 to this server',
    ],
    [
      'a handshake without a key',
      UPGRADE.replace(KEY, ''),
      400,
      'expected a Sec-WebSocket-Key of 16 bytes in base64, but none came: mend the client, or see whether the path changed it',
    ],
    [
      'a handshake with a key that is none',
      UPGRADE.replace('AA==', 'AAAA'),
      400,
      'expected a Sec-WebSocket-Key of 16 bytes in base64, but "AAAAAAAAAAAAAAAAAAAAAAAA" came: mend the client, or see whether the path changed it',
    ],
    [
      'a handshake without a version',
      UPGRADE.replace(VERSION, ''),
      426,
      'expected Sec-WebSocket-Version: 13, but none came: mend the client, or see whether the path changed it',
    ],
    [
      'a handshake of another version',
      UPGRADE.replace('13', '8'),
      426,
      'expected Sec-WebSocket-Version: 13, but "8" came: mend the client, or see whether the path changed it',
    ],
    [
      'a handshake with subprotocols that are none',
      `${UPGRADE}Sec-WebSocket-Protocol: a b\r\n`,
      400,
      'expected a WebSocket handshake, but ws found another (Invalid Sec-WebSocket-Protocol header): mend the client, or see whether the path changed it',
    ],
    [
      'a handshake without a host',
      UPGRADE.replace(HOST, ''),
      400,
      'expected a Host header (RFC 9112, 3.2), but none came: have the client, or the health check, send one',
    ],
    [
      'a request without a host',
      'GET / HTTP/1.1\r\n',
      400,
      'expected a Host header (RFC 9112, 3.2), but none came: have the client, or the health check, send one',
    ],
    [
      'a handshake by POST',
      UPGRADE.replace('GET', 'POST'),
      405,
      'expected a WebSocket handshake with GET, but POST came: connect with a WebSocket client',
    ],
    [
      'a tunnel through it',
      'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n',
      405,
      'expected a WebSocket handshake with GET, but CONNECT came: dial this server without a proxy, it is none',
    ],
    [
      'TLS',
      '\x16\x03\x01\x02\x00\x01',
      400,
      'expected a request in HTTP/1.1, but TLS came: dial ws:// rather than wss://, or end TLS before this server',
    ],
    [
      'HTTP/2',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n',
      400,
      'expected a request in HTTP/1.1, but HTTP/2 came: have the proxy speak HTTP/1.1 to this server',
    ],
    [
      'the PROXY protocol',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
      400,
      'expected a request in HTTP/1.1, but the PROXY protocol came: switch it off in the proxy',
    ],
    [
      'the PROXY protocol in binary',
      '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c',
      400,
      'expected a request in HTTP/1.1, but the PROXY protocol came: switch it off in the proxy',
    ],
    [
      'garbage',
      'garbage',
      400,
      'expected a request in HTTP/1.1, but other bytes came (Invalid method encountered): see what dials this port, and what the path does to it',
    ],
    [
      'headers that are too large',
      `${GET}Cookie: ${'x'.repeat(16 * 1024)}`,
      431,
      'expected headers of 16 KiB at most, but more came: send fewer, or smaller cookies',
    ],
  ];

  for (const [name, head, status, sentence] of cases) {
    test(`says why it does so with ${name}`, async (context) => {
      const server = await refusingServer(context);
      const socket = await server.dial(`${head}\r\n`);
      assert.equal(await statusesOn(socket), [`${status}`]);
      assert.equal(
        server.refusals.map((refusal) => [refusal.status, sentenceOf(refusal)]),
        [[status, sentence]],
      );
    });
  }

  const headers: [name: string, head: string, headers: string[]][] = [
    ['426', GET, ['Connection: close, upgrade', 'Upgrade: websocket']],
    [
      '426 to another version',
      UPGRADE.replace('13', '8'),
      ['Connection: close, upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ],
    ['405', UPGRADE.replace('GET', 'POST'), ['Connection: close', 'Allow: GET']],
    ['503', UPGRADE, ['Connection: close', 'Retry-After: 5']],
  ];

  for (const [name, head, expected] of headers) {
    test(`adds to ${name} the headers that say what to do`, async (context) => {
      const server = await refusingServer(context);
      server.listener.drain();
      const { lines } = await readHead(await server.dial(`${head}\r\n`));
      const boring = /^(HTTP|Content-|Date)/;
      assert.equal(
        lines.filter((line) => !boring.test(line)),
        expected,
      );
    });
  }

  test('tells who sent the request, without the query', async (context) => {
    const server = await refusingServer(context, { allowOrigins: ['https://app.example'] });
    const more = 'Origin: https://evil.example\r\nX-Forwarded-For: 192.0.2.1\r\n';
    const head = `${UPGRADE.replace('GET /', 'GET /a?secret')}${more}\r\n`;
    const socket = await server.dial(head);
    const { localPort } = socket;
    await statusesOn(socket);
    assert.equal(server.refusals, [
      {
        peer: `127.0.0.1:${localPort}`,
        method: 'GET',
        path: '/a',
        host: 'localhost',
        origin: 'https://evil.example',
        forwardedFor: '192.0.2.1',
        code: 'ERR_ORIGIN',
        status: 403,
        expected: 'an origin that is allowed',
        came: '"https://evil.example" came',
        remedy: 'add it if its pages may come in',
        setting: 'allowOrigins',
      },
    ]);
  });

  for (const [target, path] of [
    ['GET http://u:SECRET@h/x?SECRET', 'http://…@h/x'],
    ['GET http://h?SECRET', 'http://h'],
    ['CONNECT u:SECRET@h:443', '…@h:443'],
    ['GET /@u/x@y?SECRET', '/@u/x@y'],
  ] as const) {
    test(`tells ${target} without its secrets`, async (context) => {
      const server = await refusingServer(context);
      await statusesOn(await server.dial(`${target} HTTP/1.1\r\n${HOST}\r\n`));
      assert.equal(
        server.refusals.map((refusal) => refusal.path),
        [path],
      );
    });
  }

  test('says that a request did not come in time', async (context) => {
    const server = await refusingServer(context, { connectTimeout: 50 });
    assert.equal(await statusesOn(await server.dial('GET / HT')), ['408']);
    assert.equal(
      server.refusals.map((refusal) => sentenceOf(refusal)),
      [
        'expected a whole request within 50 ms, but it did not come: see what the client or the path holds back, or wait longer (connectTimeout)',
      ],
    );
  });

  test('says that a request ended in the middle', async (context) => {
    const server = await refusingServer(context);
    const socket = await server.dial('GET / HT');
    socket.end();
    assert.equal(await statusesOn(socket), ['400']);
    assert.equal(
      server.refusals.map((refusal) => sentenceOf(refusal)),
      [
        'expected a request in HTTP/1.1, but the stream ended inside it: see what dials this port, and what the path does to it',
      ],
    );
  });

  test('says nothing of a connection that came and went', async (context) => {
    const server = await refusingServer(context);
    const quiet = await server.dial('');
    quiet.end();
    await statusesOn(quiet);
    assert.equal(server.refusals, []);
  });

  test('says what hinders it now', async (context) => {
    const hindrance = { code: 'ERR_OUTPUT_BEHIND', came: 'it is late', remedy: 'wait' } as const;
    const server = await refusingServer(context, { hindrance: () => hindrance });
    assert.equal(await statusesOn(await server.dial(`${UPGRADE}\r\n`)), ['503']);
    assert.equal(
      server.refusals.map((refusal) => sentenceOf(refusal)),
      ['expected room for a session, but it is late: wait'],
    );
  });
});

suite('listener with several requests in one segment', (test) => {
  const segments: [name: string, first: string, status: string][] = [
    ['a page request', `${GET}\r\n`, '426'],
    ['a health check', `GET /healthz HTTP/1.1\r\n${HOST}\r\n`, '200'],
    ['a request that expects to go on', `${GET}Expect: 100-continue\r\n\r\n`, '426'],
    ['a request with a body', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\nx`, '405'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', '405'],
    ['a handshake that is refused', `${UPGRADE.replace('13', '8')}\r\n`, '426'],
  ];

  for (const [name, first, status] of segments) {
    for (const [second, bytes] of [
      ['a handshake', `${UPGRADE}\r\n`],
      ['a page request', `${GET}\r\n`],
      ['garbage', 'garbage\r\n\r\n'],
    ] as const) {
      test(`answers ${name} and does not look at ${second} behind it`, async (context) => {
        let sessions = 0;
        const onConnection = (): void => void sessions++;
        const server = await refusingServer(context, { healthPath: '/healthz', onConnection });
        assert.equal(await statusesOn(await server.dial(`${first}${bytes}`)), [status]);
        assert.is(sessions, 0);
        assert.is(server.refusals.length, status === '200' ? 0 : 1);
      });
    }
  }
});

suite('listener asked for its health', (test) => {
  const check = (how: string, version = 'HTTP/1.1'): string => `${how} ${version}\r\n${HOST}`;
  const checks: [name: string, head: string, status: string][] = [
    ['GET', check('GET /healthz'), '200'],
    ['HEAD', check('HEAD /healthz'), '200'],
    ['GET with a query', check('GET /healthz?verbose'), '200'],
    ['GET of a whole URL', check('GET http://a/healthz?verbose'), '200'],
    ['GET in HTTP/1.0 without a host', 'GET /healthz HTTP/1.0\r\n', '200'],
    [
      'GET that would rather have HTTP/2',
      `${check('GET /healthz')}Connection: Upgrade\r\nUpgrade: h2c\r\n`,
      '200',
    ],
    ['POST', check('POST /healthz'), '405'],
    ['GET elsewhere', check('GET /'), '426'],
    ['a handshake', UPGRADE.replace('GET /', 'GET /healthz'), '101'],
    ['a handshake without its Upgrade', `${check('GET /healthz')}${KEY}${VERSION}`, '426'],
  ];

  for (const [name, head, status] of checks) {
    test(`answers ${name} with ${status}`, async (context) => {
      const server = await refusingServer(context, { healthPath: '/healthz' });
      const { lines } = await readHead(await server.dial(`${head}\r\n`));
      assert.is(lines[0]?.split(' ')[1], status);
      assert.is(server.refusals.length, ['200', '101'].includes(status) ? 0 : 1);
    });
  }

  const upgrade = `${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`;
  for (const [name, head] of [
    ['a health check', `HEAD /healthz HTTP/1.1\r\n${HOST}`],
    ['a health check that would rather have HTTP/2', `HEAD /healthz HTTP/1.1\r\n${upgrade}`],
    ['a page request', `HEAD / HTTP/1.1\r\n${HOST}`],
    ['a page request that would rather have HTTP/2', `HEAD / HTTP/1.1\r\n${upgrade}`],
    ['a handshake', UPGRADE.replace('GET', 'HEAD')],
  ] as const) {
    test(`answers ${name} by HEAD without a body`, async (context) => {
      const server = await refusingServer(context, { healthPath: '/healthz' });
      const socket = await server.dial(`${head}\r\n`);
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      await once(socket, 'close');
      assert.ok(text.endsWith('\r\n\r\n'), text);
    });
  }

  test('has no such path unless it is told one', async (context) => {
    const server = await refusingServer(context);
    assert.equal(await statusesOn(await server.dial(`${check('GET /healthz')}\r\n`)), ['426']);
  });
});
