/**
 * Conversations on `ws` sockets. `dial` opens a socket. `speak` holds a server session over an open
 * socket and `echo` a client session, whichever end dialled.
 *
 * Rule 1. All three return actors that have not started: the caller adds listeners and calls `start()`.
 * Rule 2. All three run the machine compiled. A caller who inspects gets the machine itself, which shows
 *         its steps.
 * Rule 3. Here actors are made. `binding.ts` translates the callbacks and commands of a session,
 *         `openSocket.ts` those of an opening.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { type ActorOptions, type AnyStateMachine, createActor, type InputFrom } from 'xstate';
import {
  type CompiledLogic,
  compile,
  createCompiledActor,
  type MachineActor,
} from '../compiler/index.js';
import {
  type ClientSettings,
  clientSession,
  type OpeningSettings,
  opening,
  type PeerInput,
  type PingsInput,
  pings,
  type ServerSettings,
  serverSession,
} from '../machines/index.js';
import { sendsCloseFrame } from './announcement.js';
import { Binding } from './binding.js';
import { deadlineClock } from './clock.js';
import { misuseOfOptions, misuseOfSocket } from './misuse.js';
import type { OnOpen, OpenOptions } from './openOptions.js';
import { openSocket } from './openSocket.js';
import { bindPings } from './pings.js';
import type { SessionActor } from './sessionActor.js';

export { holdReading } from './binding.js';
export type { OnOpen } from './openOptions.js';
export { wsOptions } from './wsOptions.js';

/** A server session: the one that speaks. */
export type ServerActor = MachineActor<typeof serverSession>;

/** A client session: the one that returns what comes. */
export type ClientActor = MachineActor<typeof clientSession>;

/** An opening. */
export type OpeningActor = MachineActor<typeof opening>;

/** Pings beside a session. */
export type PingsActor = MachineActor<typeof pings>;

/** The options of every actor. */
interface CommonOptions<Settings> {
  /** What the actor says and how patient it is; the book's settings fill the gaps. */
  settings?: Partial<Settings>;
  /** The name of the actor in logs and inspectors. */
  id?: string;
  /** The clock of the deadlines; by default one that all sessions share, late by a 64th at most. */
  clock?: NonNullable<ActorOptions<AnyStateMachine>['clock']>;
  /** An XState inspection observer of every fact and step; with it the machine itself runs. */
  inspect?: NonNullable<ActorOptions<AnyStateMachine>['inspect']>;
}

/** The options of a session on an open socket. */
export interface SessionOptions<Settings> extends CommonOptions<Settings> {
  /**
   * The peer's half of the opening handshake: the request of a client, or the answer of a server. Its
   * headers say whether the peer is of lockstep.
   */
  handshake?: IncomingMessage;
}

/** The options of an opening, and of its socket: `ws` has origin, headers, ca, maxPayload … */
export interface DialOptions extends CommonOptions<OpeningSettings>, OpenOptions {}

// Compiled when the first of each is needed.
let compiledServer: CompiledLogic<typeof serverSession> | undefined;
let compiledClient: CompiledLogic<typeof clientSession> | undefined;
let compiledPings: CompiledLogic<typeof pings> | undefined;
let compiledOpening: CompiledLogic<typeof opening> | undefined;

/**
 * Binds a server session to an open socket: it speaks first. Call it, add listeners to the actor that
 * it returns and `start()` the actor, all in the tick in which you got the socket: then no message is
 * lost. To end a session, use `requestStop`; the actor's own `stop()` would leave the socket open.
 */
export function speak(ws: WebSocket, options: SessionOptions<ServerSettings> = {}): ServerActor {
  compiledServer ??= compile(serverSession);
  const actor = actorOf(serverSession, compiledServer, options, inputOf(options));
  bind(actor, ws, options);
  return actor;
}

/** Binds a client session to an open socket, as `speak` does: it returns every message. */
export function echo(ws: WebSocket, options: SessionOptions<ClientSettings> = {}): ClientActor {
  compiledClient ??= compile(clientSession);
  const actor = actorOf(clientSession, compiledClient, options, inputOf(options));
  bind(actor, ws, options);
  return actor;
}

/**
 * Dials, and hands the open socket to `onOpen`, which binds a session to it. Add listeners to the actor
 * that it returns, then `start()` the actor, in the same tick. `dial` never throws: with a bad URL the
 * opening ends in `error`.
 */
export function dial(url: string, onOpen: OnOpen, options: DialOptions = {}): OpeningActor {
  const misuse = misuseOfOptions(options);
  compiledOpening ??= compile(opening);
  const actor = actorOf(opening, compiledOpening, options, options?.settings);
  if (misuse === undefined) openSocket(actor, url, onOpen, options);
  else actor.send({ type: 'socket.failed', failure: misuse });
  return actor;
}

/**
 * Pings the peer of a session that `speak` or `echo` has bound to this socket. Call it before the
 * session starts, and start both. A pong that does not come in time fails the session.
 */
export function keepPinging(
  ws: WebSocket,
  session: ServerActor | ClientActor,
  { settings, ...options }: Omit<CommonOptions<object>, 'settings'> & { settings: PingsInput },
): PingsActor {
  compiledPings ??= compile(pings);
  const actor = actorOf(pings, compiledPings, options, settings);
  bindPings(actor, ws, session as SessionActor);
  return actor;
}

/** Asks an opening or a session to end early; a session says so with close code 1001. */
export function requestStop(actor: ServerActor | ClientActor | OpeningActor): void {
  if (actor.getSnapshot().status === 'active') actor.send({ type: 'app.stopRequested' });
}

function bind(actor: SessionActor, ws: WebSocket, options: unknown): void {
  const misuse = misuseOfSocket(ws) ?? misuseOfOptions(options);
  if (misuse !== undefined) actor.send({ type: 'socket.failed', failure: misuse });
  else new Binding(actor, ws);
}

/** Makes an actor. The options may be anything: the caller has them judged. */
function actorOf<M extends AnyStateMachine>(
  machine: M,
  compiled: CompiledLogic<M>,
  options: CommonOptions<object>,
  input: InputFrom<M> | undefined,
): MachineActor<M> {
  const { id, clock = deadlineClock, inspect } = options ?? {};
  if (inspect === undefined) return createCompiledActor(compiled, { input, id, clock });
  const named = id === undefined ? {} : { id };
  return createActor<AnyStateMachine>(machine, { input, clock, inspect, ...named }) as never;
}

/** The settings, and whether the peer announces Close frames. The machine judges wrong settings. */
function inputOf<S>(options: SessionOptions<S>): (Partial<S> & PeerInput) | undefined {
  const { settings, handshake } = options ?? {};
  const isAnnounced = handshake !== undefined && sendsCloseFrame(handshake.headers);
  if (!isAnnounced || settings === null) return settings;
  if (settings !== undefined && (typeof settings !== 'object' || Array.isArray(settings))) {
    return settings;
  }
  try {
    return { ...(settings as Partial<S>), sendsCloseFrame: true };
  } catch {
    return settings;
  }
}
