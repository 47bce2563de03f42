/**
 * Opens a tunnel through a proxy that has been reached: HTTP CONNECT (RFC 9110, 9.3.6) by Node's own
 * client, SOCKS5 by `socks`.
 *
 * Rule 1. The proxy looks the server's name up.
 * Rule 2. Every error is a `ProxyError`.
 * Rule 3. `socks` is loaded when a proxy needs it.
 */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { hostAndPort } from './address.js';
import type { Done } from './happyEyeballs.js';
import { onceConnected, serverNameOf } from './phaseTimes.js';
import { proxyNotReached, tunnelBroken, tunnelRefused } from './proxyFailure.js';
import type { ForwardProxy } from './proxyUrl.js';

/** How long `socks` may keep its timer, in ms. The opening's own deadline passes first, as a rule. */
const SOCKS_TIMEOUT = 120_000;

/** A host and a port. */
export interface HostPort {
  host: string;
  port: number;
}

/** Opens a tunnel over `socket` to `target`; `tls` is for a proxy that speaks TLS. */
export function openTunnel(
  socket: Socket,
  proxy: ForwardProxy,
  target: HostPort,
  tls: ConnectionOptions,
  done: Done,
): void {
  if (proxy.kind === 'socks5') openSocks(socket, proxy, target, done);
  else if (proxy.kind === 'http') openConnect(socket, proxy, target, done);
  else
    secure(socket, proxy, tls, (error, secured) => {
      if (secured === undefined) done(error);
      else openConnect(secured, proxy, target, done);
    });
}

/** TLS to the proxy itself. The authorities that are trusted are those for the server. */
function secure(socket: Socket, proxy: ForwardProxy, tls: ConnectionOptions, done: Done): void {
  const { ca, rejectUnauthorized } = tls;
  const secured = connectTls({
    socket,
    host: proxy.host,
    servername: serverNameOf(proxy.host),
    ...(ca !== undefined && { ca }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  });
  onceConnected(secured, 'secureConnect', (error) => {
    if (error === null) done(null, secured);
    else done(proxyNotReached(proxy, error));
  });
}

function openConnect(socket: Socket, proxy: ForwardProxy, target: HostPort, done: Done): void {
  const { user, password } = proxy.auth;
  const authority = hostAndPort(target.host, target.port);
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  const connecting = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      ...(user !== '' && { 'Proxy-Authorization': `Basic ${credentials}` }),
    },
    createConnection: () => socket,
  });
  connecting.once('error', (error) => done(tunnelBroken(proxy, authority, error)));
  connecting.once('connect', (answer, _, head: Buffer) => {
    const isOpen = Math.floor((answer.statusCode ?? 0) / 100) === 2;
    if (isOpen) {
      if (head.length > 0) socket.unshift(head);
      done(null, socket);
      return;
    }
    socket.destroy();
    done(tunnelRefused(proxy, authority, answer));
  });
  connecting.end();
}

function openSocks(socket: Socket, proxy: ForwardProxy, target: HostPort, done: Done): void {
  negotiate(socket, proxy, target).then(
    () => done(null, socket),
    (error: Error) => {
      socket.destroy();
      done(tunnelBroken(proxy, hostAndPort(target.host, target.port), error));
    },
  );
}

async function negotiate(socket: Socket, proxy: ForwardProxy, target: HostPort): Promise<void> {
  const { host, port, auth } = proxy;
  const credentials = auth.user !== '' && { userId: auth.user, password: auth.password };
  const { SocksClient } = await import('socks');
  await SocksClient.createConnection({
    proxy: { host, port, type: 5, ...credentials },
    command: 'connect',
    destination: target,
    existing_socket: socket,
    timeout: SOCKS_TIMEOUT,
  });
}
