/**
 * Part 3: the same paths over real sockets. Each session, bound by the real adapter to a real `ws`
 * socket, against a peer that is worked by hand at the level of TCP. Deadlines come from a simulated
 * clock, stepped one by one; the news of writes is held back through one seam. What no wire can bring
 * is named in `pureOnly`.
 */

import { SimulatedClock } from 'xstate';
import { ANNOUNCEMENT_LINE } from '../../adapters/announcement.js';
import { listen } from '../../adapters/listen.js';
import { accept, dial, requestStop } from '../../adapters/ws.js';
import { deadlineOf } from '../../chart/names.js';
import { Coverage } from '../../explore/coverage.js';
import { type Edge, edgePairPaths, edgePaths, explore, simplePaths } from '../../explore/graph.js';
import { type Fact, Stepper } from '../../explore/stepper.js';
import { clientSession, type SocketOpened, serverSession } from '../../machines/index.js';
import { play } from '../support/play.js';
import { holdingServer, type RawPeer, rawClient } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import { type Cause, causesOf, MAX_PAYLOAD, Turns } from './causes.js';
import { HeldWrites } from './heldWrites.js';
import { LiveSession, type LiveStep, withinLimit, withoutReason } from './liveSession.js';
import type { Part } from './part.js';
import { stepsOf } from './paths.js';
import type { Subject } from './subjects.js';
import { isViolation, wireOf } from './wire.js';

/** What a run needs of the session's surroundings. */
export interface Surroundings {
  session: LiveSession;
  clock: SimulatedClock;
  stop(): void;
  /** Answers the client's handshake, as a peer that says that it sends Close frames or not. */
  open(sendsCloseFrame: boolean): void;
  /** Resets the connection, open or not. */
  refuse(): void;
  peer(): RawPeer;
  hasPeer(): boolean;
}

/** One input of a subject, and every path of it that a wire can bring. */
function livePaths(subject: Subject, input: object): { stepper: Stepper; paths: Edge[][] } {
  const stepper = new Stepper(subject.machine, input);
  const graph = explore(stepper, wireOf(subject));
  const all = [...edgePairPaths(graph), ...edgePaths(graph), ...simplePaths(graph)];
  // A dial tells its two stages at once: nothing can be brought about before them.
  const isBringable = (path: readonly Edge[]): boolean =>
    subject.name === 'server' ||
    path.slice(0, 2).every(({ fact }) => fact.type === 'socket.attempted');
  return { stepper, paths: longestOf(all.filter(isBringable)) };
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

/** One step of a path over sockets: the fact, and how it is brought about where there is a choice. */
interface LivePathStep {
  edge: Edge;
  fact: Fact;
  cause: Cause | undefined;
}

/** Chooses a way for each fact of a path; before the opening, a loss can only be a refusal. */
function stepsOver(subject: Subject, path: readonly Edge[], turns: Turns): LivePathStep[] {
  let isOpen = subject.name === 'server';
  let isDeaf = false;
  return path.map((edge) => {
    const cause = isOpen ? turns.take(causesOf(edge.fact, isDeaf)) : undefined;
    if (edge.fact.type === 'socket.opened') isOpen = true;
    if (isViolation(edge.fact)) isDeaf = true;
    return { edge, fact: cause?.fact ?? edge.fact, cause };
  });
}

/** Runs a path over sockets; resolves with the session. */
async function runLive(
  subject: Subject,
  input: object,
  steps: readonly LivePathStep[],
  writes: HeldWrites,
): Promise<LiveSession> {
  const releases: (() => unknown)[] = [];
  const context: TestContext = { after: (release) => releases.unshift(release) };
  writes.begin();
  try {
    const around = await (subject.name === 'server' ? serve : connect)(input, context);
    await around.session.told(0);
    const wire = new WireCheck(around);
    await wire.check(around.session.steps[0]);
    for (const [n, step] of steps.entries()) {
      act(subject, step, around, writes);
      await around.session.told(n + 1);
      const live = around.session.steps[n + 1];
      same(essenceOf(live?.fact), essenceOf(step.fact), `what is told at step ${n + 1}`);
      await wire.check(live);
    }
    return around.session;
  } finally {
    for (const release of releases) await release();
  }
}

/** What counts in a fact: not its words, and before the opening not how it was refused. */
function essenceOf(fact: unknown): string {
  const { type, data, closeFrame, code, failure } = fact as Record<string, unknown>;
  const { code: kind, closeCode } = (failure ?? {}) as { code?: string; closeCode?: number };
  const loss = kind?.replace(/ERR_(CONNECT|HANDSHAKE)/, 'ERR_TRANSPORT');
  return JSON.stringify({ type, data, closeFrame, code, loss, closeCode });
}

function same(actual: string, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, but it was ${actual}`);
}

/** Holds what a session orders against what its peer reads. */
class WireCheck {
  readonly #around: Surroundings;
  #isViolated = false;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  async check(step: LiveStep | undefined): Promise<void> {
    if (step === undefined || !this.#around.hasPeer()) return;
    if (isViolation(step.fact)) this.#isViolated = true;
    const peer = this.#around.peer();
    for (const command of step.emitted) {
      if (command.type === 'socket.send') {
        same(await peer.next(), `text ${JSON.stringify(command.data)}`, 'what the peer reads');
      } else if (command.type === 'socket.close') {
        // ws closes by itself when a rule is broken, with the code alone.
        const reason = this.#isViolated || command.reason === '' ? '' : ` ${command.reason}`;
        same(await peer.next(), `close ${command.code}${reason}`, 'what the peer reads');
      } else if (command.type === 'socket.terminate') {
        await this.#dropped(peer);
      }
    }
  }

  /** The connection goes down; ws's answer to a Close frame may come before. */
  async #dropped(peer: RawPeer): Promise<void> {
    let read = await peer.next();
    if (read.startsWith('close')) read = await peer.next();
    if (read !== 'fin' && read !== 'reset')
      throw new Error(`after the drop the peer reads ${read}`);
  }
}

/** Runs a path over sockets and holds what was said against the pure machine. */
async function liveShortfall(
  subject: Subject,
  input: object,
  steps: readonly LivePathStep[],
  writes: HeldWrites,
  coverage: Coverage,
): Promise<string | undefined> {
  const ways = steps.map(({ fact, cause }) => cause?.name ?? fact.type).join(', ');
  const name = `${subject.name}, after ${ways}`;
  let failure: unknown;
  const run = runLive(subject, input, steps, writes).catch((error: unknown) => {
    failure = error;
    return undefined;
  });
  const session = await withinLimit(run);
  if (failure instanceof Error) return `${name}: ${failure.message}`;
  if (session === undefined) return `${name}: the session on a socket is stuck`;
  coverage.run(session.steps);
  const expected = play(subject.machine, input, stepsOf(steps)).said.map(linesOf);
  const said = session.steps.map((step) => linesOf(step.said));
  const at = expected.findIndex((lines, n) => lines !== said[n]);
  if (at === -1 && said.length === expected.length) return undefined;
  return `${name}: on a socket, step ${at} led to\n${said[at]}\nbut on the pure machine to\n${expected[at]}`;
}

function linesOf(said: readonly string[]): string {
  // Before the opening, a failure has a code of its own.
  return said
    .map((line) => withoutReason(line).replace(/ERR_CONNECT$/, 'ERR_TRANSPORT'))
    .join('\n');
}

/** The part for all subjects, and what its runs took. */
export async function livePart(
  all: readonly Subject[],
): Promise<{ part: Part; coverage: Map<Subject, Coverage> }> {
  const figures: Part['figures'] = {};
  const shortfalls: string[] = [];
  const coverages = new Map<Subject, Coverage>();
  const turns = new Turns();
  const writes = new HeldWrites();
  try {
    for (const subject of all) {
      let count = 0;
      for (const input of subject.inputs) {
        const { stepper, paths } = livePaths(subject, input);
        const coverage = coverages.get(subject) ?? new Coverage(stepper);
        coverages.set(subject, coverage);
        for (const path of paths) {
          count++;
          const steps = stepsOver(subject, path, turns);
          const shortfall = await liveShortfall(subject, input, steps, writes, coverage);
          if (shortfall) shortfalls.push(shortfall);
          // What is broken everywhere need not be shown everywhere.
          if (shortfalls.length === 10) throw new Error(`ten paths fail: ${shortfalls.join('\n')}`);
        }
      }
      figures[`${subject.name}: paths over sockets`] = count;
    }
  } finally {
    writes.uninstall();
  }
  for (const [name, count] of turns.taken) figures[`ended by ${name}`] = count;
  const part = { title: '3. The same paths, over sockets', figures, shortfalls };
  return { part, coverage: coverages };
}

/** Brings a fact about. */
function act(
  { name }: Subject,
  { edge, fact, cause }: LivePathStep,
  around: Surroundings,
  writes: HeldWrites,
): void {
  if (cause) {
    cause.make(around.peer());
    return;
  }
  const delay = deadlineOf(fact.type);
  if (delay !== undefined) {
    const { settings } = edge.from.stepped.snapshot.context;
    around.clock.increment(settings[delay]);
    return;
  }
  const actions: Record<string, () => void> = {
    'socket.opened': () => around.open((fact as SocketOpened).sendsCloseFrame),
    'socket.sent': () => writes.release(name),
    'socket.received': () => around.peer().send((fact as Fact & { data: string }).data),
    'socket.failed': () => around.refuse(),
    'app.stopRequested': () => around.stop(),
  };
  actions[fact.type]?.();
}

/** A server's session, and its peer, which has connected. */
export async function serve(
  input: object,
  context: TestContext,
  maxPayload = MAX_PAYLOAD,
): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const session = new LiveSession(serverSession);
  let stop = (): void => {};
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    maxPayload,
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
    hasPeer: () => true,
  };
}

/** A client's session, and its peer, which has yet to answer the handshake. */
export async function connect(
  input: object,
  context: TestContext,
  maxPayload = MAX_PAYLOAD,
): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const session = new LiveSession(clientSession);
  const server = await holdingServer(context);
  const actor = dial(server.url, {
    settings: input,
    clock,
    inspect: session.inspect,
    ws: { maxPayload },
  });
  session.follow(actor);
  actor.start();
  const isActive = actor.getSnapshot().status === 'active';
  const handshake = isActive ? await server.connection : undefined;
  let peer: RawPeer | undefined;
  const opened = (): RawPeer => {
    if (peer === undefined) throw new Error('the client has not connected');
    return peer;
  };
  return {
    session,
    clock,
    stop: () => requestStop(actor),
    open: (sendsCloseFrame) => {
      peer = handshake?.open(undefined, sendsCloseFrame ? [ANNOUNCEMENT_LINE] : []);
    },
    refuse: () => {
      if (peer) peer.reset();
      else handshake?.socket.destroy();
    },
    peer: opened,
    hasPeer: () => peer !== undefined,
  };
}
