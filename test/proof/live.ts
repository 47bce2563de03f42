/**
 * Part 3: the same paths over real sockets. Each session, bound by the real adapter to a real `ws`
 * socket, against a peer that is worked by hand at the level of TCP. Deadlines come from a simulated
 * clock, stepped one by one; the news of writes is held back through one seam. What no wire can bring
 * is named in `pureOnly`.
 */
import { SimulatedClock } from 'xstate';
import { listen } from '../../adapters/listen.js';
import { accept, dial, requestStop } from '../../adapters/ws.js';
import { type Edge, edgePairPaths, edgePaths, explore, simplePaths } from '../explore/graph.js';
import { delayOf, type Fact, Stepper } from '../explore/stepper.js';
import { holdingServer, type RawPeer, rawClient } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import type { HeldWrites } from './heldWrites.js';
import { LiveSession } from './liveSession.js';
import type { Subject } from './subjects.js';
import { isViolation, wireOf } from './wire.js';

/** The largest message a session under proof takes; a larger one breaks a rule. */
const MAX_PAYLOAD = 100;

/** What a run needs of the session's surroundings. */
interface Surroundings {
  session: LiveSession;
  clock: SimulatedClock;
  stop(): void;
  /** Answers the client's handshake. */
  open(): void;
  /** Resets a connection that has not opened. */
  refuse(): void;
  peer(): RawPeer;
}

/** One input of a subject, and every path of it that a wire can bring. */
export function livePaths(subject: Subject, input: object): { stepper: Stepper; paths: Edge[][] } {
  const stepper = new Stepper(subject.machine, input);
  const graph = explore(stepper, wireOf(subject));
  const all = [...edgePairPaths(graph), ...edgePaths(graph), ...simplePaths(graph)];
  return { stepper, paths: longestOf(all) };
}

/** The paths that are not the beginning of another: running these runs all. */
function longestOf(paths: readonly Edge[][]): Edge[][] {
  const keyOf = (path: readonly Edge[]) => path.map(({ fact }) => JSON.stringify(fact)).join(' ');
  const byKey = new Map(paths.map((path) => [keyOf(path), path]));
  for (const path of [...byKey.values()]) {
    for (let length = 1; length < path.length; length++) byKey.delete(keyOf(path.slice(0, length)));
  }
  return [...byKey.values()];
}

/** Runs a path over sockets; resolves with the session, or rejects where it does not come to that. */
export async function runLive(
  subject: Subject,
  input: object,
  path: readonly Edge[],
  writes: HeldWrites,
): Promise<LiveSession> {
  const releases: (() => unknown)[] = [];
  const context: TestContext = { after: (release) => releases.unshift(release) };
  writes.begin();
  try {
    const surroundings = await (subject.name === 'server' ? serve : connect)(input, context);
    const { session } = surroundings;
    await session.told(0);
    for (const [n, edge] of path.entries()) {
      act(subject, edge, input, surroundings, writes);
      await session.told(n + 1);
    }
    return session;
  } finally {
    for (const release of releases) await release();
  }
}

/** Brings a fact about. */
function act(
  { name }: Subject,
  { fact, from }: Edge,
  input: object,
  around: Surroundings,
  writes: HeldWrites,
): void {
  const delay = delayOf(fact);
  if (delay !== undefined) {
    const settings = from.stepped.snapshot.context.settings as Record<string, number>;
    around.clock.increment(settings[delay] as number);
    return;
  }
  switch (fact.type) {
    case 'socket.opened':
      return around.open();
    case 'socket.sent':
      return writes.release(name);
    case 'socket.received':
      return around.peer().send((fact as Fact & { data: string }).data);
    case 'socket.ended':
      return (fact as Fact & { closeFrame: boolean }).closeFrame
        ? around.peer().close(1000)
        : around.peer().fin();
    case 'socket.failed':
      if (isViolation(fact)) return around.peer().send('x'.repeat(MAX_PAYLOAD + 1));
      return around.refuse();
    case 'app.stopRequested':
      return around.stop();
    default:
      throw new Error(`nothing brings ${fact.type} about, with ${JSON.stringify(input)}`);
  }
}

async function serve(input: object, context: TestContext): Promise<Surroundings> {
  const { serverSession } = await import('../../machines/index.js');
  const clock = new SimulatedClock();
  const session = new LiveSession(serverSession);
  let stop = (): void => {};
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    maxPayload: MAX_PAYLOAD,
    connectTimeout: 10_000,
    closeTimeout: 5_000,
    onError: () => {},
    onConnection: (ws) => {
      context.after(() => ws.terminate());
      const actor = accept(ws, { settings: input, clock, inspect: session.inspect });
      session.follow(actor);
      stop = () => requestStop(actor);
      actor.start();
    },
  });
  context.after(() => void listener.close());
  const peer = await rawClient(listener.url, context);
  return {
    session,
    clock,
    stop: () => stop(),
    open: () => {},
    refuse: () => peer.reset(),
    peer: () => peer,
  };
}

async function connect(input: object, context: TestContext): Promise<Surroundings> {
  const { clientSession } = await import('../../machines/index.js');
  const clock = new SimulatedClock();
  const session = new LiveSession(clientSession);
  const server = await holdingServer(context);
  const actor = dial(server.url, {
    settings: input,
    clock,
    inspect: session.inspect,
    ws: { maxPayload: MAX_PAYLOAD },
  });
  session.follow(actor);
  actor.start();
  const handshake = await server.connection;
  let peer: RawPeer | undefined;
  const opened = (): RawPeer => {
    if (peer === undefined) throw new Error('the client has not connected');
    return peer;
  };
  return {
    session,
    clock,
    stop: () => requestStop(actor),
    open: () => {
      peer = handshake.open();
    },
    refuse: () => {
      if (peer) peer.reset();
      else handshake.socket.destroy();
    },
    peer: opened,
  };
}
