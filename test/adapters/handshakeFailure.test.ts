/** Why a connection did not open: every kind of refusal, each explained for itself. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { mock } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { connectionFailure } from '../../adapters/connectionFailure.js';
import { reasonOf } from '../../adapters/reason.js';
import { sentenceOf } from '../../machines/index.js';
import { startClient } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

function systemError(message: string, code: string, syscall?: string): Error {
  return Object.assign(new Error(message), { code, ...(syscall && { syscall }) });
}

async function portOf(server: Server, { after }: TestContext): Promise<number> {
  server.listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What a client says of a server that answers its request with these lines. */
async function refusal(context: TestContext, answer: string, subprotocols: string[] = []) {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(answer.replaceAll('\n', '\r\n')));
    socket.on('error', () => {});
  });
  const url = `ws://127.0.0.1:${await portOf(server, context)}/`;
  const { fault } = await startClient(url, context, { subprotocols }).output;
  return `${fault?.code} ${fault?.message}`;
}

/**
 * A client whose request has had this answer so far: how to go on, and what the client will say.
 */
async function answering(context: TestContext, answer: string) {
  const pieces = new EventEmitter();
  const onResponse = (message: unknown): void => {
    const { response } = message as { response: IncomingMessage };
    response.on('data', () => pieces.emit('piece'));
  };
  subscribe(RESPONDED, onResponse);
  context.after(() => unsubscribe(RESPONDED, onResponse));
  const server = createServer();
  const url = `ws://127.0.0.1:${await portOf(server, context)}/`;
  const { output } = startClient(url, context);
  const [socket] = (await once(server, 'connection')) as [Socket];
  context.after(() => socket.destroy());
  await once(socket, 'data');
  /** Writes a piece of the answer; resolves once the client has read what it holds of the body. */
  const write = async (piece: string): Promise<void> => {
    const read = once(pieces, 'piece');
    socket.write(piece);
    await read;
  };
  await write(answer);
  return { write, sentence: output.then(({ fault }) => fault?.message ?? '') };
}

/** Node's channel of the answers that have come to this process. */
const RESPONDED = 'http.client.response.finish';

const REDIRECTS: { [status: number]: string } = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
};

const NOT_101 = 'ERR_HANDSHAKE expected status 101 (Switching Protocols), but the server answered';

suite('reason of an error', (test) => {
  test('names its code, once', () => {
    assert.is(reasonOf(systemError('read ECONNRESET', 'ECONNRESET')), 'read ECONNRESET');
    assert.is(reasonOf(systemError('it broke', 'E1')), 'it broke, E1');
    assert.is(reasonOf(new Error('it broke')), 'it broke');
  });

  test('is one line, where OpenSSL ends it with a line break', () => {
    assert.is(
      reasonOf(systemError('wrong version number\n', 'EPROTO')),
      'wrong version number, EPROTO',
    );
  });

  test('joins those of several attempts', () => {
    const attempts = [new Error('not on ::1'), 'odd', new Error('not on 127.0.0.1')];
    assert.is(reasonOf(new AggregateError(attempts)), 'not on ::1; odd; not on 127.0.0.1');
  });
});

suite('failure of a handshake', (test) => {
  const refusals: [name: string, answer: string, sentence: string][] = [
    [
      'a page',
      'HTTP/1.1 200 OK\nServer: nginx/1.22.1\n\n\n<!doctype html>\n<p>Hi',
      `${NOT_101} 200 (OK), Server "nginx/1.22.1", body "<!doctype html>": that path serves a page and no WebSocket; check the path of the URL, and whether a proxy passes the header Upgrade on`,
    ],
    ...[301, 302, 307, 308].map((status): [string, string, string] => [
      `a redirect ${status}`,
      `HTTP/1.1 ${status} Elsewhere\nLocation: https://b.example/ws\nContent-Length: 0\n\n`,
      `${NOT_101} ${status} (${REDIRECTS[status]}), Location "https://b.example/ws": dial the URL that Location names, with ws:// or wss://, or follow redirects (maxRedirects)`,
    ]),
    [
      'a handshake that lost its headers',
      'HTTP/1.1 400 Bad Request\nVia: 1.1 proxy\n\nMissing or invalid Sec-WebSocket-Key header',
      `${NOT_101} 400 (Bad Request), Via "1.1 proxy", body "Missing or invalid Sec-WebSocket-Key header": the request was not taken for a WebSocket handshake; see whether a proxy drops or changes Upgrade, Connection or a header Sec-WebSocket-…`,
    ],
    [
      'credentials that are wanted',
      'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="x"\nContent-Length: 0\n\n',
      `${NOT_101} 401 (Unauthorized), WWW-Authenticate "Basic realm="x"": send the credentials that it asks for in a header Authorization (headers)`,
    ],
    [
      'an origin that is not allowed',
      'HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n',
      `${NOT_101} 403 (Forbidden): it knows who asks and refuses; check the origin, the credentials and its list of both (origin)`,
    ],
    [
      'a path that is not there',
      'HTTP/1.1 404 Not Found\nContent-Length: 0\n\n',
      `${NOT_101} 404 (Not Found): nothing is at that path; check the path of the URL and the routes of the proxy`,
    ],
    [
      'a proxy that wants credentials',
      'HTTP/1.1 407 Nope\nProxy-Authenticate: Basic realm="squid"\nContent-Length: 0\n\n',
      `${NOT_101} 407 (Proxy Authentication Required), Proxy-Authenticate "Basic realm="squid"": a proxy wants credentials before it forwards; send them in Proxy-Authorization (headers)`,
    ],
    [
      'a path that drops Upgrade',
      'HTTP/1.1 426 Upgrade Required\nServer: nginx\nUpgrade: websocket\n\nThis is a WebSocket server',
      `${NOT_101} 426 (Upgrade Required), Upgrade "websocket", Server "nginx", body "This is a WebSocket server": a WebSocket server is there, and the path dropped or changed the header Upgrade or Connection of the request, or both; let the proxy pass them on`,
    ],
    [
      'a server of another protocol',
      'HTTP/1.1 426 Upgrade Required\nUpgrade: TLS/1.2\nContent-Length: 0\n\n',
      `${NOT_101} 426 (Upgrade Required), Upgrade "TLS/1.2": it wants another protocol than WebSocket; check the URL`,
    ],
    [
      'a server of another version',
      'HTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 14\nContent-Length: 0\n\n',
      `${NOT_101} 426 (Upgrade Required), Sec-WebSocket-Version "14": it speaks other versions of the protocol than 13; renew it`,
    ],
    [
      'a path that drops the version',
      'HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nSec-WebSocket-Version: 8, 13\n\n',
      `${NOT_101} 426 (Upgrade Required), Upgrade "websocket", Sec-WebSocket-Version "8, 13": it speaks version 13, so the path dropped or changed the header Sec-WebSocket-Version of the request; let the proxy pass it on`,
    ],
    [
      'too many requests',
      'HTTP/1.1 429 Slow down\nRetry-After: 30\nContent-Length: 0\n\n',
      `${NOT_101} 429 (Too Many Requests), Retry-After "30": it takes no more from this address for a while; wait, then dial less often`,
    ],
    [
      'a backend that is down',
      'HTTP/1.1 502 Bad Gateway\nServer: nginx/1.22.1\n\n<html>\n<head>',
      `${NOT_101} 502 (Bad Gateway), Server "nginx/1.22.1", body "<html>": the proxy is there and cannot reach its backend; see whether the backend runs, and where the proxy looks for it`,
    ],
    [
      'a page, by its title',
      'HTTP/1.1 502 Bad Gateway\n\n<html>\n<head><title>502 Bad\n Gateway</title></head>',
      `${NOT_101} 502 (Bad Gateway), body "502 Bad Gateway": the proxy is there and cannot reach its backend; see whether the backend runs, and where the proxy looks for it`,
    ],
    [
      'a page without its secrets',
      'HTTP/1.1 404 Not Found\n\nCannot GET /echo?SECRET of "http://u:SECRET@h/?token=SECRET"? No',
      `${NOT_101} 404 (Not Found), body "Cannot GET /echo?… of "http://…@h/?…"? No": nothing is at that path; check the path of the URL and the routes of the proxy`,
    ],
    [
      'a redirect without its secrets',
      'HTTP/1.1 302 Found\nLocation: https://u:SECRET@h/echo?token=SECRET#SECRET\nContent-Length: 0\n\n',
      `${NOT_101} 302 (Found), Location "https://…@h/echo?…": dial the URL that Location names, with ws:// or wss://, or follow redirects (maxRedirects)`,
    ],
    [
      'a long line, whole',
      `HTTP/1.1 400 Bad Request\n\n${'a long '.repeat(25)}line`,
      `${NOT_101} 400 (Bad Request), body "${'a long '.repeat(25)}line": the request was not taken for a WebSocket handshake; see whether a proxy drops or changes Upgrade, Connection or a header Sec-WebSocket-…`,
    ],
    [
      'nobody to serve',
      'HTTP/1.1 503 Service Unavailable\nRetry-After: 5\nVia: 1.1 lb\n\nNo server is available',
      `${NOT_101} 503 (Service Unavailable), Retry-After "5", Via "1.1 lb", body "No server is available": the proxy or the server is there and serves nobody now; see whether the backend is down, full or draining`,
    ],
    [
      'a backend that is stuck',
      'HTTP/1.1 504 Gateway Timeout\nContent-Length: 0\n\n',
      `${NOT_101} 504 (Gateway Timeout): the proxy is there and waited for its backend in vain; see what holds the backend up`,
    ],
    [
      'a refusal of its own kind',
      "HTTP/1.1 418 I'm a Teapot\n\n\n",
      `${NOT_101} 418 (I'm a Teapot): see whether the URL is that of a WebSocket service`,
    ],
    [
      'a refusal with nothing but space in its body',
      `HTTP/1.1 404 Not Found\n\n${' '.repeat(2_000)}`,
      `${NOT_101} 404 (Not Found): nothing is at that path; check the path of the URL and the routes of the proxy`,
    ],
    [
      'a status that nobody knows',
      'HTTP/1.1 599 Odd\nContent-Length: 0\n\n',
      `${NOT_101} 599: see the log of the server and of the proxies before it`,
    ],
    [
      'control characters, which are escaped',
      'HTTP/1.1 404 Not Found\n\n\u001b[31mred\u0007',
      `${NOT_101} 404 (Not Found), body "\\x1b[31mred\\x07": nothing is at that path; check the path of the URL and the routes of the proxy`,
    ],
    [
      'an answer 101 without Upgrade',
      'HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\n\n',
      'ERR_HANDSHAKE expected "Upgrade: websocket" in the answer 101, but the header Upgrade was missing: something on the path drops the header Upgrade of the answer',
    ],
    [
      'an answer 101 without Connection',
      'HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n',
      'ERR_HANDSHAKE expected "Connection: Upgrade" in the answer 101, but the header Connection was missing: something on the path drops the header Connection of the answer',
    ],
    [
      'an answer 101 with neither header',
      'HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Accept: AAAA\n\n',
      'ERR_HANDSHAKE expected "Upgrade: websocket" and "Connection: Upgrade" in the answer 101, but the headers Upgrade and Connection were missing: something on the path drops both headers of the answer',
    ],
    [
      'an answer 101 with another Connection',
      'HTTP/1.1 101 Switching Protocols\nConnection: keep-alive\nUpgrade: websocket\n\n',
      'ERR_HANDSHAKE expected "Connection: Upgrade" in the answer 101, but the header Connection was "keep-alive": something on the path changes the header Connection of the answer',
    ],
    [
      'an answer 101 to another protocol',
      'HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: h2c\n\n',
      'ERR_HANDSHAKE expected "Upgrade: websocket" in the answer 101, but the header Upgrade was "h2c": see whether something on the path drops or changes it',
    ],
    [
      'an answer 101 to another key',
      'HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Accept: AAAA\n\n',
      "ERR_HANDSHAKE expected a Sec-WebSocket-Accept made from this request's key, but another came: see whether something on the path answers in the server's place, or changes headers",
    ],
    [
      'an answer 101 to no key',
      'HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n\n',
      "ERR_HANDSHAKE expected a Sec-WebSocket-Accept made from this request's key, but there was none: see whether something on the path answers in the server's place, or changes headers",
    ],
  ];

  for (const [name, answer, sentence] of refusals) {
    test(`explains ${name}`, async (context) => {
      assert.is(await refusal(context, answer), sentence);
    });
  }

  test('reads a body to the end of its line, in however many pieces it comes', async (context) => {
    const { write, sentence } = await answering(context, 'HTTP/1.1 503 Unavailable\r\n\r\nno ');
    await write('backend is ');
    await write('available\nat all');
    assert.match(await sentence, /503 .*, body "no backend is available": /);
  });

  test('waits for a body for 1 s in all, even if blanks drip from it', async (context) => {
    const patience = mock.method(globalThis, 'setTimeout');
    context.after(() => mock.restoreAll());
    const { write, sentence } = await answering(context, 'HTTP/1.1 502 Bad Gateway\r\n\r\n ');
    await write(' ');
    const waits = patience.mock.calls.filter(({ arguments: [, ms] }) => ms === 1_000);
    assert.is(waits.length, 1);
    waits[0]?.arguments[0]();
    assert.match(await sentence, /the server answered 502 \(Bad Gateway\): /);
  });

  test('explains bytes that are no HTTP', async (context) => {
    assert.is(
      await refusal(context, 'SSH-2.0-x\n'),
      'ERR_HANDSHAKE expected an answer in HTTP to the upgrade request, but other bytes came, "SSH-2.0-x": see whether the URL is that of a WebSocket service',
    );
  });

  test('explains bytes that are no text', async (context) => {
    assert.match(await refusal(context, '\0\u0001'), /other bytes came, \[2 bytes: 00 01\]: /);
  });

  test('explains an answer with a header that is not valid', async (context) => {
    assert.is(
      await refusal(
        context,
        'HTTP/1.1 401 Unauthorized\nServer: \u001b[31mred\nWWW-Authenticate: Basic\n\n',
      ),
      `${NOT_101} 401 (Unauthorized), WWW-Authenticate "Basic", Server "\\x1b[31mred", in HTTP that is not valid (Invalid header value char): send the credentials that it asks for in a header Authorization (headers)`,
    );
  });

  test('explains an address that cannot be reached for another reason', () => {
    assert.is(
      sentenceOf(connectionFailure(systemError('connect EACCES', 'EACCES', 'connect'))),
      'expected to reach the server, but could not (connect EACCES): check the address, and that the server runs',
    );
  });

  test('explains an error of the parser that has no bytes', () => {
    assert.is(
      sentenceOf(connectionFailure(systemError('Parse Error', 'HPE_INVALID_CONSTANT'))),
      'expected an answer in HTTP to the upgrade request, but other bytes came, [0 bytes]: see whether the URL is that of a WebSocket service',
    );
  });

  test('explains a server that speaks HTTP/2 alone', async (context) => {
    const settings = '\0\0\u0006\u0004\0\0\0\0\0\0\u0003\0\0\0d';
    assert.is(
      await refusal(context, settings),
      'ERR_HANDSHAKE expected an answer in HTTP to the upgrade request, but that port speaks HTTP/2 alone: use a port that takes HTTP/1.1 too',
    );
  });

  test('explains a server that leaves without an answer', async (context) => {
    assert.is(
      await refusal(context, ''),
      'ERR_TRANSPORT expected an answer to the upgrade request, but the server was reached and the connection broke (socket hang up, ECONNRESET): see whether that port speaks TLS (wss://) or wants a certificate of the client, and what the path or the server has in its log',
    );
  });
});

// ------------------------------------------------------------------------------------- subprotocols

suite('failure over subprotocols', (test) => {
  const chosen = (name: string) =>
    `HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Accept: ACCEPT\n${name}\n`;

  for (const [name, offered, header, sentence] of [
    [
      'a server that chooses none of those offered',
      ['a', 'b'],
      '',
      'expected the server to choose one of the subprotocols offered, but it is a WebSocket server that chose none of them: offer one that it speaks, or none (subprotocols)',
    ],
    [
      'a server that chooses another',
      ['a', 'b'],
      'Sec-WebSocket-Protocol: c\n',
      'expected the server to choose one of the subprotocols offered, but it chose "c": offer that one, or mend the server (subprotocols)',
    ],
    [
      'a server that chooses one though none was offered',
      [],
      'Sec-WebSocket-Protocol: c\n',
      'expected no subprotocol, since none was offered, but the server chose "c": offer that one, or mend the server (subprotocols)',
    ],
    [
      'a server that chooses an extension though none was offered',
      [],
      'Sec-WebSocket-Extensions: permessage-deflate\n',
      'expected no extension but those offered, but the server chose "permessage-deflate": mend the server, or see what on the path adds it',
    ],
  ] as [string, string[], string, string][]) {
    test(`explains ${name}`, async (context) => {
      const { createHash } = await import('node:crypto');
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', (request) => {
          const key = /^sec-websocket-key: *(.*)\r$/im.exec(request.toString())?.[1];
          const accept = createHash('sha1')
            .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
            .digest('base64');
          const answer = chosen(header).replace('ACCEPT', accept).replaceAll('\n', '\r\n');
          socket.end(answer);
        });
      });
      const url = `ws://127.0.0.1:${await portOf(server, context)}/`;
      const { fault } = await startClient(url, context, { subprotocols: offered }).output;
      assert.is(`${fault?.code} ${fault?.message}`, `ERR_HANDSHAKE ${sentence}`);
    });
  }
});

// ---------------------------------------------------------------------------------------------- TLS

const pem = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../test/support/tls/${name}`, import.meta.url)));

/** What a client says of a TLS server; `scheme` is how it dials. */
async function tlsRefusal(
  context: TestContext,
  scheme: 'ws' | 'wss',
  options: TlsOptions = {},
): Promise<string> {
  const server = createTlsServer({ key: pem('key.pem'), cert: pem('cert.pem'), ...options });
  server.on('tlsClientError', () => {});
  const url = `${scheme}://127.0.0.1:${await portOf(server, context)}/`;
  const { fault } = await startClient(url, context, { ws: { rejectUnauthorized: false } }).output;
  return `${fault?.code} ${fault?.message}`;
}

suite('failure of TLS', (test) => {
  test('says that a port does not speak it, in one line', async (context) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    const url = `wss://127.0.0.1:${await portOf(server, context)}/`;
    const { fault } = await startClient(url, context).output;
    assert.is(
      `${fault?.code} ${fault?.message}`,
      'ERR_TLS expected a TLS connection, but that port does not speak TLS (wrong version number): use ws://, or the port that speaks TLS',
    );
  });

  test('says that a port speaks it where ws:// was dialled', async (context) => {
    const alert = '\u0015\u0003\u0001\0\u0002\u0002F';
    assert.is(
      await refusal(context, alert),
      'ERR_HANDSHAKE expected an answer in HTTP to the upgrade request, but that port speaks TLS: use wss:// rather than ws://',
    );
    // Node's own TLS server hangs up and sends no alert.
    assert.match(await tlsRefusal(context, 'ws'), 'see whether that port speaks TLS (wss://)');
  });

  const demanding = { requestCert: true, rejectUnauthorized: true };

  test('says that the server wants a certificate of the client', async (context) => {
    assert.is(
      await tlsRefusal(context, 'wss', { ...demanding, minVersion: 'TLSv1.3' }),
      'ERR_TLS expected the server to take this TLS connection, but it wants a certificate of the client, and none was given (tlsv13 alert certificate required): give the client a certificate (cert)',
    );
    assert.is(
      await tlsRefusal(context, 'wss', { ...demanding, maxVersion: 'TLSv1.2' }),
      'ERR_TLS expected the server to take this TLS connection, but it refused the handshake (sslv3 alert handshake failure): it wants a certificate of the client, or shares no version or cipher; give the client a certificate (cert)',
    );
  });

  const remedies: [code: string, remedy: string][] = [
    ['INVALID_PURPOSE', 'give the server a certificate that is made for servers'],
    ['INVALID_CA', 'have it signed by an authority that may sign it: one on the way to it may not'],
    [
      'PATH_LENGTH_EXCEEDED',
      'have it signed by an authority that may sign it: one on the way to it may not',
    ],
    ['HOSTNAME_MISMATCH', 'dial a name that the certificate has, or add this one to it'],
    ['CERT_REVOKED', 'give the server another certificate'],
    ['CERT_REJECTED', 'give the server another certificate'],
    ['UNSPECIFIED', 'give the server another certificate'],
    [
      'CERT_SIGNATURE_FAILURE',
      "its authority's key did not make this signature; check that authority, and the server's chain",
    ],
    ['CRL_HAS_EXPIRED', 'check the list of revoked certificates that was given'],
  ];
  for (const [code, remedy] of remedies) {
    test(`names the server's certificate for ${code}, and no authority`, () => {
      const failure = connectionFailure(systemError('no', code));
      assert.is(
        `${failure.code} ${sentenceOf(failure)}`,
        `ERR_TLS expected a certificate that this machine trusts, but the server's is not (no, ${code}): ${remedy}`,
      );
    });
  }

  for (const [cert, names] of [
    [{ subjectaltname: 'DNS:a.example', subject: { CN: 'a' } }, '"DNS:a.example"'],
    [{ subject: { CN: 'a' } }, '"a"'],
    [{}, 'no name'],
  ] as const) {
    test(`says that a certificate is for ${names}`, () => {
      const error = systemError('not in the list: ', 'ERR_TLS_CERT_ALTNAME_INVALID');
      const { came } = connectionFailure(Object.assign(error, { host: '127.0.0.1', cert }));
      assert.is(
        came,
        `the server's is for ${names} and not for 127.0.0.1 (ERR_TLS_CERT_ALTNAME_INVALID)`,
      );
    });
  }

  for (const [error, sentence] of [
    [
      systemError('unknown ca', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
      "expected the server to take this TLS connection, but the client's certificate is signed by none of the server's authorities (unknown ca, ERR_SSL_TLSV1_ALERT_UNKNOWN_CA): give the client another, or have the server trust the authority of this one (cert)",
    ],
    [
      systemError('expired', 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED'),
      "expected the server to take this TLS connection, but the client's certificate has expired (expired, ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED): renew it (cert)",
    ],
    [
      systemError('bad certificate', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'),
      "expected the server to take this TLS connection, but it wants a certificate of the client, and none was given or not the right one (bad certificate, ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE): give the client a certificate that one of the server's authorities has signed (cert)",
    ],
    [
      systemError('certificate required', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
      'expected the server to take this TLS connection, but it wants a certificate of the client, and none was given (certificate required, ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED): give the client a certificate (cert)',
    ],
    [
      systemError('handshake failure', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'),
      'expected the server to take this TLS connection, but it refused the handshake (handshake failure, ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE): it wants a certificate of the client, or shares no version or cipher; give the client a certificate (cert)',
    ],
    [
      systemError('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
      "expected a certificate that this machine trusts, but the server's is not (self-signed certificate, DEPTH_ZERO_SELF_SIGNED_CERT): name a file with the authority that signed it, or the certificate itself (ca)",
    ],
    [
      systemError('unable to verify', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      "expected a certificate that this machine trusts, but the server's is not (unable to verify, UNABLE_TO_VERIFY_LEAF_SIGNATURE): name a file with the authority that signed it, or the certificate itself (ca)",
    ],
    [
      systemError('certificate has expired', 'CERT_HAS_EXPIRED'),
      "expected a certificate that this machine trusts, but the server's is not (certificate has expired, CERT_HAS_EXPIRED): renew the server's certificate, or set this machine's clock",
    ],
    [
      systemError('not in altnames', 'ERR_TLS_CERT_ALTNAME_INVALID'),
      "expected a certificate that this machine trusts, but the server's is not (not in altnames, ERR_TLS_CERT_ALTNAME_INVALID): dial a name that the certificate has, or add this one to it",
    ],
    [
      systemError('no shared cipher', 'ERR_SSL_NO_SHARED_CIPHER'),
      'expected a TLS connection, but the handshake failed (no shared cipher, ERR_SSL_NO_SHARED_CIPHER): see whether that port speaks TLS, and which versions and ciphers it takes',
    ],
  ] as [Error & { code: string }, string][]) {
    test(`is explained for ${error.code}`, () => {
      const failure = connectionFailure(error);
      assert.is(`${failure.code} ${sentenceOf(failure)}`, `ERR_TLS ${sentence}`);
    });
  }
});
