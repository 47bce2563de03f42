import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { TestContext } from './suite.js';

/** Has a server listen on a free port of loopback until the test is over; returns the port. */
export async function portOf(server: Server, { after }: TestContext): Promise<number> {
  server.listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
