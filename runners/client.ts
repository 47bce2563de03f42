/** `lockstep client`: dials, and returns every message until the stream ends. */
import type { ClientOptions as WsOptions } from 'ws';
import { dial, requestStop } from '../adapters/ws.js';
import type { ClientSettings, SessionOutput } from '../machines/index.js';
import type { Lines } from './output.js';
import { Report, type Reporting } from './report.js';

/** What the client runner is told. */
export interface ClientOptions {
  url: string;
  settings: ClientSettings;
  subprotocols: string[];
  ws: WsOptions;
  reporting: Reporting;
}

/** Runs one session to its end; `stop` ends it early, through its machine. */
export async function runClient(
  options: ClientOptions,
  lines: Lines,
  stop: AbortSignal,
): Promise<SessionOutput> {
  const { url, settings, subprotocols, ws, reporting } = options;
  const report = new Report('client', 'client', '', reporting, lines);
  const actor = dial(url, { settings, subprotocols, ws, ...report.actorOptions });
  const ended = report.follow(actor);
  actor.start();
  if (stop.aborted) requestStop(actor);
  else stop.addEventListener('abort', () => requestStop(actor), { once: true });
  return ended;
}
