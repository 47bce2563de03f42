/** How a server is reached: in phases, through proxies, elsewhere than the URL says, over redirects. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { proxyNotReached } from '../../adapters/proxyFailure.js';
import { type ForwardProxy, proxyIn } from '../../adapters/proxyUrl.js';
import { followed } from '../../adapters/redirect.js';
import type { DialOptions } from '../../adapters/ws.js';
import type { OpeningOutput, Phases } from '../../machines/index.js';
import { folderWith, pemPath } from '../support/files.js';
import { portOf } from '../support/portOf.js';
import { connectProxy, socksProxy } from '../support/proxies.js';
import { startClient } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

const tls = {
  key: readFileSync(pemPath('key.pem'), 'utf8'),
  cert: readFileSync(pemPath('cert.pem'), 'utf8'),
};

/** A server that closes every connection with 1000, and keeps the headers of every handshake. */
async function closingServer(context: TestContext, options: { secure?: boolean } = {}) {
  const http = options.secure ? createTlsServer(tls) : createServer();
  const seen: IncomingHttpHeaders[] = [];
  new WebSocketServer({ server: http, perMessageDeflate: true }).on(
    'connection',
    (ws, { headers }) => {
      seen.push(headers);
      ws.close(1000);
    },
  );
  return { port: await portOf(http, context), seen };
}

/** A server that answers every request with this head. */
async function answering(context: TestContext, answer: (response: ServerResponse) => void) {
  const http = createServer((_, response) => answer(response));
  return portOf(http, context);
}

/** How a client's opening ended, once its session is over too. */
async function opened(
  context: TestContext,
  url: string,
  options: DialOptions = {},
): Promise<OpeningOutput> {
  const client = startClient(url, context, options);
  await client.output;
  return client.opening.getSnapshot().output as OpeningOutput;
}

async function faultOf(context: TestContext, url: string, options: DialOptions = {}) {
  const { fault } = await opened(context, url, options);
  return `${fault?.code} ${fault?.message}`;
}

/** The names of phases, each of which took some time. */
function stagesOf(phases: Phases): string[] {
  for (const { ms } of Object.values(phases)) assert.ok(ms >= 0);
  return Object.keys(phases);
}

suite('phases of an opening', (test) => {
  test('tell the address, and the status of the upgrade', async (context) => {
    const { port } = await closingServer(context);
    const { phases } = await opened(context, `ws://127.0.0.1:${port}/`);
    assert.equal(stagesOf(phases), ['tcp', 'upgrade']);
    assert.equal(phases.tcp?.address, `127.0.0.1:${port}`);
    const { ms: _, ...upgrade } = phases.upgrade ?? { ms: 0 };
    assert.equal(upgrade, { status: 101, headers: {}, extensions: '' });
  });

  test('tell how the other addresses failed', async (context) => {
    const { port } = await closingServer(context);
    const lookup = (_: unknown, __: unknown, done: (error: null, found: object[]) => void): void =>
      done(null, [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const { phases } = await opened(context, `ws://two.example:${port}/`, {
      ws: { lookup } as never,
    });
    assert.equal(stagesOf(phases), ['name', 'tcp', 'upgrade']);
    assert.equal(phases.tcp?.failed, [{ address: `127.0.0.2:${port}`, code: 'ECONNREFUSED' }]);
  });

  test('tell the version, the cipher, ALPN and the certificate of TLS', async (context) => {
    const { port } = await closingServer(context, { secure: true });
    const { phases } = await opened(context, `wss://localhost:${port}/`, { ws: { ca: tls.cert } });
    assert.equal(stagesOf(phases), ['name', 'tcp', 'tls', 'upgrade']);
    assert.match(phases.tls?.version ?? '', /^TLSv1\.[23]$/);
    assert.match(phases.tls?.cipher ?? '', /^[A-Z0-9_-]+$/);
    assert.is(phases.tls?.alpn, 'http/1.1');
    assert.is(phases.tls?.issuer, 'localhost');
    assert.type(phases.tls?.daysLeft, 'number');
  });

  test('tell who answered, whatever the status', async (context) => {
    const port = await answering(context, (response) =>
      response.writeHead(403, { Server: 'nginx', 'CF-Ray': '1-FRA', 'Set-Cookie': 'a=b' }).end(),
    );
    const { outcome, phases } = await opened(context, `ws://127.0.0.1:${port}/`);
    assert.is(outcome, 'error');
    assert.is(phases.upgrade?.status, 403);
    assert.equal(phases.upgrade?.headers, { server: 'nginx', 'cf-ray': '1-FRA' });
  });

  test('end where the opening did', async (context) => {
    const server = createTcpServer((socket) => void socket.on('error', () => {}));
    const port = await portOf(server, context);
    server.on('connection', (socket) => context.after(() => socket.destroy()));
    const { fault, phases } = await opened(context, `ws://127.0.0.1:${port}/`, {
      settings: { connectTimeout: 50 },
    });
    assert.is(fault?.code, 'ERR_CONNECT_TIMEOUT');
    assert.equal(stagesOf(phases), ['tcp']);
  });

  test('tell whether the server took compression', async (context) => {
    const { port } = await closingServer(context);
    const ws = { perMessageDeflate: true };
    const { phases } = await opened(context, `ws://127.0.0.1:${port}/`, { ws });
    assert.match(phases.upgrade?.extensions ?? '', 'permessage-deflate');
  });
});

suite('proxy of a client', (test) => {
  test('opens a tunnel for ws:, with credentials, and is a phase', async (context) => {
    const { port: to } = await closingServer(context);
    const { port, asked } = await connectProxy(context, { to, credentials: 'me:p@ss' });
    const proxy = `http://me:p%40ss@localhost:${port}`;
    const { outcome, phases } = await opened(context, 'ws://echo.example/', { proxy });
    assert.is(outcome, 'opened');
    const basic = Buffer.from('me:p@ss').toString('base64');
    assert.equal(asked, [`CONNECT echo.example:80 echo.example:80 Basic ${basic}`]);
    assert.equal(stagesOf(phases), ['name', 'tcp', 'proxy', 'upgrade']);
    const { ms: _, ...tunnel } = phases.proxy ?? { ms: 0 };
    assert.equal(tunnel, { proxy: `http://localhost:${port}`, target: 'echo.example:80' });
  });

  test('opens a tunnel for wss:, whose certificate is checked', async (context) => {
    const { port: to } = await closingServer(context, { secure: true });
    const { port, asked } = await connectProxy(context, { to });
    const options = { proxy: `http://127.0.0.1:${port}`, ws: { ca: tls.cert } };
    const { outcome, phases } = await opened(context, 'wss://localhost/', options);
    assert.is(outcome, 'opened');
    assert.equal(asked, ['CONNECT localhost:443 localhost:443']);
    assert.equal(stagesOf(phases), ['tcp', 'proxy', 'tls', 'upgrade']);
    assert.match(await faultOf(context, 'wss://b.example/', options), /^ERR_TLS .*b\.example/);
  });

  test('may speak TLS itself', async (context) => {
    const { port: to } = await closingServer(context, { secure: true });
    const { port } = await connectProxy(context, { to, tls });
    const proxy = `https://localhost:${port}`;
    const trusting = { proxy, ws: { ca: tls.cert } };
    assert.is((await opened(context, 'wss://localhost/', trusting)).outcome, 'opened');
    const careless = { proxy, ws: { rejectUnauthorized: false } };
    assert.is((await opened(context, 'wss://localhost/', careless)).outcome, 'opened');
    assert.match(
      await faultOf(context, 'wss://localhost/', { proxy }),
      `ERR_PROXY expected to reach the proxy ${proxy}, but the server's is not`,
    );
  });

  test('opens a tunnel by SOCKS5, and looks the name up', async (context) => {
    const { port: to } = await closingServer(context);
    const { port, asked } = await socksProxy(context, { to, credentials: 'me:pass' });
    const proxy = `socks5://me:pass@127.0.0.1:${port}`;
    const { outcome, phases } = await opened(context, 'ws://echo.example:8080/', { proxy });
    assert.is(outcome, 'opened');
    assert.equal(asked, ['echo.example:8080']);
    assert.equal(stagesOf(phases), ['tcp', 'proxy', 'upgrade']);
  });

  test('opens a tunnel by SOCKS5 for wss:', async (context) => {
    const { port: to } = await closingServer(context, { secure: true });
    const { port } = await socksProxy(context, { to });
    const options = { proxy: `socks5h://127.0.0.1:${port}`, ws: { ca: tls.cert } };
    assert.is((await opened(context, 'wss://localhost/', options)).outcome, 'opened');
  });
});

suite('URL of a proxy', (test) => {
  for (const [url, host, port] of [
    ['http://p.example', 'p.example', 80],
    ['https://[::1]', '::1', 443],
    ['socks://p.example', 'p.example', 1080],
    ['socks5://p.example:9', 'p.example', 9],
  ] as const) {
    test(`${url} has the port ${port}`, () => {
      const proxy = proxyIn(url);
      assert.equal([proxy?.host, proxy?.port], [host, port]);
    });
  }

  test('may have a percent sign that escapes nothing', () => {
    assert.equal(proxyIn('http://me:100%@p.example')?.auth, { user: 'me', password: '100%' });
  });

  test('is no other URL', () => {
    assert.equal(['p.example:80', 'ws://p.example', 'socks5:'].map(proxyIn), [
      ...[undefined, undefined, undefined],
    ]);
  });
});

suite('refusal by a proxy', (test) => {
  test('asks for credentials, and shows none', async (context) => {
    const { port } = await connectProxy(context, { to: 1, credentials: 'me:right' });
    const proxy = `http://me:wrong@127.0.0.1:${port}`;
    assert.is(
      await faultOf(context, 'ws://echo.example/', { proxy }),
      `ERR_PROXY expected the proxy http://127.0.0.1:${port} to open a tunnel to echo.example:80, but it answered 407 (Proxy Authentication Required), Proxy-Authenticate "Basic realm="loopback"", Via "1.1 proxy": give it the right credentials, as in http://user:password@host:port (proxy)`,
    );
  });

  for (const [status, remedy] of [
    ['403 Forbidden', 'have the proxy allow CONNECT to this host and port'],
    ['405 Method Not Allowed', 'that is a server rather than a proxy'],
    ['502 Bad Gateway', 'the proxy is there and cannot reach the server'],
    ['599 Odd', "see the proxy's log"],
  ] as const) {
    test(`says what to do about ${status}`, async (context) => {
      const refusal = `HTTP/1.1 ${status}\r\nX-Squid-Error: ERR_DENIED 0\r\n\r\n`;
      const { port } = await connectProxy(context, { to: 1, refusal });
      const proxy = `http://127.0.0.1:${port}`;
      const fault = await faultOf(context, 'ws://echo.example/', { proxy });
      assert.match(fault, `ERR_PROXY expected the proxy ${proxy} to open a tunnel`);
      assert.match(fault, `answered ${status.slice(0, 3)}`);
      assert.match(fault, 'X-Squid-Error "ERR_DENIED 0"');
      assert.match(fault, `: ${remedy}`);
    });
  }

  test('is not that of a proxy that is not reached', async (context) => {
    assert.match(
      await faultOf(context, 'ws://echo.example/', { proxy: 'http://127.0.0.1:1' }),
      /^ERR_PROXY expected to reach the proxy http:\/\/127\.0\.0\.1:1, but could not \(connect ECONNREFUSED 127\.0\.0\.1:1\): nothing listens there;/,
    );
  });

  for (const [what, bytes, words] of [
    ['speaks something else', 'SSH-2.0-x\r\n', 'it answered something else than HTTP'],
    ['hangs up', '', 'it broke (socket hang up'],
  ] as const) {
    test(`tells of a proxy that ${what}`, async (context) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(bytes));
      });
      const proxy = `http://127.0.0.1:${await portOf(server, context)}`;
      assert.match(await faultOf(context, 'ws://echo.example/', { proxy }), words);
    });
  }

  test('says which tunnel never came, when the time is over', async (context) => {
    const server = createTcpServer((socket) => {
      context.after(() => socket.destroy());
    });
    const proxy = `http://127.0.0.1:${await portOf(server, context)}`;
    const settings = { connectTimeout: 50 };
    assert.match(
      await faultOf(context, 'ws://echo.example/', { proxy, settings }),
      `the proxy ${proxy} was reached and opened no tunnel`,
    );
  });

  for (const [reply, words] of [
    [2, 'NotAllowed): have the proxy allow this host and port'],
    [4, 'the proxy is there and cannot reach the server'],
    [5, 'the proxy is there and cannot reach the server'],
  ] as const) {
    test(`explains reply ${reply} of SOCKS5`, async (context) => {
      const { port } = await socksProxy(context, { to: 1, reply });
      const proxy = `socks5://127.0.0.1:${port}`;
      const fault = await faultOf(context, 'ws://echo.example/', { proxy });
      assert.match(fault, `ERR_PROXY expected the proxy ${proxy} to open a tunnel to echo.example`);
      assert.match(fault, words);
    });
  }

  test('asks for credentials of SOCKS5', async (context) => {
    const { port } = await socksProxy(context, { to: 1, credentials: 'me:right' });
    for (const auth of ['me:wrong@', '']) {
      const proxy = `socks5://${auth}127.0.0.1:${port}`;
      assert.match(
        await faultOf(context, 'ws://echo.example/', { proxy }),
        'give it the right credentials',
      );
    }
  });

  test('names the proxy that no TCP connection comes about with', async (context) => {
    // A lookup that never calls back.
    const options = { proxy: 'http://proxy.example:1', ws: { lookup: () => {} } as never };
    assert.match(
      await faultOf(context, 'ws://a.example/', { ...options, settings: { connectTimeout: 20 } }),
      'the name proxy.example was still being looked up',
    );
  });

  test('says what to do about an error without a code', () => {
    const proxy = proxyIn('http://p.example') as ForwardProxy;
    assert.match(
      proxyNotReached(proxy, new Error('odd')).failure.remedy,
      'check the address of the proxy',
    );
  });

  test('is local where its URL is none of a proxy', async (context) => {
    assert.is(
      await faultOf(context, 'ws://echo.example/', { proxy: 'ftp://me:secret@127.0.0.1' }),
      'ERR_MISUSE expected the URL of a proxy, such as http://host:port or socks5://host:port, but got "ftp://…@127.0.0.1": mend it, here or in the variable of the environment that has it (proxy)',
    );
  });
});

suite('place that a client connects to', (test) => {
  test('may be another than the URL says, which keeps its Host and its certificate', async (context) => {
    const { port, seen } = await closingServer(context, { secure: true });
    const options = { connectTo: { host: '127.0.0.1', port }, ws: { ca: tls.cert } };
    const { outcome, phases } = await opened(context, 'wss://localhost:1/', options);
    assert.is(outcome, 'opened');
    assert.is(phases.tcp?.address, `127.0.0.1:${port}`);
    assert.is(seen[0]?.host, 'localhost:1');
    assert.match(
      await faultOf(context, 'wss://b.example/', options),
      /^ERR_TLS .* not for b\.example/,
    );
  });

  test('may have another name for TLS', async (context) => {
    const { port, seen } = await closingServer(context, { secure: true });
    const ws = { ca: tls.cert, servername: 'localhost' };
    const connectTo = { host: '127.0.0.1', port };
    const { outcome } = await opened(context, 'wss://b.example/', { connectTo, ws });
    assert.equal([outcome, seen[0]?.host], ['opened', 'b.example']);
  });

  test('may be a Unix socket', async (context) => {
    const path = `${folderWith(context)}/ws.sock`;
    const http = createServer();
    const paths: unknown[] = [];
    new WebSocketServer({ server: http }).on('connection', (ws, { url }) => {
      paths.push(url);
      ws.close(1000);
    });
    http.listen(path);
    context.after(() => http.close());
    await once(http, 'listening');
    const { outcome, phases } = await opened(context, `ws+unix:${path}:/echo?a`);
    assert.equal([outcome, paths], ['opened', ['/echo?a']]);
    assert.equal(stagesOf(phases), ['unix', 'upgrade']);
    assert.is(phases.unix?.path, path);
    assert.match(
      await faultOf(context, `ws+unix:${path}.none:/`),
      /^ERR_CONNECT .*: no such socket is there;/,
    );
    assert.match(
      await faultOf(context, `ws+unix:${path}:/`, { connectTo: { host: 'a', port: 1 } }),
      'but another place was given',
    );
    assert.is(
      await faultOf(context, `ws+unix:${path}:/`, { proxy: 'http://127.0.0.1:1' }),
      'ERR_MISUSE expected a Unix socket to be reached straight, but a proxy was given: leave it out, or dial a URL such as ws://host:port/',
    );
  });
});

suite('compressed connection', (test) => {
  /** A server that sends one compressed message, and leaves in this way. */
  const leaving = async (context: TestContext, leave: (socket: Socket) => void) => {
    const http = createServer();
    new WebSocketServer({ server: http, perMessageDeflate: { threshold: 0 } }).on(
      'connection',
      (ws, { socket }) => {
        ws.on('message', () => leave(socket));
        ws.send('a'.repeat(1_000));
      },
    );
    const url = `ws://127.0.0.1:${await portOf(http, context)}/`;
    const ws = { perMessageDeflate: { threshold: 0 } };
    return (await startClient(url, context, { ws, session: { strictClose: false } }).output).fault;
  };

  test('tells the end between two messages', async (context) => {
    assert.is(await leaving(context, (socket) => socket.end()), null);
  });

  test('tells an end inside a message', async (context) => {
    // The head of a compressed text of 5 bytes (RFC 7692, 6).
    const fault = await leaving(context, (socket) => socket.end(Buffer.of(0xc1, 5, 1)));
    assert.is(fault?.code, 'ERR_TRUNCATED');
  });

  test('tells bytes that do not inflate', async (context) => {
    const fault = await leaving(context, (socket) => {
      socket.write(Buffer.of(0xc1, 3, 0xff, 0xff, 0xff));
    });
    assert.is(fault?.code, 'ERR_PROTOCOL');
  });
});

suite('redirect of a handshake', (test) => {
  const follow = { settings: { maxRedirects: 2 } };

  test('is followed, and told', async (context) => {
    const { port, seen } = await closingServer(context);
    const first = await answering(context, (response) =>
      response.writeHead(302, { Location: `http://127.0.0.1:${port}/b?token=1` }).end(),
    );
    const { outcome, redirects, phases } = await opened(
      context,
      `ws://127.0.0.1:${first}/`,
      follow,
    );
    assert.is(outcome, 'opened');
    assert.equal(
      redirects.map(({ status, to }) => [status, to]),
      [[302, `ws://127.0.0.1:${port}/b?…`]],
    );
    assert.is(redirects[0]?.phases.upgrade?.status, 302);
    assert.is(phases.upgrade?.status, 101);
    assert.is(seen.length, 1);
  });

  test('takes no credentials to another host', async (context) => {
    const { port, seen } = await closingServer(context);
    const first = await answering(context, (response) =>
      response.writeHead(307, { Location: `ws://127.0.0.1:${port}/` }).end(),
    );
    await opened(context, `ws://user:password@localhost:${first}/`, {
      ...follow,
      ws: { headers: { 'X-Api-Key': 'secret', Cookie: 'secret' }, origin: 'http://localhost' },
    });
    const { authorization, cookie, 'x-api-key': key, origin } = seen[0] ?? {};
    assert.equal(
      [authorization, cookie, key, origin],
      [...[undefined, undefined, undefined], 'http://localhost'],
    );
  });

  test('takes credentials to another path of the same host', async (context) => {
    const http = createServer((_, response) => {
      response.writeHead(308, { Location: '/there' }).end();
    });
    const seen: (string | undefined)[] = [];
    const there = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      seen.push(request.headers.authorization);
      if (request.url === '/') {
        socket.end('HTTP/1.1 308 Permanent Redirect\r\nLocation: /there\r\n\r\n');
      } else there.handleUpgrade(request, socket, head, (ws) => ws.close(1000));
    });
    const port = await portOf(http, context);
    const { outcome } = await opened(context, `ws://a:b@127.0.0.1:${port}/`, follow);
    const basic = `Basic ${Buffer.from('a:b').toString('base64')}`;
    assert.equal([outcome, seen], ['opened', [basic, basic]]);
  });

  test('is an error after too many', async (context) => {
    const port = await answering(context, (response) =>
      response.writeHead(302, { Location: '/again' }).end(),
    );
    assert.is(
      await faultOf(context, `ws://127.0.0.1:${port}/`, follow),
      `ERR_HANDSHAKE expected at most 2 redirects, but another came, to "ws://127.0.0.1:${port}/again": see whether they lead in a circle, and dial the URL where they should end`,
    );
  });

  for (const [from, to, isTrusted] of [
    ['wss://a.example/', 'wss://a.example/b', true],
    ['ws://a.example/', 'wss://a.example/', true],
    ['wss://a.example/', 'ws://a.example/', false],
    ['wss://a.example/', 'wss://a.example:8443/', false],
    ['wss://a.example/', 'wss://b.example/', false],
  ] as const) {
    test(`takes ${isTrusted ? 'its' : 'no'} credentials from ${from} to ${to}`, () => {
      const connectTo = { host: '127.0.0.1', port: 1 };
      const ws = { headers: { Cookie: 'a' }, cert: 'c', servername: 's', maxPayload: 1 };
      const { url, options } = followed(new URL(from.replace('//', '//u:p@')), new URL(to), {
        ...{ ws, connectTo },
      });
      assert.is(url.username, isTrusted ? 'u' : '');
      assert.equal(options.ws, isTrusted ? ws : { maxPayload: 1 });
      const isSame = isTrusted && from.startsWith('wss');
      assert.equal(options.connectTo, isSame ? connectTo : undefined);
    });
  }

  test('keeps the credentials that it names itself', () => {
    const { url } = followed(new URL('ws://u:p@a/'), new URL('ws://x:y@a/'), {});
    assert.is(url.href, 'ws://x:y@a/');
  });

  for (const location of ['ws+unix:/run/docker.sock:/', 'ftp://localhost/', 'http://[']) {
    test(`is not followed to ${location}`, async (context) => {
      const port = await answering(context, (response) =>
        response.writeHead(302, { Location: location }).end(),
      );
      const { outcome, fault, redirects } = await opened(
        context,
        `ws://127.0.0.1:${port}/`,
        follow,
      );
      assert.equal([outcome, fault?.fact, redirects], ['error', 'socket.failed', []]);
    });
  }
});
