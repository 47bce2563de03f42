/** The part that a run takes in conversations: it speaks, or returns what comes. Either end may do either. */
import type { Command } from 'commander';
import type { WebSocket } from 'ws';
import {
  type ClientActor,
  echo,
  type ServerActor,
  type SessionOptions,
  speak,
} from '../adapters/ws.js';
import {
  type ClientSettings,
  clientDefaults,
  type ServerSettings,
  serverDefaults,
} from '../machines/index.js';
import { CommandError } from './command.js';
import { count, deadlineOption, settingsIn, withStrictClose } from './sharedOptions.js';

/** A part, and the settings of its sessions. */
export type Conversation =
  | { role: 'server'; settings: ServerSettings }
  | { role: 'client'; settings: ClientSettings };

/** What the options say. */
export interface ConversationFlags extends Partial<ServerSettings>, Partial<ClientSettings> {
  speak?: true;
  echo?: true;
}

/** The options that one part alone has. */
const OWN: Record<Conversation['role'], readonly string[]> = {
  server: ['rounds', 'message', 'binary', 'strict'],
  client: ['expect'],
};

/** Adds the options of both parts to a command, and the one that swaps its `usual` part for the other. */
export function withConversation(command: Command, usual: Conversation['role']): Command {
  const { rounds, message, replyTimeout, closeTimeout } = serverDefaults;
  if (usual === 'server') command.option('--echo', 'return every message, rather than speak first');
  else command.option('--speak', 'speak first, as to an echo server, rather than return messages');
  command
    .option('--rounds <number>', 'messages to send', count(0), rounds)
    .option('--message <text>', '{n} becomes the round, from 0', String(message))
    .option('--binary', 'send bytes rather than text')
    .option('--strict', 'take a wrong echo for an error')
    .option('--expect <number>', 'take any other number of messages for an error', count(0));
  return withStrictClose(command)
    .addOption(deadlineOption('--reply-timeout <duration>', 'for a reply', replyTimeout))
    .addOption(deadlineOption('--close-timeout <duration>', 'for the close', closeTimeout));
}

/** Reads the part that the options ask for. Throws a `CommandError` at an option of the other part. */
export function conversationIn(
  flags: ConversationFlags,
  command: Command,
  usual: Conversation['role'],
): Conversation {
  const isSwapped = flags.speak === true || flags.echo === true;
  const speaks = (usual === 'server') !== isSwapped;
  const other = OWN[speaks ? 'client' : 'server'];
  const stray = other.find((name) => command.getOptionValueSource(name) === 'cli');
  if (stray !== undefined) {
    const swap = usual === 'server' ? '--echo' : '--speak';
    throw new CommandError({
      expected: isSwapped ? `no --${stray} with ${swap}` : `${swap} with --${stray}`,
      came: isSwapped ? 'both were given' : 'it is missing',
      remedy: `add ${swap} where this end is to ${usual === 'server' ? 'return messages' : 'speak'}, and leave it out where it is not`,
    });
  }
  return speaks
    ? { role: 'server', settings: settingsIn(flags, serverDefaults) }
    : { role: 'client', settings: settingsIn(flags, clientDefaults) };
}

/** Binds a session with this part to an open socket. */
export function converse(
  { role, settings }: Conversation,
  ws: WebSocket,
  options: Omit<SessionOptions<object>, 'settings'>,
): ServerActor | ClientActor {
  return role === 'server'
    ? speak(ws, { ...options, settings })
    : echo(ws, { ...options, settings });
}
