/** The part that a run takes in conversations: it speaks, or returns what comes. Either end may do either. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { WebSocket } from 'ws';
import {
  type ClientActor,
  echo,
  keepPinging,
  type PingsActor,
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
import { reasonOf, shownPath } from './explain.js';
import { duration } from './options.js';
import { count, deadlineOption, settingsIn, withStrictClose } from './sharedOptions.js';

/** A part, and the settings of its sessions. */
export type Conversation = (
  | { role: 'server'; settings: ServerSettings }
  | { role: 'client'; settings: ClientSettings }
) & {
  /** How long after a pong the next ping goes out, in ms; undefined for no pings. */
  pingInterval?: number | undefined;
};

/** What the options say. */
export interface ConversationFlags extends Partial<ServerSettings>, Partial<ClientSettings> {
  speak?: true;
  echo?: true;
  messageFile?: string;
  pingInterval?: number;
}

/** The options that one part alone has. */
const OWN: Record<Conversation['role'], readonly string[]> = {
  server: ['rounds', 'message', 'messageFile', 'interval', 'binary', 'strict'],
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
    .option(
      '--message-file <file>',
      'the message is the text in this file; any bytes with --binary',
    )
    .option('--interval <duration>', 'rest between a reply and the next message', duration)
    .option('--binary', 'send bytes rather than text')
    .option('--strict', 'take a wrong echo for an error')
    .option('--expect <number>', 'take any other number of messages for an error', count(0));
  return withStrictClose(command)
    .option('--ping-interval <duration>', 'ping the peer, and expect each pong', duration)
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
    const option = command.options.find((one) => one.attributeName() === stray)?.long;
    throw new CommandError({
      expected: isSwapped ? `no ${option} with ${swap}` : `${swap} with ${option}`,
      came: isSwapped ? 'both were given' : 'it is missing',
      remedy: `add ${swap} where this end is to ${usual === 'server' ? 'return messages' : 'speak'}, and leave it out where it is not`,
    });
  }
  const { pingInterval } = flags;
  if (!speaks) return { role: 'client', settings: settingsIn(flags, clientDefaults), pingInterval };
  const message = messageIn(flags, command);
  return {
    role: 'server',
    settings: settingsIn({ ...flags, message }, serverDefaults),
    pingInterval,
  };
}

/** The message of the options: that of `--message-file`, where one is named. */
function messageIn(flags: ConversationFlags, command: Command): ServerSettings['message'] {
  const { message = serverDefaults.message, messageFile, binary = false } = flags;
  if (messageFile === undefined) return message;
  if (command.getOptionValueSource('message') === 'cli') {
    throw new CommandError({
      expected: 'one message',
      came: '--message and --message-file were both given',
      remedy: 'leave one of them out',
    });
  }
  const bytes = read(messageFile);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    if (binary) return { base64: bytes.toString('base64') };
    throw new CommandError({
      expected: '--message-file to name a file of text in UTF-8',
      came: `${shownPath(messageFile)} has other bytes`,
      remedy: 'name another, or send it as it is with --binary',
    });
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandError({
      expected: '--message-file to name a readable file',
      came: `could not read ${shownPath(path)} (${reasonOf(error)})`,
      remedy: 'check the path',
    });
  }
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

/** Who reports pings. */
interface PingsReport {
  readonly pingsOptions: Pick<SessionOptions<object>, 'id' | 'inspect'>;
  followPings(pings: PingsActor): void;
}

/** Makes the pings beside a session, if the options ask for them; start them after the session. */
export function pingsBeside(
  { pingInterval, settings }: Conversation,
  ws: WebSocket,
  session: ServerActor | ClientActor,
  report: PingsReport,
): PingsActor | undefined {
  if (pingInterval === undefined) return undefined;
  const { replyTimeout: pongTimeout } = settings;
  const pings = keepPinging(ws, session, {
    ...report.pingsOptions,
    settings: { pingInterval, pongTimeout },
  });
  report.followPings(pings);
  return pings;
}
