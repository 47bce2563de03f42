/**
 * Binds the sessions to `ws` sockets: callbacks become facts, commands become calls.
 *
 * Rule 1. It decides nothing. A condition on a session's state would belong in the machine.
 * Rule 2. Listeners stand before the actor starts: its first commands come inside `start()`.
 * Rule 3. What throws is told to the machine as a fact: an exception in a listener never reaches it.
 * Rule 4. Memory is bounded: while more than 1 MiB waits to be written, nothing more is read.
 */

import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import type { ActorOptions, ActorRefFrom } from 'xstate';
import { createActor } from 'xstate';
import {
  type ClientFact,
  type ClientSettings,
  type Command,
  clientDefaults,
  clientSession,
  type Failure,
  type ServerFact,
  type ServerSettings,
  serverSession,
} from '../machines/index.js';
import { endFact, handshakeFailure, reasonOf, violation } from './endOfStream.js';

/** Bytes waiting to be written above which reading pauses. */
const HIGH_WATER_MARK = 1024 * 1024;

/**
 * How long ws itself should wait for the end of TCP once a Close frame has come or gone, in ms. A
 * little more than the session's `closeTimeout`, so that where the session closes, its deadline
 * rules; where the peer does and then never ends TCP, ws's does, and the end is known to be clean.
 */
export function wsCloseTimeout(closeTimeout: number): number {
  return Math.min(closeTimeout + 1_000, 2 ** 31 - 1);
}

/** A running server session. */
export type ServerActor = ActorRefFrom<typeof serverSession>;

/** A running client session. */
export type ClientActor = ActorRefFrom<typeof clientSession>;

/** What a session may be given beside its socket. */
export interface SessionOptions<Settings> {
  /** What the session says and how patient it is; what is left out is as in the book. */
  settings?: Partial<Settings>;
  /** The name of the actor in logs and inspectors. */
  id?: string;
  /** The clock of the deadlines; the machine's real time by default. */
  clock?: NonNullable<ActorOptions<typeof serverSession>['clock']>;
  /** An XState inspection observer, told of every fact and state. */
  inspect?: NonNullable<ActorOptions<typeof serverSession>['inspect']>;
}

/** What `dial` may be given: options of `ws` (origin, headers, ca, maxPayload …) too. */
export interface DialOptions extends SessionOptions<ClientSettings> {
  subprotocols?: string[];
  ws?: ClientOptions;
}

/**
 * Binds a server session to an open socket. Add listeners to what it returns, then `start()` it, in
 * the same tick in which the socket was handed to you: no message is lost.
 */
export function accept(ws: WebSocket, options: SessionOptions<ServerSettings> = {}): ServerActor {
  const { settings, ...rest } = options;
  const actor = createActor(serverSession, { ...rest, input: settings });
  bind(actor, ws);
  return actor;
}

/**
 * Dials, and binds a client session to the socket. Add listeners to what it returns, then `start()`
 * it, in the same tick. Nothing is thrown: a bad URL is a session that ends in `error`.
 */
export function dial(url: string, options: DialOptions = {}): ClientActor {
  const { settings, subprotocols = [], ws: wsOptions, ...rest } = options;
  const actor = createActor(clientSession, { ...rest, input: settings });
  const misuse = misuseOf(url);
  if (misuse !== undefined) {
    actor.send({ type: 'socket.failed', failure: misuse });
    return actor;
  }
  const closeTimeout = wsCloseTimeout(settings?.closeTimeout ?? clientDefaults.closeTimeout);
  const ownOptions = { closeTimeout, perMessageDeflate: false, maxPayload: 2 ** 20 };
  try {
    const ws = new WebSocket(url, subprotocols, { ...ownOptions, ...wsOptions });
    ws.on('open', () => actor.send({ type: 'socket.opened', subprotocol: ws.protocol }));
    bind(actor, ws);
  } catch (error) {
    actor.send({ type: 'socket.failed', failure: misuseFailure(error) });
  }
  return actor;
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
    return misuseFailure(`expected a URL such as ws://host:port/, but got ${JSON.stringify(url)}`);
  }
  if (protocol === 'ws:' || protocol === 'wss:') return undefined;
  return misuseFailure(`expected a ws:// or wss:// URL, but got ${JSON.stringify(url)}`);
}

function misuseFailure(cause: unknown): Failure {
  const message = cause instanceof Error ? reasonOf(cause) : String(cause);
  return { blame: 'local', code: 'ERR_MISUSE', message };
}

/** Wires one socket to one actor, both ways. */
function bind(actor: ServerActor | ClientActor, ws: WebSocket): void {
  let openingError: Error | undefined;

  const tell = (fact: ServerFact | ClientFact): void => {
    // Both machines take every fact of ServerFact; 'socket.opened' is told by `dial` alone.
    if (actor.getSnapshot().status === 'active') (actor as ClientActor).send(fact);
  };

  const onWritten = (error?: Error | null): void => {
    // A write that failed is the end of the connection, and its end is told by 'close'.
    if (error) return;
    if (ws.isPaused && ws.bufferedAmount <= HIGH_WATER_MARK) ws.resume();
    tell({ type: 'socket.sent' });
  };

  // ------------------------------------------------------------------------------- facts

  ws.binaryType = 'nodebuffer';

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    tell({ type: 'socket.received', data: isBinary ? data : data.toString() });
  });

  ws.on('error', (error) => {
    const failure = violation(error);
    if (failure === undefined) openingError = error;
    else tell({ type: 'socket.failed', failure });
  });

  ws.on('close', (code, reason) => {
    tell(endFact(ws, code, reason.toString(), openingError));
  });

  if (ws.readyState === WebSocket.CLOSED) {
    const closed = new Error('the socket was closed before the session began');
    tell({ type: 'socket.failed', failure: handshakeFailure(closed) });
  }

  // ---------------------------------------------------------------------------- commands

  const obey = <C extends Command>(call: (command: C) => void) => {
    return (command: C): void => {
      try {
        call(command);
      } catch (error) {
        tell({ type: 'socket.failed', failure: misuseFailure(error) });
      }
    };
  };

  // The two actors emit the same commands; TypeScript cannot call a union's overloads.
  const { on } = actor as ServerActor;
  const listen = on.bind(actor) as typeof on;

  listen(
    'socket.send',
    obey(({ data }) => {
      ws.send(data, onWritten);
      if (ws.bufferedAmount > HIGH_WATER_MARK) ws.pause();
    }),
  );

  listen(
    'socket.close',
    obey(({ code, reason }) => {
      ws.close(code, reason);
      ws.resume();
    }),
  );

  listen(
    'socket.terminate',
    obey(() => ws.terminate()),
  );
}
