/** The far end of a path, worked by hand: it listens for many clients, and keeps what each asked. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type HeldHandshake, heldHandshake } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';

export interface FarEnd {
  port: number;
  /** The next client whose request was read; it waits for an answer. */
  next(): Promise<HeldHandshake>;
}

/** Listens on a free port of loopback. */
export async function startFarEnd({ after }: TestContext): Promise<FarEnd> {
  const arrived: HeldHandshake[] = [];
  const waiting: ((held: HeldHandshake) => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    after(() => socket.destroy());
    heldHandshake(socket).then(
      (held) => {
        const take = waiting.shift();
        if (take === undefined) arrived.push(held);
        else take(held);
      },
      // A probe of a proxy, or a client that has left: nobody to serve.
      () => socket.destroy(),
    );
  });
  after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    next: () =>
      new Promise((resolve) => {
        const held = arrived.shift();
        if (held === undefined) waiting.push(resolve);
        else resolve(held);
      }),
  };
}
