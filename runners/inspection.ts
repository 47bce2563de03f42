/**
 * `--inspect` and what belongs to it, and `lockstep replay`: options to what is in `inspector`,
 * which is loaded only here, and only when it is asked for.
 *
 * Rule 1. URLs go to stderr; nothing is opened unless `--open` says so.
 * Rule 2. What goes wrong before the sessions start is fatal; what goes wrong later is said, once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Inspecting } from '../inspector/index.js';
import { wholeNumber } from './options.js';
import type { Lines } from './output.js';

/** How long `--open` waits for the page, or for the word that no browser could be opened, in ms. */
const OPENING_MS = 15_000;

/** What the options say. */
export interface InspectFlags {
  inspect?: number | 'stately';
  inspectConnect?: string;
  inspectFile?: string;
  inspectWait?: true;
  open?: true;
}

/** Why there is no inspection, in one sentence for the user. */
export class InspectionError extends Error {}

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
 * The arguments, with a value for each `--inspect` that has none behind `=`: what stands after it is
 * not its value, but perhaps the URL to dial.
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
    return wholeNumber(0, 65_535)(text);
  } catch {
    throw new InvalidArgumentError('Expected a port from 0 to 65535, or stately.');
  }
}

function joinUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'ws:' && url.pathname.endsWith('/join') && url.hash === '') return text;
  throw new InvalidArgumentError('Expected the URL to join that --inspect printed elsewhere.');
}

/** Runs sessions under the inspection that the options ask for, if any. Throws `InspectionError`. */
export async function inspected<T>(
  name: string,
  flags: InspectFlags,
  lines: Lines,
  stop: AbortSignal,
  run: (inspecting: Inspecting | undefined) => Promise<T>,
): Promise<T> {
  const { inspect, inspectConnect: connect, inspectFile: file, inspectWait, open } = flags;
  if (inspect === undefined && (inspectWait || open)) {
    const flag = open ? '--open' : '--inspect-wait';
    throw new InspectionError(
      `expected --inspect with ${flag}: add it, there is no page without it`,
    );
  }
  if (inspect === undefined && connect === undefined && file === undefined) return run(undefined);
  const inspecting = await start({ ...flags, name }, lines);
  try {
    if (inspecting.url !== undefined) await show(inspecting, flags, lines, stop);
    return await run(inspecting);
  } finally {
    await inspecting.close();
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
    throw new InspectionError(whyNot(error, port, file));
  }
}

function whyNot(error: unknown, port: number | undefined, file: string | undefined): string {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'open') {
    return `expected to record to ${file}, but could not (${message}): check the path of --inspect-file`;
  }
  if (syscall === undefined) throw error;
  const why = whyNotListening(code, message);
  return `expected to serve the inspector on port ${port}, but ${why}: choose another, or leave it to --inspect`;
}

/** Why there is no page on a port. */
function whyNotListening(code: string | undefined, message: string): string {
  if (code === 'EADDRINUSE') return 'it is in use';
  if (code === 'EACCES') return 'this user may not listen on it';
  return `could not (${message})`;
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
  let interval: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    // An interval keeps the process, however long it waits: nothing else runs yet.
    interval = setInterval(resolve, OPENING_MS, `No page came within ${OPENING_MS / 1_000} s`);
  });
  const isOver = Promise.race([inspecting.viewed, aborted(stop)]);
  const trouble = await Promise.race([isOver, late, ...(open ? [noBrowser(url)] : [])]);
  if (trouble !== undefined) {
    lines.err(
      `${trouble}: ${inspectWait ? '' : 'going on without; with --inspect-wait, '}open ${url} yourself`,
    );
    if (inspectWait) await isOver;
  }
  clearInterval(interval);
}

/** Resolves when the signal has been given. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

const OPENERS: { [platform: string]: [program: string, ...args: string[]] } = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens a URL with the system's program for that. Resolves with why no browser was opened; never, where
 * that program ends well or goes on for longer than `OPENING_MS`, as one that is the browser does.
 */
function noBrowser(url: string): Promise<string> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  opener.unref();
  const began = performance.now();
  return new Promise((resolve) => {
    const fail = (reason: string): void => resolve(`Can't open a browser: ${reason}`);
    opener.on('error', ({ message }) =>
      fail(`expected to run ${program}, but could not (${message})`),
    );
    opener.on('exit', (status, signal) => {
      if (status === 0 || performance.now() - began > OPENING_MS) return;
      fail(`expected ${program} to open one, but it ended with ${signal ?? `status ${status}`}`);
    });
  });
}

/** What `lockstep replay` is told. */
export interface ReplayFlags {
  port: number;
  open?: true;
}

/** Serves a recording until `stop`. Throws `InspectionError`. */
export async function runReplay(
  path: string,
  { port, open }: ReplayFlags,
  lines: Lines,
  stop: AbortSignal,
): Promise<void> {
  const { RecordingError, serveReplay } = await import('../inspector/index.js');
  const replay = await serveReplay(path, port).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof RecordingError) throw new InspectionError(error.message);
    throw new InspectionError(whyNoReplay(error, path, port));
  });
  if (replay.isCut) {
    lines.err(`The last line of ${path} is cut off: the run that wrote it did not end in order`);
  }
  lines.err(`Replaying ${replay.records} records at ${replay.url}`);
  if (open) {
    void noBrowser(replay.url).then((why) => lines.err(`${why}: open ${replay.url} yourself`));
  }
  await aborted(stop);
  await replay.close();
}

/** Why nothing is replayed: the port, where the system would not listen on it, or else the file. */
export function whyNoReplay(error: NodeJS.ErrnoException, path: string, port: number): string {
  const { code, syscall, message } = error;
  if (syscall === undefined) throw error;
  if (syscall === 'listen') {
    return `expected to serve the replay on port ${port}, but ${whyNotListening(code, message)}: choose another --port, or leave it out`;
  }
  return `expected to read a recording from ${path}, but could not (${message}): check the path`;
}
