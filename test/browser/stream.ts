/** A stream of facts at a rate, to very many sessions in pairs, without sockets. The page must keep up with it. */
import { createActor } from 'xstate';
import type { ClientActor, ServerActor } from '../../adapters/ws.js';
import type { Inspecting } from '../../inspector/index.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { closed, received, sent, stopRequested } from '../support/facts.js';
import type { TestContext } from '../support/suite.js';

const TURN_MS = 20;
const SERVER_PORT = 12_345;

interface Pair {
  server: ServerActor;
  client: ClientActor;
  /** The index of the next fact in a round. */
  turn: number;
  round: number;
}

/** A running stream. */
export interface Stream {
  /** How many facts were sent. */
  readonly told: number;
  stop(): void;
  /** Sends each pair facts for a picture: most continue, some end, some fail. */
  settle(): void;
}

/** Starts to send `rate` facts a second, spread over half as many pairs as there are sessions. */
export function startStream(
  inspecting: Inspecting,
  { after }: TestContext,
  { sessions, rate }: { sessions: number; rate: number },
): Stream {
  const pairs = Array.from({ length: sessions / 2 }, (_, n) => pairOf(inspecting, n + 1));
  let told = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate);
    for (; told < due; told++) advance(pairs[told % pairs.length] as Pair);
  }, TURN_MS);
  const stop = (): void => clearInterval(timer);
  after(() => {
    stop();
    for (const { server, client } of pairs) {
      server.stop();
      client.stop();
    }
  });
  return {
    get told() {
      return told;
    },
    stop,
    settle: () => {
      for (const [n, pair] of pairs.entries()) settle(pair, n);
    },
  };
}

function pairOf({ inspect, connected }: Inspecting, n: number): Pair {
  const input = { rounds: 1_000_000 };
  const server = createActor(serverSession, { id: `server-${n}`, inspect, input });
  const client = createActor(clientSession, { id: `client-${n}`, inspect });
  const ends = (local: number, remote: number) =>
    ({
      localAddress: '127.0.0.1',
      localPort: local,
      remoteAddress: '127.0.0.1',
      remotePort: remote,
    }) as Parameters<Inspecting['connected']>[1];
  server.start();
  client.start();
  connected(server, ends(SERVER_PORT, 40_000 + n));
  connected(client, ends(40_000 + n, SERVER_PORT));
  return { server, client, turn: 0, round: 0 };
}

function advance(pair: Pair): void {
  const message = `Hello ${pair.round}`;
  switch (pair.turn) {
    case 0:
      pair.server.send(sent);
      break;
    case 1:
      pair.client.send(received(message));
      break;
    case 2:
      pair.client.send(sent);
      break;
    default:
      pair.server.send(received(message));
      pair.round++;
  }
  pair.turn = (pair.turn + 1) % 4;
}

function settle(pair: Pair, n: number): void {
  for (let facts = 0; facts < 4 * (n % 7) + (n % 4); facts++) advance(pair);
  const { server, client } = pair;
  if (n % 5 === 4) {
    server.send(stopRequested);
    client.send(closed(1001));
    server.send(closed(1001));
  }
  if (n % 9 === 8) {
    server.send({
      type: 'socket.failed',
      failure: {
        blame: 'transport',
        code: 'ERR_TRANSPORT',
        expected: 'the connection to last',
        came: 'it broke (read ECONNRESET)',
        remedy: 'see the path between the two ends',
      },
    });
  }
}
