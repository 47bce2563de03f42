/** `lockstep server`: its options, its help, and its status. */
import type { Command } from 'commander';
import { HANDSHAKE_TIMEOUT } from '../adapters/limits.js';
import type { Explanation } from '../machines/index.js';
import { CommandError, type Perform } from './command.js';
import { type ConversationFlags, conversationIn, withConversation } from './conversation.js';
import { whyNotListening } from './explain.js';
import { type InspectFlags, inspected, withInspection } from './inspection.js';
import { host, origins, path } from './options.js';
import type { Reporting } from './report.js';
import { runServer, type ServerOptions } from './runServer.js';
import { count, deadlineOption, maxPayloadOption, port, withReporting } from './sharedOptions.js';
import { DRAIN_TIMEOUT } from './wayOut.js';

const EXAMPLES = `
Examples:
  lockstep server                                the book's server, on ws://localhost:12345/
  lockstep server --port 0 --once --trace        one session, with every fact, command and state
  lockstep server --host 0.0.0.0 --strict --json --rounds 1000 --message 'ping {n}'`;

interface ServerFlags extends ConversationFlags, Reporting, InspectFlags {
  port: number;
  host?: string;
  maxPayload: number;
  maxSessions?: number;
  allowOrigin?: string[];
  healthPath: string;
  connectTimeout: number;
  drainTimeout: number;
  once?: true;
  check: boolean;
}

export function addServer(program: Command, perform: Perform): void {
  const command = program
    .command('server')
    .description('Speak first: send a message, wait for its echo, and so on; then close.')
    .option('--port <number>', '0 for any free port', port, 12_345)
    .option('--host <address>', 'where to listen (default: loopback, IPv4 and IPv6)', host);
  withConversation(command, 'server')
    .addOption(maxPayloadOption())
    .option('--max-sessions <number>', 'sessions at a time; more get 503', count(1))
    .option('--allow-origin <origin>', 'let only these origins in; others get 403', origins)
    .option('--health-path <path>', 'where GET gets 200; 503 while stopping', path, '/healthz')
    .addOption(
      deadlineOption('--connect-timeout <duration>', 'for the handshake', HANDSHAKE_TIMEOUT),
    )
    .addOption(
      deadlineOption('--drain-timeout <duration>', 'for all closes after a signal', DRAIN_TIMEOUT),
    )
    .option('--no-check', 'do not answer lockstep check')
    .option('--once', 'serve one session, and exit with its status')
    .action((flags: ServerFlags) =>
      perform(
        (lines, stop, wayOut) =>
          inspected('server', flags, lines, stop, wayOut, async (inspecting) => {
            const options = { ...optionsIn(flags, command), inspecting };
            const running = runServer(options, lines, stop);
            const { ended } = await running.catch((error) => failToListen(error, flags));
            return ended;
          }),
        'end as usual',
        { ms: flags.drainTimeout, setting: 'drainTimeout' },
      ),
    );
  withReporting(command, 'print nothing but errors, and the address');
  withInspection(command).addHelpText('after', EXAMPLES);
}

function optionsIn(flags: ServerFlags, command: Command): ServerOptions {
  const { allowOrigin: allowOrigins, once = false, drainTimeout } = flags;
  return {
    conversation: conversationIn(flags, command, 'server'),
    listening: { ...flags, checks: flags.check, ...(allowOrigins && { allowOrigins }) },
    reporting: flags,
    once,
    drainTimeout,
  };
}

function failToListen(error: NodeJS.ErrnoException, { host, port }: ServerFlags): never {
  if (error.syscall === undefined) throw error;
  throw new CommandError({
    expected: `to listen on ${host ?? 'localhost'}, port ${port}`,
    came: whyNotListening(error),
    remedy: remedyOf(error),
  });
}

function remedyOf({ code }: NodeJS.ErrnoException): Explanation['remedy'] {
  switch (code) {
    case 'EADDRINUSE':
      return 'choose another --port, or stop what uses it';
    case 'EACCES':
      return 'choose a --port above 1023';
    default:
      return 'check --host and --port';
  }
}
