/**
 * Who is at the other end of a connection, and what it asked for.
 *
 * Rule 1. What is not known is not there: no empty strings.
 * Rule 2. A visitor is copied out of the request, which can then go.
 * Rule 3. Whoever sent the request chose these words: escape them before a person reads them.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { hostAndPort } from './address.js';

/** Who sent a request. */
export interface Visitor {
  /** The address of the other end of the TCP connection. */
  peer: string;
  method?: string;
  /** Without the query, which may hold secrets. */
  path?: string;
  host?: string;
  origin?: string;
  /** X-Forwarded-For: whom a proxy says it speaks for. */
  forwardedFor?: string;
}

/** Copies a visitor out of a request. */
export function visitorOf({ socket, method, url, headers }: IncomingMessage): Visitor {
  const { host, origin, 'x-forwarded-for': forwarded } = headers;
  return {
    peer: addressOf(socket),
    ...(method !== undefined && { method }),
    ...(url !== undefined && { path: pathOf(url) }),
    ...(host !== undefined && { host }),
    ...(origin !== undefined && { origin }),
    // Node joins the values of a header that came several times.
    ...(forwarded !== undefined && { forwardedFor: String(forwarded) }),
  };
}

/** The path of a request's URL, without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** What has an address: a TCP socket. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * Returns the socket, which keeps the address of its other end from now on: Node remembers it once it
 * was asked for. A string of it would be one more for each of thousands of idle connections.
 */
export function withAddress(socket: Socket): Peer {
  void socket.remoteAddress;
  return socket;
}

/** The address of the other end, as one would dial it. */
export function addressOf({ remoteAddress, remotePort }: Peer): string {
  // A peer that has reset the connection by now has no address any more.
  if (remoteAddress === undefined) return 'an unknown address';
  // A server on both families sees IPv4 within IPv6; its client does not.
  return hostAndPort(remoteAddress.replace(/^::ffff:(?=\d)/, ''), remotePort);
}
