/**
 * The command line as its users run it: a process, with its status, stdout and stderr. Wrong usage is
 * also parsed without a process, which takes far longer to start than to refuse its arguments.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { programOf } from '../../runners/program.js';
import { noLines } from './lines.js';
import type { TestContext } from './suite.js';

/** The command as it is installed: one file, which starts faster. */
export const COMMAND = fileURLToPath(new URL('../../runners/lockstep.js', import.meta.url));

/** The modules that `COMMAND` is made of. */
const MODULES = fileURLToPath(new URL('../../runners/cli.js', import.meta.url));

/** The command line that tests run. A coverage meter needs the modules: it cannot look into one file. */
export const CLI = process.env['NODE_V8_COVERAGE'] === undefined ? COMMAND : MODULES;

/** How long after a signal another one no longer counts as the same, in ms. */
const LATER_MS = 250;

/** How a process ended. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A process that runs. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves with the first match in what the stream has printed; rejects where it ends without. */
  prints(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a program, with nothing on its stdin; it is ended when the test is over. */
export function startProgram(context: TestContext, program: string, args: string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<(isOver: boolean) => void>();
  const notify = (isOver: boolean): void => {
    for (const watch of watchers) watch(isOver);
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (chunk: string) => {
      text[stream] += chunk;
      notify(false);
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, ...text });
      notify(true);
    });
  });
  context.after(async () => {
    // The first signal ends it in order, the second at once, the third for certain.
    const again = setTimeout(() => child.kill('SIGTERM'), LATER_MS);
    const atLast = setTimeout(() => child.kill('SIGKILL'), 2_000);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(again);
    clearTimeout(atLast);
  });
  const prints = (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const watch = (isOver: boolean): void => {
        const match = pattern.exec(text[stream]);
        if (match) resolve(match);
        else if (isOver) reject(new Error(`${pattern} is not in ${stream}:\n${text[stream]}`));
        else return;
        watchers.delete(watch);
      };
      watchers.add(watch);
      watch(child.exitCode !== null);
    });
  return { child, ended, prints };
}

/** Sends a process its second signal, late enough not to count as the first. */
export function signalAgain(
  { child }: Running,
  signal: NodeJS.Signals,
  { after }: TestContext,
): void {
  const timer = setTimeout(() => child.kill(signal), LATER_MS);
  after(() => clearTimeout(timer));
}

/** Starts `lockstep` with these arguments. */
export function startCli(context: TestContext, ...args: string[]): Running {
  return startProgram(context, process.execPath, [CLI, ...args]);
}

/** Runs `lockstep` with these arguments to its end. */
export function runCli(context: TestContext, ...args: string[]): Promise<Ended> {
  return startCli(context, ...args).ended;
}

/** Starts `lockstep server` on a free port, and waits until it listens. */
export async function startCliServer(
  context: TestContext,
  ...args: string[]
): Promise<Running & { url: string }> {
  const server = startCli(context, 'server', '--port', '0', ...args);
  return { ...server, url: await urlOf(server) };
}

/** The URL that a server prints once it listens. */
export async function urlOf(server: Running): Promise<string> {
  const [, url] = await server.prints('stderr', /^Listening on (ws:\/\/\S+)$/m);
  return url as string;
}

/** What `lockstep` says to arguments with which it runs nothing: wrong ones, or `--help`. */
export async function saidBy(...args: string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const lines = {
    ...noLines,
    document: async (text: string) => {
      said.stdout += text;
    },
    err: (line: string) => {
      said.stderr += `${line}\n`;
    },
  };
  const program = programOf(lines, async () => {});
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ getOutHelpWidth: () => 80 });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { status: error.exitCode, ...said };
  }
  throw new Error(`lockstep took ${args.join(' ')}`);
}

/** The line with which `lockstep` refuses arguments. */
export async function refusalOf(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await saidBy(...args);
  if (status !== 1 || stdout !== '') throw new Error(`lockstep took ${args.join(' ')}`);
  return stderr.trimEnd();
}
