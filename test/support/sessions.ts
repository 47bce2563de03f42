/** Sessions on real sockets, with everything they say written down. */
import type { WebSocket } from 'ws';
import { type Listener, type ListenOptions, listen } from '../../adapters/listen.js';
import {
  accept,
  type ClientActor,
  type DialOptions,
  dial,
  type ServerActor,
  type SessionOptions,
} from '../../adapters/ws.js';
import { pathOf } from '../../chart/names.js';
import type {
  ClientNotice,
  Command,
  ServerNotice,
  ServerSettings,
  SessionOutput,
} from '../../machines/index.js';
import { serverDefaults } from '../../machines/index.js';
import { Trace } from '../../runners/transcript.js';
import type { TestContext } from './suite.js';

/** A session that runs. */
export interface Session<Actor> {
  actor: Actor;
  /** Its transcript so far. */
  lines: string[];
  output: Promise<SessionOutput>;
  /** Resolves once the transcript has this line. */
  reaches(line: string): Promise<void>;
}

export type ServerSession = Session<ServerActor> & { ws: WebSocket };

type Emitted = Command | ServerNotice | ClientNotice;

/** How the stream ended, without the silence before: that takes as long as it takes. */
export function endOf({ end }: SessionOutput): object | null {
  if (end === null) return null;
  const { silence, ...rest } = end;
  if (silence < 0) throw new Error(`the silence was ${silence} ms`);
  return rest;
}

class Recorder {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #trace = new Trace((line) => {
    this.lines.push(line);
    for (const check of this.#waiting) check();
  });
  readonly inspect = this.#trace.inspect;

  run<Actor extends ServerActor | ClientActor>(actor: Actor): Session<Actor> {
    const output = new Promise<SessionOutput>((resolve) => {
      (actor as ServerActor).on('*', (event) => {
        this.#trace.emitted(event as Emitted, pathOf(actor.getSnapshot().value));
        if (event.type === 'session.ended') resolve(event.output);
      });
    });
    actor.start();
    return { actor, lines: this.lines, output, reaches: (line) => this.#reaches(line) };
  }

  #reaches(line: string): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.lines.includes(line)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** Dials, starts the session, and lets go of it when the test is over. */
export function startClient(
  url: string,
  { after }: TestContext,
  options: DialOptions = {},
): Session<ClientActor> {
  const recorder = new Recorder();
  const session = recorder.run(dial(url, { ...options, inspect: recorder.inspect }));
  after(() => session.actor.stop());
  return session;
}

/** Listens on a free port; each connection is a session, handed out in order by `next`. */
export async function startServer(
  { after }: TestContext,
  options: SessionOptions<ServerSettings> & Partial<ListenOptions> = {},
): Promise<{ url: string; listener: Listener; next(): Promise<ServerSession> }> {
  const { settings, clock, ...listening } = options;
  const ready: ServerSession[] = [];
  const waiting: ((session: ServerSession) => void)[] = [];
  const listener = await listen({
    port: 0,
    host: '127.0.0.1',
    maxPayload: 2 ** 20,
    connectTimeout: 10_000,
    closeTimeout: settings?.closeTimeout ?? serverDefaults.closeTimeout,
    onError: (error) => {
      throw error;
    },
    onConnection: (ws, request) => {
      const recorder = new Recorder();
      const actor = accept(ws, {
        request,
        ...(settings !== undefined && { settings }),
        ...(clock && { clock }),
        inspect: recorder.inspect,
      });
      after(() => ws.terminate());
      const session = { ...recorder.run(actor), ws };
      const next = waiting.shift();
      if (next) next(session);
      else ready.push(session);
    },
    ...listening,
  });
  after(() => void listener.close());
  const next = (): Promise<ServerSession> => {
    const session = ready.shift();
    if (session) return Promise.resolve(session);
    return new Promise((resolve) => waiting.push(resolve));
  };
  return { url: listener.url, listener, next };
}
