/** Addresses of TCP sockets, as one would dial them. */
import type { Socket } from 'node:net';

/** Joins an address and a port as URLs do: `[::1]:80`. */
export function hostAndPort(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The fields of a TCP socket that give its peer's address. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * Makes a socket remember its peer's address, and returns the socket: Node keeps an address that was
 * read once. Thousands of idle connections need no string each.
 */
export function withAddress(socket: Socket): Peer {
  void socket.remoteAddress;
  return socket;
}

/** The address of a socket's peer. */
export function addressOf({ remoteAddress, remotePort }: Peer): string {
  // A peer that has reset the connection has no address any more.
  if (remoteAddress === undefined) return 'an unknown address';
  // A server on both families sees IPv4 addresses within IPv6; the client dialled plain IPv4.
  return hostAndPort(remoteAddress.replace(/^::ffff:(?=\d)/, ''), remotePort);
}
