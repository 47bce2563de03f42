/**
 * `--inspect` and the options that belong to it. The inspector is loaded when one of them asks for it.
 *
 * Rule 1. URLs go to stderr; nothing is opened unless `--open` says so.
 * Rule 2. Trouble before the sessions start is fatal. Later trouble is told once, and the sessions go on.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Inspecting } from '../inspector/index.js';
import { noBrowser, OPENING_MS } from './browser.js';
import { CommandError } from './command.js';
import { reasonOf, shownPath, whyNotListening } from './explain.js';
import type { Lines } from './output.js';
import { port } from './sharedOptions.js';
import { aborted } from './signals.js';
import type { WayOut } from './wayOut.js';

/** How long the sessions wait for a page without a word, in ms. */
const WORD_MS = 2_000;

/** What the options say. */
export interface InspectFlags {
  inspect?: number | 'stately';
  inspectConnect?: string;
  inspectFile?: string;
  inspectWait?: true;
  open?: true;
}

/** Adds the options to a command. */
export function withInspection(command: Command): Command {
  return command
    .option('--inspect [=port]', "watch the sessions in a page; =stately for Stately's", target)
    .option('--inspect-connect <url>', 'watch them in the page of another process', joinUrl)
    .option('--inspect-file <file>', 'record them, for lockstep replay')
    .option('--inspect-wait', 'begin when a page watches')
    .option('--open', 'open the page in a browser, and begin when it watches');
}

/**
 * The arguments, with the value 0 for each `--inspect` without one. The argument after `--inspect` is
 * not its value: it may be the URL to dial.
 */
export function withInspectValues(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((arg, at) =>
    arg === '--inspect' && (end === -1 || at < end) ? `${arg}=0` : arg,
  );
}

function target(text: string): number | 'stately' {
  return text === 'stately' ? text : portNumber(text);
}

function portNumber(text: string): number {
  try {
    return port(text);
  } catch {
    throw new InvalidArgumentError('Expected a port from 0 to 65535, or stately.');
  }
}

function joinUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'ws:' && url.pathname.endsWith('/join') && url.hash === '') return text;
  throw new InvalidArgumentError('Expected the URL to join that --inspect printed elsewhere.');
}

/** Runs sessions under the inspection that the options ask for, if any. Throws a `CommandError`. */
export async function inspected<T>(
  name: string,
  flags: InspectFlags,
  lines: Lines,
  stop: AbortSignal,
  wayOut: WayOut,
  run: (inspecting: Inspecting | undefined) => Promise<T>,
): Promise<T> {
  const { inspect, inspectConnect: connect, inspectFile: file, inspectWait, open } = flags;
  if (inspect === undefined && (inspectWait || open)) {
    const flag = open ? '--open' : '--inspect-wait';
    throw new CommandError({
      expected: `--inspect with ${flag}`,
      came: 'it is missing',
      remedy: 'add it, there is no page without it',
    });
  }
  if (inspect === undefined && connect === undefined && file === undefined) return run(undefined);
  const inspecting = await start({ ...flags, name }, lines);
  try {
    if (inspecting.url !== undefined) await show(inspecting, flags, lines, stop);
    return await run(inspecting);
  } finally {
    await wayOut.take(inspecting.close());
  }
}

async function start(flags: InspectFlags & { name: string }, lines: Lines): Promise<Inspecting> {
  const { name, inspect, inspectConnect: connect, inspectFile: file } = flags;
  const port = inspect === 'stately' ? 0 : inspect;
  const { startInspecting } = await import('../inspector/index.js');
  try {
    return await startInspecting({
      name,
      onTrouble: (message) => lines.err(`Can't inspect: ${message}`),
      ...(port !== undefined && { port }),
      ...(connect !== undefined && { connect }),
      ...(file !== undefined && { file }),
    });
  } catch (error) {
    throw whyNotInspecting(error as NodeJS.ErrnoException, port, file);
  }
}

function whyNotInspecting(
  error: NodeJS.ErrnoException,
  port: number | undefined,
  file: string | undefined,
): Error {
  const { syscall } = error;
  if (syscall === undefined) return error;
  if (syscall === 'open' && file !== undefined) {
    return new CommandError({
      expected: `to record to ${shownPath(file)}`,
      came: `could not (${reasonOf(error)})`,
      remedy: 'check the path of --inspect-file',
    });
  }
  return new CommandError({
    expected: `to serve the inspector on port ${port}`,
    came: whyNotListening(error),
    remedy: 'choose another, or leave it to --inspect',
  });
}

/** Prints where the page is, opens it if asked to, and waits for it if asked to. */
async function show(
  inspecting: Inspecting,
  { inspect, inspectWait, open }: InspectFlags,
  lines: Lines,
  stop: AbortSignal,
): Promise<void> {
  const url = `${inspecting.url}${inspect === 'stately' ? '#stately' : ''}`;
  lines.err(`Inspector at ${url}`);
  lines.err(`Others join it with --inspect-connect ${inspecting.joinUrl}`);
  if (!inspectWait && !open) return;
  const yourself = `open ${url} yourself`;
  const remedy = inspectWait
    ? yourself
    : `the sessions go on without it; to have them wait, add --inspect-wait and ${yourself}`;
  const isOver = Promise.race([inspecting.viewed, aborted(stop)]);
  let interval: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    const trouble = `No page came within ${OPENING_MS / 1_000} s: ${remedy}`;
    // An interval keeps the process while it waits: nothing else runs yet.
    interval = setInterval(resolve, OPENING_MS, trouble);
  });
  const word = setTimeout(() => lines.err(`Waiting for a page to watch ${url}`), WORD_MS);
  const trouble = await Promise.race([isOver, late, ...(open ? [noBrowser(url, remedy)] : [])]);
  if (trouble !== undefined) {
    lines.err(trouble);
    if (inspectWait) await isOver;
  }
  clearInterval(interval);
  clearTimeout(word);
}
