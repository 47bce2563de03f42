/**
 * Binds the sessions to `ws` sockets: callbacks become facts, commands become calls.
 *
 * Rule 1. It decides nothing. A condition on a session's state would belong in the machine.
 * Rule 2. Listeners stand before the actor starts: its first commands come inside `start()`.
 * Rule 3. What throws is told to the machine as a fact: an exception in a listener never reaches it.
 * Rule 4. Memory is bounded: where more than 1 MiB waits before a message, nothing more is read until
 *         it does no longer. What is large by itself is written and read at the same time.
 */

import type { IncomingMessage } from 'node:http';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import { type ActorOptions, createActor } from 'xstate';
import {
  type CompiledLogic,
  compile,
  createCompiledActor,
  type MachineActor,
} from '../compiler/index.js';
import {
  type ClientSettings,
  type Command,
  clientDefaults,
  clientSession,
  type Failure,
  LONGEST_DELAY,
  type Payload,
  quote,
  type ServerFact,
  type ServerInput,
  type ServerNotice,
  type ServerSettings,
  type SocketEnded,
  type SocketFailed,
  type SocketSent,
  serverSession,
} from '../machines/index.js';
import { deadlineClock } from './clock.js';
import { type EndListener, onEnd } from './endOfStream.js';
import { MAX_PAYLOAD } from './limits.js';
import { ANNOUNCEMENT, sendsCloseFrame } from './peer.js';
import { Reach } from './reach.js';
import { reasonOf } from './reason.js';
import { withoutSecrets } from './url.js';

/** Bytes waiting to be written above which reading pauses. */
const HIGH_WATER_MARK = 1024 * 1024;

/** Pings that may wait for their pong to be written; ws's own 60 are fewer than one segment holds. */
const MAX_PENDING_PONGS = 16_384;

/** Options for ws, at either end, of a session that has this `closeTimeout` in ms. */
export function wsOptions(closeTimeout: number): { perMessageDeflate: false } {
  const options = {
    perMessageDeflate: false as const,
    maxPendingAutoPongs: MAX_PENDING_PONGS,
    // ws drops a TCP connection that outlives the closing handshake. The session's own deadline must
    // come first; ws's takes care of what is left when the session is over.
    closeTimeout: Math.min(closeTimeout + 1_000, LONGEST_DELAY),
  };
  return options;
}

/** The fact that needs nothing but its name, and comes with every message. */
const SENT: SocketSent = { type: 'socket.sent' };

/** For ws: these bytes are text. */
const TEXT = { binary: false };

/** A server session. */
export type ServerActor = MachineActor<typeof serverSession>;

/** A client session. */
export type ClientActor = MachineActor<typeof clientSession>;

/** What a session may be given beside its socket. */
export interface SessionOptions<Settings> {
  /** What the session says and how patient it is; what is left out is as in the book. */
  settings?: Partial<Settings>;
  /** The name of the actor in logs and inspectors. */
  id?: string;
  /** The clock of the deadlines; by default one that all sessions share, late by a 64th at most. */
  clock?: NonNullable<ActorOptions<typeof serverSession>['clock']>;
  /** An XState inspection observer, told of every fact and step: the machine itself is run for it. */
  inspect?: NonNullable<ActorOptions<typeof serverSession>['inspect']>;
}

/** What `accept` may be given. */
export interface AcceptOptions extends SessionOptions<ServerSettings> {
  /** The request that opened the socket: it tells whether the client is of lockstep. */
  request?: IncomingMessage;
}

/** What `dial` may be given: options of `ws` (origin, headers, ca, maxPayload …) too. */
export interface DialOptions extends SessionOptions<ClientSettings> {
  subprotocols?: string[];
  ws?: ClientOptions;
}

/**
 * Binds a server session to an open socket. Add listeners to what it returns, then `start()` it, in
 * the same tick in which the socket was handed to you: no message is lost. To end a session, use
 * `requestStop`; the actor's own `stop()` would leave the socket open.
 */
export function accept(ws: WebSocket, options: AcceptOptions = {}): ServerActor {
  const { id, clock = deadlineClock, inspect } = options;
  const input = inputOf(options);
  compiledServer ??= compile(serverSession);
  const actor: ServerActor =
    inspect === undefined
      ? createCompiledActor(compiledServer, { input, id, clock })
      : createActor(serverSession, { input, clock, inspect, ...named(id) });
  new Binding(actor, ws);
  return actor;
}

/** The settings, and whether the client says that it sends Close frames. Wrong ones are left as they are. */
function inputOf({ settings, request }: AcceptOptions): ServerInput | undefined {
  const isAnnounced = request !== undefined && sendsCloseFrame(request.headers);
  if (!isAnnounced || settings === null) return settings;
  return typeof settings === 'object' || settings === undefined
    ? { ...settings, sendsCloseFrame: true }
    : settings;
}

/**
 * Dials, and binds a client session to the socket. Add listeners to what it returns, then `start()`
 * it, in the same tick. Nothing is thrown: a bad URL is a session that ends in `error`.
 */
export function dial(url: string, options: DialOptions = {}): ClientActor {
  const { settings: input, id, clock = deadlineClock, inspect, subprotocols = [] } = options;
  compiledClient ??= compile(clientSession);
  const actor: ClientActor =
    inspect === undefined
      ? createCompiledActor(compiledClient, { input, id, clock })
      : createActor(clientSession, { input, clock, inspect, ...named(id) });
  const misuse = misuseOf(url);
  if (misuse !== undefined) {
    actor.send({ type: 'socket.failed', failure: misuse });
    return actor;
  }
  try {
    const reach = new Reach((fact) => actor.send(fact));
    const ws = new WebSocket(url, subprotocols, {
      ...wsOptions(input?.closeTimeout ?? clientDefaults.closeTimeout),
      maxPayload: MAX_PAYLOAD,
      // Typed as that of `net`; a request hands over a callback, and waits for it.
      createConnection: reach.connect as never,
      ...options.ws,
      headers: { ...ANNOUNCEMENT, ...options.ws?.headers },
    });
    const binding = new Binding(actor, ws);
    let isAnnounced = false;
    ws.once('upgrade', ({ headers }) => {
      isAnnounced = sendsCloseFrame(headers);
    });
    ws.once('open', () => {
      // ws drops a pause() made while connecting.
      binding.adjust();
      const { protocol: subprotocol } = ws;
      actor.send({ type: 'socket.opened', subprotocol, sendsCloseFrame: isAnnounced });
    });
    ws.once('close', () => reach.stop());
  } catch (error) {
    actor.send({ type: 'socket.failed', failure: misuseFailure(error) });
  }
  return actor;
}

// Compiled when first needed. Who inspects a session gets the machine itself, which shows its steps.
let compiledServer: CompiledLogic<typeof serverSession> | undefined;
let compiledClient: CompiledLogic<typeof clientSession> | undefined;

function named(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}

/** Asks a session to end early, with close code 1001. One that is over, or ending, goes on as it is. */
export function requestStop(actor: ServerActor | ClientActor): void {
  if (actor.getSnapshot().status === 'active') actor.send({ type: 'app.stopRequested' });
}

function misuseOf(url: string): Failure | undefined {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol === 'ws:' || protocol === 'wss:') return undefined;
  return {
    blame: 'local',
    code: 'ERR_MISUSE',
    expected: 'a URL such as ws://host:port/ or wss://host/path',
    came: `got ${quote(withoutSecrets(String(url)), 200)}`,
    remedy: 'mend the URL',
  };
}

/** What this side did wrong, as an exception tells. */
function misuseFailure(cause: unknown): Failure {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return {
    blame: 'local',
    code: 'ERR_MISUSE',
    expected: 'options and payloads that ws takes',
    came: `it refused (${reason})`,
    remedy: 'mend them',
  };
}

/**
 * Stops reading from a session's socket until the function that it returns is called: for a caller
 * that cannot keep up. The session's deadlines go on; once it closes, it reads again.
 */
export function holdReading(actor: ServerActor | ClientActor): () => void {
  const binding = (actor as Bound)[BINDING];
  if (binding === undefined) return () => {};
  binding.hold(1);
  let isHeld = true;
  return () => {
    if (isHeld) binding.hold(-1);
    isHeld = false;
  };
}

/** Where an actor keeps its binding. */
const BINDING = Symbol('binding');

interface Bound {
  [BINDING]?: Binding;
}

const CLOSED_BEFORE: Failure = {
  blame: 'local',
  code: 'ERR_MISUSE',
  expected: 'an open socket',
  came: 'it was closed before the session began',
  remedy: 'bind the session in the tick in which the socket opened',
};

/** Wires a session's actor to its socket, both ways. */
class Binding implements EndListener {
  // Both machines take every fact of ServerFact; 'socket.opened' is told by `dial` alone.
  readonly #actor: ServerActor;
  readonly #ws: WebSocket;
  readonly #onWritten: (error?: Error | null) => void;
  #unwritten = 0;
  /** How many callers want nothing to be read. */
  #holds = 0;
  #isClosing = false;
  #isPaused = false;
  #isOver = false;
  #isHearing = false;
  /** When a message last went either way. */
  #spokenAt = performance.now();
  /** The end of the stream, until the writes before it were told of. */
  #end: SocketEnded | SocketFailed | undefined = undefined;

  constructor(actor: ServerActor | ClientActor, ws: WebSocket) {
    (actor as Bound)[BINDING] = this;
    this.#actor = actor as ServerActor;
    this.#ws = ws;
    this.#onWritten = (error) => this.#written(error);

    ws.binaryType = 'nodebuffer';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.#spokenAt = performance.now();
      this.#isHearing = true;
      this.#tell({ type: 'socket.received', data: isBinary ? data : data.toString() });
      this.#isHearing = false;
    });
    onEnd(ws, this);
    if (ws.readyState === WebSocket.CLOSED) {
      this.#tell({ type: 'socket.failed', failure: CLOSED_BEFORE });
    }

    this.#actor.on('*', (emitted) => this.#obey(emitted));
  }

  // ------------------------------------------------------------------------------- facts

  #tell(fact: ServerFact): void {
    if (!this.#isOver) this.#actor.send(fact);
  }

  silence(): number {
    return Math.round(performance.now() - this.#spokenAt);
  }

  ended(fact: SocketEnded | SocketFailed, isGone: boolean): void {
    const stands = fact.type === 'socket.failed' && fact.failure.closeCode !== undefined;
    // The writes before a Close frame were told of first, if they succeed at all.
    if (stands || isGone || this.#unwritten === 0) this.#tell(fact);
    else this.#end = fact;
  }

  #written(error?: Error | null): void {
    this.#unwritten--;
    // A write that failed is the end of the connection, which is told as such.
    if (error) return;
    if (this.#isPaused) this.adjust();
    this.#tell(SENT);
    if (this.#end && this.#unwritten === 0) this.#tell(this.#end);
  }

  // ---------------------------------------------------------------------------- commands

  #obey(emitted: Command | ServerNotice): void {
    try {
      switch (emitted.type) {
        case 'socket.send':
          if (this.#ws.bufferedAmount > HIGH_WATER_MARK) this.adjust();
          this.#unwritten++;
          this.#send(emitted.data);
          break;
        case 'socket.close':
          this.#ws.close(emitted.code, emitted.reason);
          this.#isClosing = true;
          this.adjust();
          break;
        case 'socket.terminate':
          this.#ws.terminate();
          break;
        case 'session.ended':
          this.#isOver = true;
          break;
        default:
      }
    } catch (error) {
      this.#tell({ type: 'socket.failed', failure: misuseFailure(error) });
    }
  }

  #send(data: Payload): void {
    // An answer goes out with what it answers: the time is known.
    if (!this.#isHearing) this.#spokenAt = performance.now();
    // Encoded here: Node writes a frame's head and bytes faster together than a head and a string.
    if (typeof data !== 'string') this.#ws.send(data, this.#onWritten);
    else this.#ws.send(Buffer.from(data), TEXT, this.#onWritten);
  }

  // ------------------------------------------------------------------------- flow control

  hold(change: 1 | -1): void {
    this.#holds += change;
    this.adjust();
  }

  /** Reads, or does not, as it stands now. */
  adjust(): void {
    const isFull = this.#ws.bufferedAmount > HIGH_WATER_MARK || this.#holds > 0;
    if (isFull && !this.#isClosing) {
      this.#isPaused = true;
      this.#ws.pause();
    } else if (this.#isPaused) {
      this.#isPaused = false;
      this.#ws.resume();
    }
  }
}
