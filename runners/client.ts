/** `lockstep client`: its options, its help, and its status. */
import type { Command } from 'commander';
import { openingDefaults } from '../machines/index.js';
import type { Perform } from './command.js';
import { type ConversationFlags, conversationIn, withConversation } from './conversation.js';
import { type InspectFlags, inspected, withInspection } from './inspection.js';
import { type Headers, headers, list } from './options.js';
import type { Lines } from './output.js';
import type { Reporting } from './report.js';
import { type ClientOptions, runClient } from './runClient.js';
import { deadlineOption, maxPayloadOption, withReporting } from './sharedOptions.js';
import { readTlsFiles, type TlsFlags } from './tlsFiles.js';
import type { WayOut } from './wayOut.js';

const EXAMPLES = `
Examples:
  lockstep client ws://localhost:12345/
  lockstep client wss://example.com/echo --header 'Authorization: Bearer …' --trace
  lockstep client wss://localhost:8443/ --ca ./ca.pem --json
  lockstep client --speak wss://example.com/ --rounds 100       to any server that echoes`;

interface ClientFlags extends ConversationFlags, Reporting, InspectFlags, TlsFlags {
  origin: string;
  header?: Headers;
  subprotocol?: string[];
  insecure?: true;
  maxPayload: number;
  connectTimeout: number;
}

export function addClient(program: Command, perform: Perform): void {
  const command = program
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
    .option('--insecure', 'trust any certificate');
  withConversation(command, 'client')
    .addOption(maxPayloadOption())
    .addOption(
      deadlineOption(
        '--connect-timeout <duration>',
        'for the connection and handshake',
        openingDefaults.connectTimeout,
      ),
    )
    .action((url: string | undefined, flags: ClientFlags) =>
      perform((...frame) => client(url, flags, command, ...frame), 'end early'),
    );
  withReporting(command, 'print nothing but errors, and the summary');
  withInspection(command).addHelpText('after', EXAMPLES);
}

async function client(
  url: string | undefined,
  flags: ClientFlags,
  command: Command,
  lines: Lines,
  stop: AbortSignal,
  wayOut: WayOut,
): Promise<number> {
  if (url === undefined) {
    // The book's words.
    lines.err('Usage: lockstep client ws://host:port');
    return 1;
  }
  const options = optionsIn(url, flags, command);
  const outcome = await inspected('client', flags, lines, stop, wayOut, (inspecting) =>
    runClient({ ...options, inspecting }, lines, stop),
  );
  return outcome === 'done' ? 0 : 1;
}

/** Throws a `CommandError` where a TLS file cannot be used, or options do not go together. */
function optionsIn(url: string, flags: ClientFlags, command: Command): ClientOptions {
  const { origin, header, subprotocol, insecure = false, maxPayload, connectTimeout } = flags;
  return {
    url,
    opening: { connectTimeout },
    conversation: conversationIn(flags, command, 'client'),
    subprotocols: subprotocol ?? [],
    ws: {
      origin,
      maxPayload,
      // Headers are set here: ws takes one value for each name alone.
      finishRequest: (request) => {
        for (const [name, values] of header ?? []) request.setHeader(name, values);
        request.end();
      },
      rejectUnauthorized: !insecure,
      ...readTlsFiles(flags),
    },
    reporting: flags,
  };
}
