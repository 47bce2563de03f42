/**
 * `lockstep server`: listens, and holds the conversation with everybody who connects.
 *
 * Rule 1. It ends when it is told to: by its `stop` signal, or with its one session under `once`.
 * Rule 2. Stopping goes through the machines: each session says 1001 and waits for its peer.
 */
import type { Socket } from 'node:net';
import type { Inspecting } from '../adapters/inspector/index.js';
import { type Listener, type ListenOptions, listen } from '../adapters/listen.js';
import { accept, requestStop, type ServerActor } from '../adapters/ws.js';
import type { ServerSettings, SessionOutput } from '../machines/index.js';
import type { Lines } from './output.js';
import { Report, type Reporting } from './report.js';

/** What the server runner is told. */
export interface ServerOptions {
  settings: ServerSettings;
  listening: Omit<ListenOptions, 'closeTimeout' | 'onConnection' | 'onError'>;
  reporting: Reporting;
  /** Serve one session, and end with it. */
  once: boolean;
  /** How long sessions may take to end after a stop, in ms. */
  drainTimeout: number;
  /** What the sessions are to be seen in. */
  inspecting?: Inspecting | undefined;
}

/** A server that listens. */
export interface RunningServer {
  url: string;
  /** Resolves with the exit status once everything is over. */
  ended: Promise<number>;
}

interface Session {
  actor: ServerActor;
  ended: Promise<SessionOutput>;
  cut(): void;
}

/**
 * Starts the server; rejects with the system's error where it cannot listen. `stop` makes it stop
 * accepting and end every session through its machine; after `drainTimeout` they are cut.
 */
export async function runServer(
  options: ServerOptions,
  lines: Lines,
  stop: AbortSignal,
): Promise<RunningServer> {
  const { once, settings, reporting, inspecting } = options;
  const sessions = new Set<Session>();
  const { promise: ended, resolve: end } = deferred<number>();
  let count = 0;

  const listener: Listener = await listen({
    ...options.listening,
    closeTimeout: settings.closeTimeout,
    onError: (error) => lines.err(`Can't accept: ${error.message}; the others are still served`),
    onConnection: (ws, request) => {
      const { socket } = request;
      count++;
      const peer = once ? '' : addressOf(socket);
      const name = `server-${count}`;
      const report = new Report('server', name, peer, reporting, lines, inspecting?.inspect);
      const actor = accept(ws, { settings, request, ...report.actorOptions });
      inspecting?.connected(actor, socket);
      const session = { actor, ended: report.follow(actor), cut: () => ws.terminate() };
      sessions.add(session);
      const closed = once ? listener.close() : undefined;
      session.ended.then(async ({ outcome }) => {
        sessions.delete(session);
        if (!once || stop.aborted) return;
        await closed;
        end(outcome === 'done' ? 0 : 1);
      });
      actor.start();
    },
  });

  const drain = async (): Promise<void> => {
    const closed = listener.close();
    const left = [...sessions];
    const deadline = setTimeout(() => {
      for (const { cut } of left) cut();
    }, options.drainTimeout);
    for (const { actor } of left) requestStop(actor);
    await Promise.all(left.map((session) => session.ended));
    clearTimeout(deadline);
    await closed;
    end(0);
  };
  if (stop.aborted) void drain();
  else stop.addEventListener('abort', () => void drain(), { once: true });

  lines.err(`Listening on ${listener.url}`);
  return { url: listener.url, ended };
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  // A peer that has reset the connection by now has no address any more.
  if (remoteAddress === undefined) return 'an unknown address';
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
