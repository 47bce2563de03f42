/**
 * Runs of the pairs, replayed over sockets: a real session that was accepted and one that dialled, with a
 * proxy between them that lets through, frame by frame, what the run says, and does to the rest what
 * the run does. The pure replay drives it, and what the sessions say is held against it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { listen } from '../../adapters/listen.js';
import { dial, requestStop } from '../../adapters/ws.js';
import { otherSide, SIDES, type Side, type Whole } from '../../explore/network.js';
import type { Action } from '../../explore/pair.js';
import { opening, openingDefaults, serverDefaults } from '../../machines/index.js';
import { frame, OPCODE, readFrame } from '../support/frames.js';
import { emittedLine } from '../support/play.js';
import { resetTcp } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import { HeldWrites } from './heldWrites.js';
import { converse, liveSessionOf } from './live.js';
import { LiveSession, withinLimit, withoutReason } from './liveSession.js';
import { type Fixture, outcomesOf, pairOf, type Roles } from './pairOutcomes.js';
import type { Part } from './part.js';

/** The stages that an opening is told before anything else: TCP, and the upgrade. */
const STAGES = 2;

/** The frames that come from one side, one by one, as they were. */
class Tap {
  readonly #frames: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #wake = (): void => {};

  feed(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let read = readFrame(this.#bytes); read; read = readFrame(this.#bytes)) {
      this.#frames.push(this.#bytes.subarray(0, this.#bytes.length - read.rest.length));
      this.#bytes = read.rest;
    }
    this.#wake();
  }

  async next(): Promise<Buffer> {
    while (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() as Buffer;
  }
}

/** Every deadline, in ms. Both sessions have the same. */
const { replyTimeout, closeTimeout } = serverDefaults;
const DELAYS = { ...openingDefaults, replyTimeout, closeTimeout };

/** One run over sockets. */
class LiveRun {
  readonly opening = new LiveSession(opening);
  readonly sessions: Record<Side, LiveSession>;
  readonly #roles: Roles;
  readonly #writes: HeldWrites;
  readonly #context: TestContext;
  readonly #clocks = { listener: new SimulatedClock(), dialler: new SimulatedClock() };
  readonly #stop: Record<Side, () => void> = { listener: () => {}, dialler: () => {} };
  /** The proxy's sockets, named by the side that they lead to. */
  readonly #sockets: Partial<Record<Side, Socket>> = {};
  readonly #from: Record<Side, Tap> = { listener: new Tap(), dialler: new Tap() };
  #listenerUrl = '';
  #request: Buffer = Buffer.alloc(0);
  #response: Buffer = Buffer.alloc(0);
  /** Frames to each side that were taken from a tap already, and not yet delivered. */
  readonly #ahead: Record<Side, Buffer[]> = { listener: [], dialler: [] };

  constructor(roles: Roles, writes: HeldWrites, context: TestContext) {
    this.#roles = roles;
    this.#writes = writes;
    this.#context = context;
    this.sessions = {
      listener: liveSessionOf(roles.listener),
      dialler: liveSessionOf(roles.dialler),
    };
  }

  /** Listens, and dials through the proxy; the handshake stays there. */
  async begin(rounds: number): Promise<void> {
    const { after } = this.#context;
    const begin = (side: Side, ws: WebSocket): void => {
      after(() => ws.terminate());
      const settings = this.#roles[side] === 'server' ? { rounds } : {};
      const session = this.sessions[side];
      const clock = this.#clocks[side];
      const input = { ...settings, strictClose: false };
      this.#stop[side] = converse(this.#roles[side], ws, input, clock, session);
    };
    const listener = await listen({
      port: 0,
      host: '127.0.0.1',
      maxPayload: 2 ** 20,
      connectTimeout: 10_000,
      closeTimeout: serverDefaults.closeTimeout,
      onError: () => {},
      onConnection: (ws) => begin('listener', ws),
    });
    after(() => void listener.close());
    this.#listenerUrl = listener.url;
    const proxy = createServer({ allowHalfOpen: true });
    after(() => proxy.close());
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const actor = dial(`ws://127.0.0.1:${port}/`, (ws) => begin('dialler', ws), {
      clock: this.#clocks.dialler,
      inspect: this.opening.inspect,
    });
    this.opening.follow(actor);
    this.#stop.dialler = () => requestStop(actor);
    actor.start();
    const [socket] = (await once(proxy, 'connection')) as [Socket];
    this.#request = await this.#attach('dialler', socket);
    await this.opening.told(STAGES);
  }

  /** Takes over a socket; resolves with the HTTP head that comes first. */
  #attach(side: Side, socket: Socket): Promise<Buffer> {
    this.#sockets[side] = socket;
    this.#context.after(() => socket.destroy());
    socket.setNoDelay();
    socket.on('error', () => {});
    return new Promise((resolve) => {
      let head: Buffer = Buffer.alloc(0);
      let isOpen = false;
      socket.on('data', (chunk: Buffer) => {
        if (isOpen) return this.#from[side].feed(chunk);
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        isOpen = true;
        this.#from[side].feed(head.subarray(end + 4));
        resolve(head.subarray(0, end + 4));
      });
    });
  }

  /** Makes an action happen; `before` is the whole before it. */
  async act(action: Action, before: Whole): Promise<void> {
    const [verb, name, delay] = action.split(' ');
    const side = name as Side;
    switch (verb) {
      case 'connect':
        return this.#connect();
      case 'refuse':
        this.#sockets.dialler?.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
        return;
      case 'deliver':
        return this.#deliver(side, before);
      case 'end':
        return this.#end(side, before);
      case 'written':
        return this.#writes.release(side);
      case 'deadline': {
        this.#clocks[side].increment(DELAYS[delay as keyof typeof DELAYS]);
        return;
      }
      case 'stop':
        return this.#stop[side]();
      case 'double': {
        const original = await this.#nextFrameTo(side);
        this.#ahead[side].unshift(original, original);
        return;
      }
      case 'garble': {
        const original = await this.#nextFrameTo(side);
        const read = readFrame(original);
        const masked = side === 'listener';
        const payload = `${read?.frame.payload}?`;
        this.#ahead[side].unshift(frame({ opcode: OPCODE.text, payload, masked }));
        return;
      }
      case 'reset':
        if ((side as string) === 'lost') await this.#lose(before);
        return;
      case 'fin':
        // The FIN itself goes out when the side is told of the end.
        return;
      case 'ignore':
      case 'stick':
        // What has to happen is that nothing does.
        return;
      case 'mute':
        return this.#loseTo(side, before);
      default:
        throw new Error(`nothing makes "${action}" happen`);
    }
  }

  async #nextFrameTo(side: Side): Promise<Buffer> {
    return this.#ahead[side].shift() ?? (await this.#from[otherSide(side)].next());
  }

  async #connect(): Promise<void> {
    const { hostname, port } = new URL(this.#listenerUrl);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const head = this.#attach('listener', socket);
    socket.write(this.#request);
    this.#response = await head;
  }

  async #deliver(side: Side, before: Whole): Promise<void> {
    const [item] = before.ends[side].inbox;
    if (item?.kind === 'opened') this.#sockets.dialler?.write(this.#response);
    else if (item?.kind === 'message' || item?.kind === 'close') {
      this.#sockets[side]?.write(await this.#nextFrameTo(side));
    }
    // A FIN or a reset is made when the side is told of it.
  }

  async #end(side: Side, before: Whole): Promise<void> {
    const socket = this.#sockets[side];
    const { end } = before.ends[side];
    if (end?.type === 'socket.failed') {
      await this.#takeAll(side, before);
      if (socket) resetTcp(socket);
    } else socket?.end();
  }

  /** Takes what a side has written and the other has yet to get: a reset would lose it. */
  async #takeAll(from: Side, before: Whole): Promise<void> {
    const to = otherSide(from);
    const frames = before.ends[to].inbox.filter(
      ({ kind }) => kind === 'message' || kind === 'close',
    );
    while (this.#ahead[to].length < frames.length) {
      this.#ahead[to].push(await this.#from[from].next());
    }
  }

  /** A reset with what is under way lost: those frames are never delivered. */
  async #lose(before: Whole): Promise<void> {
    for (const side of SIDES) await this.#loseTo(side, before);
  }

  async #loseTo(side: Side, before: Whole): Promise<void> {
    for (const { kind } of before.ends[side].inbox) {
      if (kind === 'message' || kind === 'close') await this.#nextFrameTo(side);
    }
  }
}

/** Replays a run over sockets; the first thing that is not as on the pure machines, or undefined. */
async function replayLive(
  { rounds, actions, outcome, ...roles }: Fixture,
  writes: HeldWrites,
): Promise<string | undefined> {
  const releases: (() => unknown)[] = [];
  const pair = pairOf(roles, rounds, actions.length);
  writes.begin();
  const run = new LiveRun(roles, writes, { after: (release) => releases.unshift(release) });
  let at = 'the start';
  const all = async (): Promise<string | undefined> => {
    await run.begin(rounds);
    let whole = pair.initial();
    // A side's session, or the opening before it; and how many facts that has been told.
    const live = { listener: run.sessions.listener, dialler: run.opening };
    const count = { listener: -1, dialler: STAGES };
    for (const action of actions) {
      at = `"${action}"`;
      await run.act(action, whole);
      const result = pair.act(whole, action);
      whole = result.whole;
      for (const { side, fact, stepped } of result.told) {
        if (fact === undefined) {
          live[side] = run.sessions[side];
          count[side] = -1;
        }
        count[side]++;
        await live[side].told(count[side]);
        const step = live[side].steps[count[side]];
        const expected = stepped.emitted.map((one) => withoutReason(emittedLine(one as never)));
        const said = step?.said.filter((line) => !line.startsWith('= ')).map(withoutReason);
        if (JSON.stringify(said) !== JSON.stringify(expected)) {
          return `after ${at} the ${side} said ${said?.join('; ')} on a socket, and ${expected.join('; ')} on the pure machine`;
        }
      }
    }
    const ends = outcomesOf(whole).join(' | ');
    return ends === outcome.join(' | ') ? undefined : `it ends with ${ends}`;
  };
  try {
    const shortfall = await withinLimit(all().then((found) => ({ found })));
    const what = shortfall === undefined ? `at ${at} it is stuck` : shortfall.found;
    return what && `${outcome.join(' | ')}, by ${actions.join(', ')}: ${what}`;
  } finally {
    for (const release of releases) await release();
  }
}

/** The part: every declared pair of outcomes, over sockets. */
export async function pairLivePart(fixtures: readonly Fixture[]): Promise<Part> {
  const shortfalls: string[] = [];
  const writes = new HeldWrites();
  try {
    for (const fixture of fixtures) {
      const shortfall = await replayLive(fixture, writes);
      if (shortfall) shortfalls.push(shortfall);
    }
  } finally {
    writes.uninstall();
  }
  return {
    title: '5b. Every pair of outcomes, over sockets',
    figures: { 'runs replayed over sockets': fixtures.length },
    shortfalls,
  };
}
