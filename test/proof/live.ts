/**
 * Part 3: the same paths over real sockets. Each session, bound by the real adapter to a real `ws`
 * socket, against a peer that is worked by hand at the level of TCP. Deadlines come from a simulated
 * clock, stepped one by one; the news of writes is held back through one seam. What no wire can bring
 * is named in `pureOnly`.
 */

import type { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { listen } from '../../adapters/listen.js';
import {
  type ClientActor,
  dial,
  echo,
  requestStop,
  type ServerActor,
  speak,
} from '../../adapters/ws.js';
import { deadlineOf } from '../../chart/names.js';
import { Coverage } from '../../explore/coverage.js';
import { type Edge, edgePairPaths, edgePaths, explore, simplePaths } from '../../explore/graph.js';
import type { Side } from '../../explore/network.js';
import { type Fact, Stepper } from '../../explore/stepper.js';
import { clientSession, opening, serverSession } from '../../machines/index.js';
import { play } from '../support/play.js';
import {
  type HeldHandshake,
  holdingServer,
  type RawPeer,
  rawClient,
  rawServer,
} from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import { type Cause, causesOf, MAX_PAYLOAD, Turns } from './causes.js';
import { HeldWrites } from './heldWrites.js';
import { somePings, wordsOfPing } from './livePings.js';
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
  /** Which end of the connection the session is at. */
  side: Side;
  /** Answers the handshake of an opening. */
  open(): void;
  /** Brings about what only some machines are told. */
  acts?: { readonly [type: string]: () => void };
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
  const isBringable = (path: readonly Edge[]): boolean =>
    subject.name !== 'opening' || hasWholeDials(path);
  return { stepper, paths: longestOf(all.filter(isBringable)) };
}

/** A dial tells its two stages at once: nothing can be brought about before them. */
function hasWholeDials(path: readonly Edge[]): boolean {
  const types = path.map(({ fact }) => fact.type);
  const follows = path.flatMap(({ stepped }, n) =>
    stepped.emitted.some(({ type }) => type === 'socket.follow') ? [n + 1] : [],
  );
  return [0, ...follows].every((at) =>
    types.slice(at, at + 2).every((type) => type === 'socket.attempted'),
  );
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

/** Chooses a way for each fact of a path; in an opening, a loss can only be a refusal. */
function stepsOver(subject: Subject, path: readonly Edge[], turns: Turns): LivePathStep[] {
  let isDeaf = false;
  return path.map((edge) => {
    const cause = subject.name !== 'opening' ? turns.take(causesOf(edge.fact, isDeaf)) : undefined;
    if (isViolation(edge.fact)) isDeaf = true;
    return { edge, fact: cause?.fact ?? edge.fact, cause };
  });
}

/** Runs a path over sockets; resolves with the session. */
async function runLive(
  input: object,
  steps: readonly LivePathStep[],
  surround: Surround,
  writes: HeldWrites,
): Promise<LiveSession> {
  const releases: (() => unknown)[] = [];
  const context: TestContext = { after: (release) => releases.unshift(release) };
  writes.begin();
  try {
    const around = await surround(input, context);
    await around.session.told(0);
    const wire = new WireCheck(around);
    await wire.check(around.session.steps[0]);
    for (const [n, step] of steps.entries()) {
      act(step, around, writes);
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
      } else if (command.type === 'socket.ping') {
        same(await peer.next(), wordsOfPing(command.ping), 'what the peer reads');
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
  surround: Surround,
  writes: HeldWrites,
  coverage: Coverage,
): Promise<string | undefined> {
  const ways = steps.map(({ fact, cause }) => cause?.name ?? fact.type).join(', ');
  const name = `${subject.name}, after ${ways}`;
  let failure: unknown;
  const run = runLive(input, steps, surround, writes).catch((error: unknown) => {
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
          const ways = surroundingsOf(subject);
          const surround = ways[count % ways.length] as Surround;
          const shortfall = await liveShortfall(subject, input, steps, surround, writes, coverage);
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
function act({ edge, fact, cause }: LivePathStep, around: Surroundings, writes: HeldWrites): void {
  if (cause) {
    cause.make(around.peer());
    return;
  }
  const delay = deadlineOf(fact.type);
  if (delay !== undefined) {
    const { context } = edge.from.stepped.snapshot;
    around.clock.increment((context.settings ?? context)[delay]);
    return;
  }
  const actions: Record<string, () => void> = {
    'socket.opened': () => around.open(),
    'socket.sent': () => writes.release(around.side),
    'socket.received': () => around.peer().send((fact as Fact & { data: string }).data),
    'socket.failed': () => around.refuse(),
    'app.stopRequested': () => around.stop(),
    ...around.acts,
  };
  actions[fact.type]?.();
}

/** Makes the surroundings of a session that has this input. */
type Surround = (input: object, context: TestContext, maxPayload?: number) => Promise<Surroundings>;

/** The surroundings that a machine can have, to be taken in turn: either session may be at either end. */
export function surroundingsOf({ name, kind }: Pick<Subject, 'name' | 'kind'>): Surround[] {
  if (kind === 'opening') return [anOpening];
  if (kind === 'pings') return [somePings];
  const role = name === 'server' ? 'server' : 'client';
  return [(...given) => accepted(role, ...given), (...given) => dialled(role, ...given)];
}

/** A session to be stepped, by its role. */
export function liveSessionOf(role: 'server' | 'client'): LiveSession {
  return new LiveSession(role === 'server' ? serverSession : clientSession);
}

/** Begins a session on an open socket; returns what stops it. */
export function converse(
  role: 'server' | 'client',
  ws: WebSocket,
  settings: object,
  clock: SimulatedClock,
  session: LiveSession,
): () => void {
  const options = { settings, clock, inspect: session.inspect };
  const actor: ServerActor | ClientActor =
    role === 'server' ? speak(ws, options) : echo(ws, options);
  session.follow(actor);
  actor.start();
  return () => requestStop(actor);
}

/** A session on an accepted socket, and its peer, which has connected. */
async function accepted(
  role: 'server' | 'client',
  input: object,
  context: TestContext,
  maxPayload = MAX_PAYLOAD,
): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const session = liveSessionOf(role);
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
      stop = converse(role, ws, input, clock, session);
    },
  });
  context.after(() => void listener.close());
  const peer = await rawClient(listener.url, context);
  return {
    session,
    clock,
    side: 'listener',
    stop: () => stop(),
    open: () => {},
    refuse: () => peer.reset(),
    peer: () => peer,
    hasPeer: () => true,
  };
}

/** A session on a dialled socket, and its peer, which has answered the handshake. */
async function dialled(
  role: 'server' | 'client',
  input: object,
  context: TestContext,
  maxPayload = MAX_PAYLOAD,
): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const session = liveSessionOf(role);
  const server = await rawServer(context);
  let stop = (): void => {};
  dial(
    server.url,
    (ws) => {
      context.after(() => ws.terminate());
      stop = converse(role, ws, input, clock, session);
    },
    { ws: { maxPayload } },
  ).start();
  const peer = await server.peer;
  return {
    session,
    clock,
    side: 'dialler',
    stop: () => stop(),
    open: () => {},
    refuse: () => peer.reset(),
    peer: () => peer,
    hasPeer: () => true,
  };
}

/** An opening, and its peer, which has yet to answer the handshake. */
async function anOpening(input: object, context: TestContext): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const session = new LiveSession(opening);
  const server = await holdingServer(context);
  const others = [await holdingServer(context), await holdingServer(context)];
  const onOpen = (ws: WebSocket): void => context.after(() => ws.terminate());
  const actor = dial(server.url, onOpen, { settings: input, clock, inspect: session.inspect });
  session.follow(actor);
  actor.start();
  const isActive = actor.getSnapshot().status === 'active';
  let handshake: Promise<HeldHandshake | undefined> = isActive
    ? server.connection
    : Promise.resolve(undefined);
  await handshake;
  const redirect = (): void => {
    const next = others.shift();
    const answer = `HTTP/1.1 302 Found\r\nLocation: ${next?.url}\r\nContent-Length: 0\r\n\r\n`;
    void handshake.then((held) => held?.socket.write(answer));
    // A stop may drop the next connection before its request is read.
    handshake = next?.connection.catch(() => undefined) ?? Promise.resolve(undefined);
  };
  return {
    session,
    clock,
    side: 'dialler',
    stop: () => requestStop(actor),
    open: () => void handshake.then((held) => held?.open()),
    refuse: () => void handshake.then((held) => held?.socket.destroy()),
    acts: { 'socket.redirected': redirect },
    peer: () => {
      throw new Error('nobody speaks before the connection is open');
    },
    hasPeer: () => false,
  };
}
