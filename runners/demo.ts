/** `lockstep demo`, `npm start`: the whole conversation once, both ends side by side. */
import type { Inspecting } from '../inspector/index.js';
import { clientDefaults, serverDefaults } from '../machines/index.js';
import { runClient } from './client.js';
import type { Lines } from './output.js';
import { runServer } from './server.js';

/** Runs a server on a free port and a client against it; resolves with the exit status. */
export async function runDemo(
  lines: Lines,
  stop: AbortSignal,
  inspecting?: Inspecting,
): Promise<number> {
  const serverStop = new AbortController();
  stop.addEventListener('abort', () => serverStop.abort());
  const reporting = { json: false, trace: true, quiet: false };
  const server = await runServer(
    {
      settings: serverDefaults,
      listening: { port: 0, maxPayload: 2 ** 20, connectTimeout: 10_000 },
      reporting,
      once: true,
      drainTimeout: 5_000,
      inspecting,
    },
    sideOf('server', lines),
    serverStop.signal,
  );
  const client = await runClient(
    { url: server.url, settings: clientDefaults, subprotocols: [], ws: {}, reporting, inspecting },
    sideOf('client', lines),
    stop,
  );
  // A client that never got there leaves the server waiting for it.
  if (client.outcome !== 'done') serverStop.abort();
  const status = await server.ended;
  return client.outcome === 'done' ? status : 1;
}

/** Puts the side's name before every line. */
function sideOf(side: string, lines: Lines): Lines {
  const named = (line: string): void => lines.out(`${side} | ${line}`);
  return { ...lines, out: named, err: named, about: (_, line) => named(line) };
}
