/** Ports for programs that cannot choose a free one themselves, and a port that refuses. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems give higher ports to outgoing connections. Each process begins at a place of its own. */
const FIRST = 20_000;
const PER_PROCESS = 100;
let next = FIRST + (process.pid % 100) * PER_PROCESS;

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const port = next++;
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return port;
  } catch {
    return freePort();
  }
}

/** The port of tcpmux (RFC 1078). No system runs that service today, so connections are refused. */
export const REFUSING_PORT = 1;
