/**
 * Binds the sessions to `ws` sockets: callbacks become facts, commands become calls.
 *
 * Rule 1. It decides nothing. A condition on a session's state would belong in the machine.
 * Rule 2. Listeners stand before the actor starts: its first commands come inside `start()`.
 * Rule 3. What throws is told to the machine as a fact: an exception in a listener never reaches it.
 * Rule 4. Memory is bounded: where more than 1 MiB waits before a message, nothing more is read until
 *         it does no longer. What is large by itself is written and read at the same time.
 */

import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import { type ActorOptions, createActor } from 'xstate';
import {
  type ClientSettings,
  type Command,
  type CompiledLogic,
  clientDefaults,
  clientSession,
  compile,
  createCompiledActor,
  type Failure,
  type MachineActor,
  type Payload,
  type ServerFact,
  type ServerNotice,
  type ServerSettings,
  type SocketEnded,
  type SocketFailed,
  type SocketSent,
  serverSession,
} from '../machines/index.js';
import { deadlineClock } from './clock.js';
import { handshakeFailure, onEnd, reasonOf } from './endOfStream.js';
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
    closeTimeout: Math.min(closeTimeout + 1_000, 2 ** 31 - 1),
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
export function accept(ws: WebSocket, options: SessionOptions<ServerSettings> = {}): ServerActor {
  const { settings: input, id, clock = deadlineClock, inspect } = options;
  compiledServer ??= compile(serverSession);
  const actor: ServerActor =
    inspect === undefined
      ? createCompiledActor(compiledServer, { input, id, clock })
      : createActor(serverSession, { input, clock, inspect, ...named(id) });
  new Binding(actor, ws);
  return actor;
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
  const ours = wsOptions(input?.closeTimeout ?? clientDefaults.closeTimeout);
  try {
    const ws = new WebSocket(url, subprotocols, { ...ours, maxPayload: 2 ** 20, ...options.ws });
    const binding = new Binding(actor, ws);
    ws.on('open', () => {
      // ws forgets what it was told before.
      binding.adjust();
      actor.send({ type: 'socket.opened', subprotocol: ws.protocol });
    });
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
  let protocol: string;
  try {
    protocol = new URL(url).protocol;
  } catch {
    return misuseFailure(
      `expected a URL such as ws://host:port/, but got ${JSON.stringify(withoutSecrets(url))}`,
    );
  }
  if (protocol === 'ws:' || protocol === 'wss:') return undefined;
  return misuseFailure(
    `expected a ws:// or wss:// URL, but got ${JSON.stringify(withoutSecrets(url))}`,
  );
}

function misuseFailure(cause: unknown): Failure {
  const message = cause instanceof Error ? reasonOf(cause) : String(cause);
  return { blame: 'local', code: 'ERR_MISUSE', message };
}

/**
 * Stops reading from a session's socket until the function that it returns is called: for a caller
 * that cannot keep up. The session's deadlines go on; once it closes, it reads again.
 */
export function holdReading(actor: ServerActor | ClientActor): () => void {
  const binding = (actor as Bound)[BINDING];
  if (binding === undefined) return () => {};
  binding.hold(1);
  return () => binding.hold(-1);
}

/** Where an actor keeps its binding. */
const BINDING = Symbol('binding');

interface Bound {
  [BINDING]?: Binding;
}

/** Wires a session's actor to its socket, both ways. */
class Binding {
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
  /** The end of the stream, until the writes before it were told of. */
  #end: SocketEnded | SocketFailed | undefined = undefined;

  constructor(actor: ServerActor | ClientActor, ws: WebSocket) {
    (actor as Bound)[BINDING] = this;
    this.#actor = actor as ServerActor;
    this.#ws = ws;
    this.#onWritten = (error) => this.#written(error);

    ws.binaryType = 'nodebuffer';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.#tell({ type: 'socket.received', data: isBinary ? data : data.toString() });
    });
    onEnd(ws, (fact, isGone) => this.#ended(fact, isGone));
    if (ws.readyState === WebSocket.CLOSED) {
      const closed = new Error('the socket was closed before the session began');
      this.#tell({ type: 'socket.failed', failure: handshakeFailure(closed) });
    }

    this.#actor.on('*', (emitted) => this.#obey(emitted));
  }

  // ------------------------------------------------------------------------------- facts

  #tell(fact: ServerFact): void {
    if (!this.#isOver) this.#actor.send(fact);
  }

  #ended(fact: SocketEnded | SocketFailed, isGone: boolean): void {
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
