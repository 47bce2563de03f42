/** `lockstep demo`, `npm start`: the whole conversation once, both ends side by side. */
import type { Command } from 'commander';
import { HANDSHAKE_TIMEOUT, MAX_PAYLOAD } from '../adapters/limits.js';
import type { Inspecting } from '../inspector/index.js';
import { clientDefaults, serverDefaults } from '../machines/index.js';
import type { Perform } from './command.js';
import { type InspectFlags, inspected, withInspection } from './inspection.js';
import type { Lines } from './output.js';
import { runClient } from './runClient.js';
import { runServer } from './runServer.js';
import { DRAIN_TIMEOUT } from './wayOut.js';

export function addDemo(program: Command, perform: Perform): void {
  const command = program
    .command('demo')
    .description('Run a server and a client against each other, once, and show both.');
  withInspection(command).action((flags: InspectFlags) =>
    perform(
      (lines, stop, wayOut) =>
        inspected('demo', flags, lines, stop, wayOut, (inspecting) =>
          runDemo(lines, stop, inspecting),
        ),
      'end early',
    ),
  );
}

/** Runs a server on a free port and a client against it; resolves with the exit status. */
export async function runDemo(
  lines: Lines,
  stop: AbortSignal,
  inspecting?: Inspecting,
): Promise<number> {
  const serverStop = new AbortController();
  stop.addEventListener('abort', () => serverStop.abort());
  const shared = { reporting: { trace: true }, inspecting };
  const server = await runServer(
    {
      ...shared,
      conversation: { role: 'server', settings: serverDefaults },
      listening: { port: 0, maxPayload: MAX_PAYLOAD, connectTimeout: HANDSHAKE_TIMEOUT },
      once: true,
      drainTimeout: DRAIN_TIMEOUT,
    },
    sideOf('server', lines),
    serverStop.signal,
  );
  const outcome = await runClient(
    {
      ...shared,
      url: server.url,
      reaching: {},
      conversation: { role: 'client', settings: clientDefaults },
    },
    sideOf('client', lines),
    stop,
  );
  // A server waits for a client that never came.
  if (outcome !== 'done') serverStop.abort();
  const status = await server.ended;
  return outcome === 'done' ? status : 1;
}

/** Puts the side's name before every line. */
function sideOf(side: string, lines: Lines): Lines {
  const named = (line: string): void => lines.out(`${side} | ${line}`);
  return { ...lines, out: named, err: named, about: (_, line) => named(line) };
}
