/** Forward proxies for tests, written by hand: HTTP CONNECT and SOCKS5, on loopback. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './portOf.js';
import type { TestContext } from './suite.js';

/** A proxy that runs. `asked` has a line for each request; every tunnel ends at `to`, whatever is asked. */
export interface TestProxy {
  port: number;
  asked: string[];
}

export interface ConnectOptions {
  /** The port on loopback where every tunnel ends. */
  to: number;
  /** The credentials it wants, such as `user:password`. */
  credentials?: string;
  /** The head of the answer with which it refuses every tunnel. */
  refusal?: string;
  /** The key and the certificate of a proxy that speaks TLS. */
  tls?: { key: string; cert: string };
}

/** Joins two sockets, until either ends or breaks. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

/** A proxy for HTTP CONNECT. */
export async function connectProxy(
  context: TestContext,
  { to, credentials, refusal, tls }: ConnectOptions,
): Promise<TestProxy> {
  const asked: string[] = [];
  const server: HttpServer = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  server.on('connect', (request, client: Socket) => {
    const { host, 'proxy-authorization': given = '' } = request.headers;
    asked.push(`${request.method} ${request.url} ${host} ${given}`.trim());
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (refusal !== undefined) client.end(refusal);
    else if (wanted !== undefined && given !== wanted) {
      const asks = 'Proxy-Authenticate: Basic realm="loopback"\r\nVia: 1.1 proxy';
      client.end(`HTTP/1.1 407 Proxy Authentication Required\r\n${asks}\r\n\r\n`);
    } else {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(client, connect(to, '127.0.0.1'));
    }
  });
  return { port: await portOf(server, context), asked };
}

export interface SocksOptions {
  to: number;
  credentials?: string;
  /** The reply to every request, 0 for a tunnel (RFC 1928, 6). */
  reply?: number;
}

/** A proxy for SOCKS5. */
export async function socksProxy(
  context: TestContext,
  { to, credentials, reply = 0 }: SocksOptions,
): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', () => {
      client.write(Buffer.of(5, credentials === undefined ? 0 : 2));
      if (credentials === undefined) request(client);
      else authenticate(client);
    });
  });
  const authenticate = (client: Socket): void => {
    client.once('data', (bytes: Buffer) => {
      const user = bytes.subarray(2, 2 + (bytes[1] ?? 0));
      const password = bytes.subarray(3 + user.length);
      const isRight = `${user}:${password}` === credentials;
      client.write(Buffer.of(1, isRight ? 0 : 1));
      if (isRight) request(client);
    });
  };
  const request = (client: Socket): void => {
    client.once('data', (bytes: Buffer) => {
      asked.push(targetIn(bytes));
      client.write(Buffer.of(5, reply, 0, 1, 127, 0, 0, 1, 0, 80));
      if (reply === 0) join(client, connect(to, '127.0.0.1'));
      else client.end();
    });
  };
  return { port: await portOf(server, context), asked };
}

/** The host and port that a request of SOCKS5 names (RFC 1928, 4). */
function targetIn(bytes: Buffer): string {
  const isName = bytes[3] === 3;
  const host = isName
    ? bytes.subarray(5, 5 + (bytes[4] ?? 0)).toString()
    : bytes.subarray(4, 8).join('.');
  return `${host}:${bytes.readUInt16BE(bytes.length - 2)}`;
}
