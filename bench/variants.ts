/** The servers that are compared, and how to start and end one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildGo, missingPackages } from '../test/interop/peers.js';

/** A server to measure. Every figure is also given as a ratio to the first one's. */
export interface Variant {
  name: string;
  /** What it is, in words. */
  label: string;
  command: readonly string[];
  /** The command line: it has options for what it says, and its output in files. */
  isCommandLine?: true;
}

const built = fileURLToPath(new URL('./servers/', import.meta.url));
const sources = fileURLToPath(new URL('../../bench/servers/', import.meta.url));

/** A server of this project, run by node. */
function program(name: string, label: string, file: string, ...args: string[]): Variant {
  return { name, label, command: [process.execPath, '--expose-gc', `${built}${file}`, ...args] };
}

const byHand = program('hand-written', 'a ws handler, written by hand', 'handWritten.js');
const compiled = program('compiled', 'lockstep, as it is', 'lockstep.js', 'compiled');
const interpreted = program(
  'interpreted',
  'lockstep, running the machine itself',
  'lockstep.js',
  'interpreted',
);

/** The command line, installed as it is, with options of its own. */
function commandLine(name: string, label: string, ...options: string[]): Variant {
  const command = [
    ...[process.execPath, '--expose-gc', '--import', `${built}collecting.js`],
    ...[fileURLToPath(new URL('../runners/lockstep.js', import.meta.url)), 'server', ...options],
    ...['--host', '127.0.0.1', '--port', '0', '--reply-timeout', '5m'],
  ];
  return { name, label, command, isCommandLine: true };
}

/** What the command line is compared with, and the command line in its usual modes. */
export function commandVariants(): Variant[] {
  return [
    byHand,
    compiled,
    commandLine('server --quiet', 'the command line, saying nothing', '--quiet'),
    commandLine('server', 'its transcript in a file'),
    commandLine('server --json', 'its notices in a file, as JSON', '--json'),
    commandLine('server --trace --quiet', 'its trace in a file', '--trace', '--quiet'),
  ];
}

/** What inspection is compared with, and inspection. */
export function inspectionVariants(): Variant[] {
  const inspected = program('inspected', 'lockstep, inspected', 'lockstep.js', 'inspected');
  return [compiled, interpreted, inspected];
}

/** The servers that this machine can run. */
export function variants(): Variant[] {
  const found = [byHand, compiled, interpreted];
  const missing = missingPackages();
  if (!missing.includes('golang-go') && !missing.includes('golang-golang-x-net-dev')) {
    const command = [buildGo('xnet', sources, built)];
    found.push({ name: 'Go x/net', label: "the book's library", command });
  }
  if (spawnSync('bun', ['--version']).status === 0) {
    found.push({ name: 'Bun', label: "Bun's own server", command: ['bun', `${sources}bun.js`] });
  }
  return found;
}

/** Where a server says that it listens. */
const ADDRESS = /:(\d+)\//;

/** A server under measurement. */
export class Server {
  readonly pid: number;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #cleanUp: () => void;

  private constructor(
    child: ChildProcess,
    port: number,
    answers: Readable,
    cleanUp: () => void = () => {},
  ) {
    this.#child = child;
    this.#lines = createInterface({ input: answers });
    this.#cleanUp = cleanUp;
    this.pid = child.pid as number;
    this.port = port;
  }

  /** Starts a server that holds conversations of so many rounds; `bytes` of 0 says "Hello {n}". */
  static async start(variant: Variant, rounds: number, bytes: number): Promise<Server> {
    if (variant.isCommandLine) return Server.#startCommand(variant, rounds);
    const [program = '', ...args] = variant.command;
    const child = spawn(program, [...args, String(rounds), String(bytes)]);
    const heard = await firstLine(child, ADDRESS);
    if (heard === undefined) throw new Error(`the server "${variant.name}" did not start`);
    return new Server(child, Number(heard[1]), child.stdout);
  }

  /** Starts the command line, with what it prints in files. */
  static async #startCommand({ name, command }: Variant, rounds: number): Promise<Server> {
    const [program = '', ...args] = command;
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const [out, err] = [join(folder, 'out'), join(folder, 'err')];
    const files = [openSync(out, 'w'), openSync(err, 'w')];
    const child = spawn(program, [...args, '--rounds', String(rounds)], {
      stdio: ['pipe', ...files, 'pipe'],
    });
    for (const file of files) closeSync(file);
    const cleanUp = (): void => rmSync(folder, { recursive: true });
    for (let tries = 0; tries < 500; tries++) {
      const [, port] = ADDRESS.exec(readFileSync(err, 'utf8')) ?? [];
      if (port) return new Server(child, Number(port), child.stdio[3] as Readable, cleanUp);
      await wait(20);
    }
    throw new Error(`the server "${name}" did not start: ${readFileSync(err, 'utf8')}`);
  }

  /** Has it collect its garbage. */
  collect(): Promise<void> {
    return new Promise((resolve) => {
      this.#lines.once('line', () => resolve());
      this.#child.stdin?.write('collect\n');
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#cleanUp();
        resolve();
      });
      this.#child.stdin?.end();
    });
  }
}

/** The first match in what a process says on stderr; undefined if it ends without. */
export function firstLine(
  child: ChildProcess,
  pattern: RegExp,
): Promise<RegExpExecArray | undefined> {
  return new Promise((resolve) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk;
      const found = pattern.exec(text);
      if (found) resolve(found);
    });
    child.once('exit', () => resolve(undefined));
    child.once('error', () => resolve(undefined));
  });
}
