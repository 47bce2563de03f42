/** Runs the client: dials, and returns every message until the stream ends. */
import type { Socket } from 'node:net';
import type { ClientOptions as WsOptions } from 'ws';
import { dial, requestStop } from '../adapters/ws.js';
import type { Inspecting } from '../inspector/index.js';
import type { ClientSettings, SessionOutput } from '../machines/index.js';
import type { Lines } from './output.js';
import { Report, type Reporting } from './report.js';

export interface ClientOptions {
  url: string;
  settings: ClientSettings;
  subprotocols: string[];
  ws: WsOptions;
  reporting: Reporting;
  /** The inspector that sees the session. */
  inspecting?: Inspecting | undefined;
}

/** Runs one session to its end; `stop` ends it early, through its machine. */
export async function runClient(
  options: ClientOptions,
  lines: Lines,
  stop: AbortSignal,
): Promise<SessionOutput> {
  const { url, settings, subprotocols, reporting, inspecting } = options;
  const output = { role: 'client', reporting, lines, inspect: inspecting?.inspect } as const;
  const report = new Report(output, 'client');
  const ws = inspecting
    ? onUpgrade(options.ws, (socket) => inspecting.connected(actor, socket))
    : options.ws;
  const actor = dial(url, { settings, subprotocols, ws, ...report.actorOptions });
  const ended = new Promise<SessionOutput>((resolve) => report.follow(actor, resolve));
  actor.start();
  if (stop.aborted) requestStop(actor);
  else stop.addEventListener('abort', () => requestStop(actor), { once: true });
  return ended;
}

/** Options for ws that call `tell` with the TCP socket once the handshake has succeeded. */
function onUpgrade(ws: WsOptions, tell: (socket: Socket) => void): WsOptions {
  return {
    ...ws,
    finishRequest: (request, socket) => {
      request.once('upgrade', (response) => tell(response.socket));
      if (ws.finishRequest) ws.finishRequest(request, socket);
      else request.end();
    },
  };
}
