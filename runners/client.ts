/** `lockstep client`: its options, its help, and its status. */
import type { Command } from 'commander';
import type { Perform } from './command.js';
import { type ConversationFlags, conversationIn, withConversation } from './conversation.js';
import { type InspectFlags, inspected, withInspection } from './inspection.js';
import type { Lines } from './output.js';
import { type ReachingFlags, reachingIn, withReaching } from './reaching.js';
import type { Reporting } from './report.js';
import { type ClientOptions, runClient } from './runClient.js';
import { withReporting } from './sharedOptions.js';
import type { WayOut } from './wayOut.js';

const EXAMPLES = `
Examples:
  lockstep client ws://localhost:12345/
  lockstep client wss://example.com/echo --header 'Authorization: Bearer …' --trace
  lockstep client wss://localhost:8443/ --ca ./ca.pem --json
  lockstep client --speak wss://example.com/ --rounds 100       to any server that echoes`;

interface ClientFlags extends ConversationFlags, Reporting, InspectFlags, ReachingFlags {}

export function addClient(program: Command, perform: Perform): void {
  const command = program
    .command('client')
    .description('Return every message the server sends, until it ends the stream.')
    .usage('[options] <url>')
    .argument('[url]', 'ws://host:port, wss://host/path or ws+unix:/socket:/path')
    .action((url: string | undefined, flags: ClientFlags) =>
      perform((...frame) => client(url, flags, command, ...frame), 'end early'),
    );
  withConversation(withReaching(command), 'client');
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

/** Throws a `CommandError` where a file cannot be used, or options do not go together. */
function optionsIn(url: string, flags: ClientFlags, command: Command): ClientOptions {
  return {
    url,
    reaching: reachingIn(flags),
    conversation: conversationIn(flags, command, 'client'),
    reporting: flags,
  };
}
