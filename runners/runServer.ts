/**
 * Runs the server: listens, and holds the conversation with every client that connects.
 *
 * Rule 1. The server ends on its `stop` signal; under `once`, also with its one session.
 * Rule 2. Stopping goes through the machines: each session closes with 1001 and waits for its peer.
 * Rule 3. Stopping has a deadline, whatever the peers do: `drainTimeout` after the signal; under
 *         `once`, `closeTimeout` after the session.
 * Rule 4. A server that stops listens until its sessions are over: a load balancer asks for its health.
 */
import type { Socket } from 'node:net';
import { withAddress } from '../adapters/address.js';
import { type Hindrance, type ListenOptions, listen } from '../adapters/listen.js';
import { visitorOf } from '../adapters/visitor.js';
import type { Inspecting } from '../inspector/index.js';
import { CHECK_PROTOCOL } from '../machines/checks/index.js';
import type { SessionOutput } from '../machines/index.js';
import { answering } from './answering.js';
import { type Conversation, converse, pingsBeside } from './conversation.js';
import { type Lines, timedIf } from './output.js';
import { RefusalLog } from './refusals.js';
import { type Output, Report, type Reporting } from './report.js';
import { Sessions } from './sessions.js';

export interface ServerOptions {
  conversation: Conversation;
  listening: Omit<
    ListenOptions,
    'closeTimeout' | 'hindrance' | 'onConnection' | 'onTurnedAway' | 'onError'
  >;
  reporting: Reporting;
  /** Whether the server takes one session, and ends with it. */
  once: boolean;
  /** How long sessions and their sockets may take to end after a stop, in ms. */
  drainTimeout: number;
  /** The inspector that sees the sessions. */
  inspecting?: Inspecting | undefined;
}

/** A server that listens. */
export interface RunningServer {
  url: string;
  /** Resolves with the exit status once the last socket is gone. */
  ended: Promise<number>;
}

/**
 * Starts the server; rejects with the system's error where it cannot listen. After `stop` the server
 * takes no new sessions, ends each through its machine, and cuts the rest after `drainTimeout`.
 */
export async function runServer(
  options: ServerOptions,
  lines: Lines,
  stop: AbortSignal,
): Promise<RunningServer> {
  const { once, conversation, reporting, inspecting } = options;
  const { closeTimeout } = conversation.settings;
  const isJson = reporting.json && !reporting.quiet;
  const reportOf = reporter(options, lines);
  const sessions = new Sessions();
  lines.readers.serve(sessions);
  const refusals = new RefusalLog(reporting, lines);
  const answerCheck = answering();
  const { promise: ended, resolve: end } = deferred<number>();

  const listener = await listen({
    ...options.listening,
    closeTimeout,
    onError: (error) => lines.err(`Can't accept: ${error.message}; the others are still served`),
    onTurnedAway: (refusal) => refusals.add(refusal),
    hindrance: () => (lines.readers.areFarBehind ? FAR_BEHIND : undefined),
    onConnection: (ws, request) => {
      if (ws.protocol === CHECK_PROTOCOL) {
        sessions.add(ws, answerCheck(ws, request));
        return;
      }
      const { socket } = request;
      const report = reportOf(socket);
      const actor = converse(conversation, ws, { handshake: request, ...report.actorOptions });
      inspecting?.connected(actor, socket);
      sessions.add(ws, report);
      if (once) void listener.close();
      const pings = pingsBeside(conversation, ws, actor, report);
      report.follow(actor, once ? endWith : undefined, isJson ? visitorOf(request) : undefined);
      actor.start();
      pings?.start();
    },
  });

  /** Ends the run once all sockets are gone; cuts the sockets that are left after `ms`. */
  const leave = async (status: number, ms: number): Promise<void> => {
    const isOrderly = await sessions.gone(ms);
    await listener.close();
    refusals.close();
    end(isOrderly ? status : 1);
  };

  const endWith = ({ outcome }: SessionOutput): void => {
    if (!stop.aborted) void leave(outcome === 'done' ? 0 : 1, closeTimeout);
  };

  const drain = (): void => {
    listener.drain();
    void leave(0, options.drainTimeout);
    sessions.requestStops();
  };
  if (stop.aborted) drain();
  else stop.addEventListener('abort', drain, { once: true });

  lines.err(`Listening on ${listener.url}`);
  return { url: listener.url, ended };
}

/** Makes the report of each session, under the next name. Under `once` errors need no peer. */
function reporter(
  { once, conversation, reporting, inspecting }: ServerOptions,
  lines: Lines,
): (socket: Socket) => Report {
  const { role } = conversation;
  const inspect = inspecting?.inspect;
  const timed = timedIf(reporting.timestamps, lines);
  const output: Output = { role, peer: 'client', reporting, lines: timed, inspect };
  let count = 0;
  return (socket) => {
    count++;
    return new Report(output, `server-${count}`, once ? undefined : withAddress(socket));
  };
}

/** Why the server takes no new sessions while the readers of its output are far behind. */
const FAR_BEHIND: Hindrance = {
  code: 'ERR_OUTPUT_BEHIND',
  came: 'too much output of this server waits to be read',
  remedy: 'have what reads its output go on, or use --quiet',
};

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
