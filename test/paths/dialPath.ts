/**
 * A plain client for a path: TCP, the tunnel of a forward proxy, TLS and the handshake, step by step on
 * bare sockets. It reports the first answer that is not the wanted one, and judges nothing.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { handshakeRequest, headOf, RawPeer, readHead } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import type { EntryPoint } from './path.js';

/** The answer to a dial. */
export interface Answer {
  /** Whose it is: the forward proxy's, or that of the server behind the URL. */
  from: 'proxy' | 'server';
  status: number;
  /** The lines of its head. */
  lines: string[];
  /** The open connection, to be worked by hand, after a status of 101. */
  peer: RawPeer | undefined;
}

/** Dials through a path; `headers` are lines of the handshake. Rejects where TCP or TLS fails. */
export async function dialPath(
  entry: EntryPoint,
  context: TestContext,
  headers: readonly string[] = [],
): Promise<Answer> {
  const url = new URL(entry.url);
  const target = entry.connectTo ?? `${url.hostname}:${portOf(url)}`;
  let socket = await tcpTo(entry.proxy === undefined ? target : new URL(entry.proxy).host, context);
  if (entry.proxy !== undefined) {
    const { status, lines } = await tunnelThrough(new URL(entry.proxy), target, socket);
    if (status !== 200) return { from: 'proxy', status, lines, peer: undefined };
  }
  if (url.protocol === 'wss:') socket = await tlsOver(socket, url, entry);
  const credentials = basicCredentials(url);
  const lines = credentials === undefined ? [] : [`Authorization: ${credentials}`];
  socket.write(handshakeRequest(entry.url, [...lines, ...headers]));
  const { head, ...answer } = await answerOn(socket);
  const peer = answer.status === 101 ? new RawPeer(socket, true, head) : undefined;
  return { from: 'server', peer, ...answer };
}

function portOf({ port, protocol }: URL): string {
  return port !== '' ? port : protocol === 'wss:' ? '443' : '80';
}

async function tcpTo(target: string, { after }: TestContext): Promise<Socket> {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(target) ?? [];
  const socket = connectTcp({ host, port: Number(port), allowHalfOpen: true });
  after(() => socket.destroy());
  // Whoever waits for something on the socket is told of the error as well.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks a forward proxy for a tunnel (RFC 9110, 9.3.6). */
async function tunnelThrough(proxy: URL, target: string, socket: Socket): Promise<Head> {
  const credentials = basicCredentials(proxy);
  const lines = credentials === undefined ? [] : [`Proxy-Authorization: ${credentials}`];
  socket.write(headOf([`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...lines]));
  return answerOn(socket);
}

async function tlsOver(socket: Socket, { hostname }: URL, entry: EntryPoint): Promise<Socket> {
  const tls = connectTls({
    socket,
    servername: entry.servername ?? hostname,
    ...(entry.ca === undefined ? {} : { ca: readFileSync(entry.ca) }),
  });
  tls.on('error', () => {});
  await once(tls, 'secureConnect');
  return tls;
}

function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** The head of an answer, and the bytes that came behind it. */
interface Head {
  status: number;
  lines: string[];
  head: Buffer;
}

async function answerOn(socket: Socket): Promise<Head> {
  const { head, lines } = await readHead(socket);
  return { status: Number(lines[0]?.split(' ')[1]), lines, head };
}
