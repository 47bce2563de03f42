#!/usr/bin/env node
/**
 * The command line. It reads options, starts a runner, and turns what comes of it into an exit
 * status: 0 after a graceful end, 1 after anything else, 130 or 143 where a signal ended it.
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { clientDefaults, serverDefaults } from '../machines/index.js';
import { runClient } from './client.js';
import { runDemo } from './demo.js';
import type { Format } from './diagram.js';
import {
  type InspectFlags,
  InspectionError,
  inspected,
  type ReplayFlags,
  runReplay,
  withInspection,
  withInspectValues,
} from './inspection.js';
import {
  duration,
  type Headers,
  headers,
  host,
  list,
  origins,
  path,
  size,
  wholeNumber,
} from './options.js';
import { stdio } from './output.js';
import type { Reporting } from './report.js';
import { runServer, type ServerOptions } from './server.js';
import { askedFor } from './signals.js';
import { readTlsFiles, TlsFileError, type TlsFlags } from './tlsFiles.js';
import { usageError } from './usage.js';

/** The status of a process that a signal ended, or a reader that closed the pipe (SIGPIPE). */
const ENDED_BY = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const;

const stopping = new AbortController();
let endedBy: number | undefined;
let endedAt: number | undefined;

/** Ends the run through its machines, or at once for another signal later. */
function stopFor(reason: keyof typeof ENDED_BY): void {
  const now = performance.now();
  const asked = askedFor(now, endedAt);
  if (asked === 'end at once' && reason !== 'SIGPIPE') process.exit(ENDED_BY[reason]);
  if (asked !== 'end') return;
  endedBy = ENDED_BY[reason];
  endedAt = now;
  stopping.abort();
}

const stop = stopping.signal;
const lines = stdio(() => stopFor('SIGPIPE'));

/** From now on the signals end the run through its machines. */
function stopOnSignals(): void {
  process.on('SIGINT', () => stopFor('SIGINT'));
  process.on('SIGTERM', () => stopFor('SIGTERM'));
}

function fatal(message: string): void {
  lines.err(`Fatal error: ${message}`);
  process.exitCode = 1;
}

/** Shows a mistake of ours, or of a module that `diagram` has imported, with its stack. */
function crash(error: unknown): void {
  fatal(`unexpected ${String(error)}`);
  const { stack } = Object(error) as Partial<Error>;
  for (const [frame] of String(stack).matchAll(/^ +at .*$/gm)) lines.err(frame);
  process.exit(1);
}

process.on('uncaughtException', crash);

function deadlineOption(flags: string, what: string, ms: number): Option {
  return new Option(flags, what).argParser(duration).default(ms, `${ms / 1000}s`);
}

function sizeOption(): Option {
  const option = new Option('--max-payload <size>', 'largest message received').argParser(size);
  return option.default(2 ** 20, '1MiB');
}

const STRICT_CLOSE =
  'take an end without a Close frame for an error (default: where the peer is lockstep)';

function withReporting(command: Command, quiet: string): Command {
  return command
    .option('--json', 'print one JSON object a line for every notice')
    .option('--trace', 'write every fact, command and state to stderr')
    .option('--quiet', quiet);
}

function reportingOf({
  json = false,
  trace = false,
  quiet = false,
}: Partial<Reporting>): Reporting {
  return { json, trace, quiet };
}

interface ServerFlags extends Partial<Reporting>, InspectFlags {
  port: number;
  host?: string;
  rounds: number;
  message: string;
  binary?: true;
  strict?: true;
  strictClose?: boolean;
  maxPayload: number;
  maxSessions?: number;
  allowOrigin?: string[];
  healthPath: string;
  connectTimeout: number;
  replyTimeout: number;
  closeTimeout: number;
  drainTimeout: number;
  once?: true;
}

async function server(flags: ServerFlags): Promise<void> {
  const { port, maxPayload, maxSessions, allowOrigin, healthPath, connectTimeout } = flags;
  stopOnSignals();
  try {
    const status = await inspected('server', flags, lines, stop, async (inspecting) => {
      const options: ServerOptions = {
        settings: {
          rounds: flags.rounds,
          message: flags.message,
          binary: flags.binary ?? false,
          strict: flags.strict ?? false,
          strictClose: flags.strictClose ?? 'auto',
          replyTimeout: flags.replyTimeout,
          closeTimeout: flags.closeTimeout,
        },
        listening: {
          port,
          maxPayload,
          healthPath,
          connectTimeout,
          ...(flags.host !== undefined && { host: flags.host }),
          ...(maxSessions !== undefined && { maxSessions }),
          ...(allowOrigin !== undefined && { allowOrigins: allowOrigin }),
        },
        reporting: reportingOf(flags),
        once: flags.once ?? false,
        drainTimeout: flags.drainTimeout,
        inspecting,
      };
      const running = await runServer(options, lines, stop);
      return running.ended;
    });
    process.exitCode = endedBy === ENDED_BY.SIGPIPE ? endedBy : status;
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) failInspection(error);
    else fatal(whyNotListening(error, flags));
  }
}

function whyNotListening(error: unknown, { host, port }: ServerFlags): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = `${host ?? 'localhost'}, port ${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `expected to listen on ${where}, but it is in use: choose another --port, or stop what uses it`;
    case 'EACCES':
      return `expected to listen on ${where}, but it is not allowed: choose a --port above 1023`;
    default:
      return `expected to listen on ${where}, but could not (${message}): check --host and --port`;
  }
}

interface ClientFlags extends Partial<Reporting>, InspectFlags, TlsFlags {
  origin: string;
  header?: Headers;
  subprotocol?: string[];
  insecure?: true;
  strictClose?: boolean;
  expect?: number;
  maxPayload: number;
  connectTimeout: number;
  replyTimeout: number;
  closeTimeout: number;
}

async function client(url: string | undefined, flags: ClientFlags): Promise<void> {
  if (url === undefined) {
    lines.err('Usage: lockstep client ws://host:port');
    process.exitCode = 1;
    return;
  }
  stopOnSignals();
  const {
    strictClose = 'auto',
    expect = null,
    connectTimeout,
    replyTimeout,
    closeTimeout,
    maxPayload,
    origin,
  } = flags;
  try {
    const tlsFiles = readTlsFiles(flags);
    const { outcome } = await inspected('client', flags, lines, stop, (inspecting) =>
      runClient(
        {
          url,
          settings: { strictClose, expect, connectTimeout, replyTimeout, closeTimeout },
          subprotocols: flags.subprotocol ?? [],
          ws: {
            origin,
            maxPayload,
            finishRequest: (request) => {
              for (const [name, values] of flags.header ?? []) request.setHeader(name, values);
              request.end();
            },
            rejectUnauthorized: !flags.insecure,
            ...tlsFiles,
          },
          reporting: reportingOf(flags),
          inspecting,
        },
        lines,
        stop,
      ),
    );
    process.exitCode = endedBy ?? (outcome === 'done' ? 0 : 1);
  } catch (error) {
    if (error instanceof TlsFileError) fatal(error.message);
    else failInspection(error);
  }
}

async function demo(flags: InspectFlags): Promise<void> {
  stopOnSignals();
  try {
    const status = await inspected('demo', flags, lines, stop, (inspecting) =>
      runDemo(lines, stop, inspecting),
    );
    process.exitCode = endedBy ?? status;
  } catch (error) {
    failInspection(error);
  }
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  stopOnSignals();
  try {
    await runReplay(file, flags, lines, stop);
  } catch (error) {
    failInspection(error);
  }
}

/** Says why there is no inspection; anything else is a mistake of ours. */
function failInspection(error: unknown): void {
  if (!(error instanceof InspectionError)) throw error;
  fatal(error.message);
}

async function diagram(
  machine: string,
  { format, coverage }: { format: Format; coverage?: string },
): Promise<void> {
  // Loaded here, so that the other commands need not wait for it.
  const { DiagramError, diagramOf } = await import('./diagram.js');
  try {
    const drawn = await diagramOf({ machine, format, coverage });
    await lines.document(drawn, format === 'json' ? 'json' : 'short');
  } catch (error) {
    if (!(error instanceof DiagramError)) throw error;
    fatal(error.message);
  }
  // Not left to Node: the user's module may have started something that never ends.
  process.exit(endedBy ?? process.exitCode);
}

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const program = new Command('lockstep')
  .description('Hold a WebSocket conversation, and see whether the path between two ends works.')
  .version(version)
  .addHelpText(
    'after',
    `
Examples:
  lockstep demo
  lockstep server --port 8080
  lockstep client ws://localhost:8080/`,
  )
  .configureOutput({
    writeOut: (text) => void lines.document(text),
    writeErr: (text) => {
      for (const line of text.trimEnd().split('\n')) lines.err(line);
    },
    outputError: (text) => fatal(usageError(text)),
  });

const serverCommand = program
  .command('server')
  .description('Speak first: send a message, wait for its echo, and so on; then close.')
  .option('--port <number>', '0 for any free port', wholeNumber(0, 65_535), 12_345)
  .option('--host <address>', 'where to listen (default: loopback, IPv4 and IPv6)', host)
  .option('--rounds <number>', 'messages to send', wholeNumber(0, 2 ** 31), serverDefaults.rounds)
  .option('--message <text>', '{n} becomes the round, from 0', String(serverDefaults.message))
  .option('--binary', 'send bytes rather than text')
  .option('--strict', 'take a wrong echo for an error')
  .option('--strict-close', STRICT_CLOSE)
  .option('--no-strict-close', 'take it for graceful, whoever the peer is')
  .addOption(sizeOption())
  .option('--max-sessions <number>', 'sessions at a time; more get 503', wholeNumber(1, 2 ** 31))
  .option('--allow-origin <origin>', 'let only these origins in; others get 403', origins)
  .option('--health-path <path>', 'where GET gets 200; 503 while stopping', path, '/healthz')
  .addOption(deadlineOption('--connect-timeout <duration>', 'for the handshake', 10_000))
  .addOption(
    deadlineOption('--reply-timeout <duration>', 'for a reply', serverDefaults.replyTimeout),
  )
  .addOption(
    deadlineOption('--close-timeout <duration>', 'for the close', serverDefaults.closeTimeout),
  )
  .addOption(deadlineOption('--drain-timeout <duration>', 'for all closes after a signal', 5_000))
  .option('--once', 'serve one session, and exit with its status')
  .action(server);

withInspection(
  withReporting(serverCommand, 'print nothing but errors, and the address'),
).addHelpText(
  'after',
  `
Examples:
  lockstep server                                the book's server, on ws://localhost:12345/
  lockstep server --port 0 --once --trace        one session, with every fact, command and state
  lockstep server --host 0.0.0.0 --strict --json --rounds 1000 --message 'ping {n}'`,
);

const clientCommand = program
  .command('client')
  .description('Return every message the server sends, until it ends the stream.')
  .usage('[options] <url>')
  .argument('[url]', 'such as ws://host:port or wss://host/path')
  .option('--origin <origin>', 'the Origin header', 'http://localhost')
  .option('--header <name: value>', 'another header; may be given again', headers)
  .option('--subprotocol <name>', 'offer a subprotocol; may be given again', list)
  .option('--ca <file>', 'trust the authorities in this PEM file')
  .option('--cert <file>', 'show this certificate to the server (PEM; with --key)')
  .option('--key <file>', 'the private key of --cert (PEM, not encrypted)')
  .option('--insecure', 'trust any certificate')
  .option('--strict-close', STRICT_CLOSE)
  .option('--no-strict-close', 'take it for graceful, whoever the peer is')
  .option(
    '--expect <number>',
    'take any other number of messages for an error',
    wholeNumber(0, 2 ** 31),
  )
  .addOption(sizeOption())
  .addOption(
    deadlineOption(
      '--connect-timeout <duration>',
      'for the connection and handshake',
      clientDefaults.connectTimeout,
    ),
  )
  .addOption(
    deadlineOption('--reply-timeout <duration>', 'for a message', clientDefaults.replyTimeout),
  )
  .addOption(
    deadlineOption('--close-timeout <duration>', 'for the close', clientDefaults.closeTimeout),
  )
  .action(client);

withInspection(
  withReporting(clientCommand, 'print nothing but errors, and the summary'),
).addHelpText(
  'after',
  `
Examples:
  lockstep client ws://localhost:12345/
  lockstep client wss://example.com/echo --header 'Authorization: Bearer …' --trace
  lockstep client wss://localhost:8443/ --ca ./ca.pem --json`,
);

program
  .command('diagram')
  .description('Draw the chart of a machine, on stdout.')
  .argument('<machine>', 'server, client, or a module with a machine: ./machine.js#name')
  .addOption(
    new Option('--format <format>', 'what to draw it as')
      .choices(['svg', 'mermaid', 'json'])
      .default('svg'),
  )
  .option('--coverage <file>', 'colour what a proof run took (its JSON)')
  .action(diagram)
  .addHelpText(
    'after',
    `
Examples:
  lockstep diagram server > server.svg
  lockstep diagram ./dist/machine.js#machine --format mermaid
  npm run --silent proof -- --json > proof.json; lockstep diagram client --coverage proof.json`,
  );

withInspection(
  program
    .command('demo')
    .description('Run a server and a client against each other, once, and show both.'),
).action(demo);

program
  .command('replay')
  .description('Show what --inspect-file recorded, step by step.')
  .argument('<file>', 'a recording')
  .option('--port <number>', 'where to serve the page; 0 for any', wholeNumber(0, 65_535), 0)
  .option('--open', 'open the page in a browser')
  .action(replay);

await program.parseAsync(withInspectValues(process.argv));
