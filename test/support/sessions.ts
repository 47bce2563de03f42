/** Sessions on real sockets, with everything they say written down. */
import type { WebSocket } from 'ws';
import { type Listener, type ListenOptions, listen } from '../../adapters/listen.js';
import {
  type ClientActor,
  type DialOptions,
  dial,
  echo,
  type OpeningActor,
  type ServerActor,
  type SessionOptions,
  speak,
} from '../../adapters/ws.js';
import { pathOf } from '../../chart/names.js';
import type {
  ClientSettings,
  OpeningOutput,
  ServerSettings,
  SessionOutput,
} from '../../machines/index.js';
import { serverDefaults } from '../../machines/index.js';
import { type Emitted, Trace } from '../../runners/transcript.js';
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

/** A client that runs: its opening, and then its session. */
export interface Client extends Pick<Session<ClientActor>, 'lines' | 'reaches'> {
  opening: OpeningActor;
  /** The session's actor; it is about to start. Never resolves where the connection does not open. */
  actor: Promise<ClientActor>;
  /** The output of the session; or of the opening, where that failed. */
  output: Promise<SessionOutput | OpeningOutput>;
}

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
      this.follow(actor, (event) => {
        if (event.type === 'session.ended') resolve(event.output);
      });
    });
    actor.start();
    return { actor, lines: this.lines, output, reaches: (line) => this.reaches(line) };
  }

  follow(actor: ServerActor | ClientActor | OpeningActor, tell: (event: Emitted) => void): void {
    (actor as ServerActor).on('*', (event) => {
      this.#trace.emitted(event, pathOf(actor.getSnapshot().value));
      tell(event);
    });
  }

  reaches(line: string): Promise<void> {
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

/** Dials, starts the opening and then the session, and lets go of both when the test is over. */
export function startClient(
  url: string,
  { after }: TestContext,
  options: DialOptions & { session?: Partial<ClientSettings> } = {},
): Client {
  const { session: settings, ...dialling } = options;
  const recorder = new Recorder();
  const { inspect } = recorder;
  const clock = dialling.clock && { clock: dialling.clock };
  let opening: OpeningActor | undefined;
  const running = new Promise<Session<ClientActor>>((resolve) => {
    opening = dial(
      url,
      (ws, handshake) => {
        after(() => ws.terminate());
        const actor = echo(ws, {
          handshake,
          inspect,
          ...clock,
          ...(settings !== undefined && { settings }),
        });
        resolve(recorder.run(actor));
      },
      { ...dialling, inspect },
    );
  });
  if (opening === undefined) throw new Error('dial makes an actor at once');
  const actor = opening;
  const failed = new Promise<OpeningOutput>((resolve) => {
    recorder.follow(actor, (event) => {
      if (event.type === 'opening.ended' && event.output.outcome !== 'opened')
        resolve(event.output);
    });
  });
  actor.start();
  after(() => actor.stop());
  return {
    opening: actor,
    actor: running.then((session) => session.actor),
    lines: recorder.lines,
    output: Promise.race([failed, running.then((session) => session.output)]),
    reaches: (line) => recorder.reaches(line),
  };
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
      const actor = speak(ws, {
        handshake: request,
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
