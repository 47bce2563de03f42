/**
 * Sessions on `ws` sockets: `accept` for a server session, `dial` for a client session.
 *
 * Rule 1. Both return actors that have not started: the caller adds listeners and calls `start()`.
 * Rule 2. Both run the machine compiled. A caller who inspects gets the machine itself, which shows
 *         its steps.
 * Rule 3. Here sessions are made. `binding.ts` translates callbacks and commands, `openSocket.ts`
 *         dials.
 */
import type { IncomingMessage } from 'node:http';
import type { ClientOptions, WebSocket } from 'ws';
import { type ActorOptions, createActor } from 'xstate';
import {
  type CompiledLogic,
  compile,
  createCompiledActor,
  type MachineActor,
} from '../compiler/index.js';
import {
  type ClientSettings,
  clientSession,
  type ServerInput,
  type ServerSettings,
  serverSession,
} from '../machines/index.js';
import { sendsCloseFrame } from './announcement.js';
import { Binding } from './binding.js';
import { deadlineClock } from './clock.js';
import { misuseOfOptions, misuseOfSocket } from './misuse.js';
import { openSocket } from './openSocket.js';

export { holdReading } from './binding.js';
export { wsOptions } from './wsOptions.js';

/** A server session. */
export type ServerActor = MachineActor<typeof serverSession>;

/** A client session. */
export type ClientActor = MachineActor<typeof clientSession>;

/** What a session may be given beside its socket. */
export interface SessionOptions<Settings> {
  /** What the session says and how patient it is; the book's settings fill the gaps. */
  settings?: Partial<Settings>;
  /** The name of the actor in logs and inspectors. */
  id?: string;
  /** The clock of the deadlines; by default one that all sessions share, late by a 64th at most. */
  clock?: NonNullable<ActorOptions<typeof serverSession>['clock']>;
  /** An XState inspection observer of every fact and step; with it the machine itself runs. */
  inspect?: NonNullable<ActorOptions<typeof serverSession>['inspect']>;
}

/** What `accept` may be given. */
export interface AcceptOptions extends SessionOptions<ServerSettings> {
  /** The request that opened the socket: its headers say whether the client is of lockstep. */
  request?: IncomingMessage;
}

/** What `dial` may be given: options of `ws` (origin, headers, ca, maxPayload …) too. */
export interface DialOptions extends SessionOptions<ClientSettings> {
  subprotocols?: string[];
  ws?: ClientOptions;
}

// Compiled when the first session needs them.
let compiledServer: CompiledLogic<typeof serverSession> | undefined;
let compiledClient: CompiledLogic<typeof clientSession> | undefined;

/**
 * Binds a server session to an open socket. Call it, add listeners to the actor that it returns and
 * `start()` the actor, all in the tick in which you got the socket: then no message is lost. To end
 * a session, use `requestStop`; the actor's own `stop()` would leave the socket open.
 */
export function accept(ws: WebSocket, options: AcceptOptions = {}): ServerActor {
  const misuse = misuseOfSocket(ws) ?? misuseOfOptions(options);
  const { id, clock = deadlineClock, inspect } = options ?? {};
  const input = inputOf(options ?? {});
  compiledServer ??= compile(serverSession);
  const actor: ServerActor =
    inspect === undefined
      ? createCompiledActor(compiledServer, { input, id, clock })
      : createActor(serverSession, { input, clock, inspect, ...named(id) });
  if (misuse !== undefined) actor.send({ type: 'socket.failed', failure: misuse });
  else new Binding(actor, ws);
  return actor;
}

/** The settings, and whether the client announces Close frames. The machine judges wrong settings. */
function inputOf({ settings, request }: AcceptOptions): ServerInput | undefined {
  const isAnnounced = request !== undefined && sendsCloseFrame(request.headers);
  if (!isAnnounced || settings === null) return settings;
  if (settings !== undefined && (typeof settings !== 'object' || Array.isArray(settings))) {
    return settings;
  }
  try {
    return { ...settings, sendsCloseFrame: true };
  } catch {
    return settings;
  }
}

/**
 * Dials, and binds a client session to the socket. Add listeners to the actor that it returns, then
 * `start()` the actor, in the same tick. `dial` never throws: with a bad URL the session ends in
 * `error`.
 */
export function dial(url: string, options: DialOptions = {}): ClientActor {
  const misuse = misuseOfOptions(options);
  const { settings: input, id, clock = deadlineClock, inspect, subprotocols, ws } = options ?? {};
  compiledClient ??= compile(clientSession);
  const actor: ClientActor =
    inspect === undefined
      ? createCompiledActor(compiledClient, { input, id, clock })
      : createActor(clientSession, { input, clock, inspect, ...named(id) });
  if (misuse !== undefined) {
    actor.send({ type: 'socket.failed', failure: misuse });
    return actor;
  }
  const { closeTimeout } = actor.getSnapshot().context.settings;
  openSocket(actor, url, { closeTimeout, subprotocols, ws });
  return actor;
}

function named(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}

/** Asks a session to end early, with close code 1001. A session that ends or has ended goes on as before. */
export function requestStop(actor: ServerActor | ClientActor): void {
  if (actor.getSnapshot().status === 'active') actor.send({ type: 'app.stopRequested' });
}
