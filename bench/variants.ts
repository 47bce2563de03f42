/** The servers that the bench compares, and how it starts and ends one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildGo, missingPackages } from '../test/interop/peers.js';

/** A server to measure. Each figure also has the ratio to the first variant's. */
export interface Variant {
  name: string;
  /** Its description. */
  label: string;
  command: readonly string[];
  /** Whether it is the command line. Then options set the rounds, and its output goes to files. */
  isCommandLine?: true;
}

const built = fileURLToPath(new URL('./servers/', import.meta.url));
const sources = fileURLToPath(new URL('../../bench/servers/', import.meta.url));

/** A server of the bench, run by Node. */
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

/** The installed command line, with these options. */
function commandLine(name: string, label: string, ...options: string[]): Variant {
  const command = [
    ...[process.execPath, '--expose-gc', '--import', `${built}collecting.js`],
    ...[fileURLToPath(new URL('../runners/lockstep.js', import.meta.url)), 'server', ...options],
    ...['--host', '127.0.0.1', '--port', '0', '--reply-timeout', '5m'],
  ];
  return { name, label, command, isCommandLine: true };
}

/** The command line in its usual modes, behind the servers to compare it with. */
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

/** The inspected server, behind the servers to compare it with. */
export function inspectionVariants(): Variant[] {
  const inspected = program('inspected', 'lockstep, inspected', 'lockstep.js', 'inspected');
  return [compiled, interpreted, inspected];
}

/** The servers that this computer can run. */
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

/** The port in the line in which a server tells its address. */
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

  /** Starts a server of conversations with this number of rounds; 0 bytes means "Hello {n}". */
  static async start(variant: Variant, rounds: number, bytes: number): Promise<Server> {
    if (variant.isCommandLine) return Server.#startCommand(variant, rounds);
    const [program = '', ...args] = variant.command;
    const child = spawn(program, [...args, String(rounds), String(bytes)]);
    const heard = await firstLine(child, ADDRESS);
    if (heard === undefined) throw new Error(`the server "${variant.name}" did not start`);
    return new Server(child, Number(heard[1]), child.stdout);
  }

  /** Starts the command line, with its output in files. */
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

  /** Makes the server collect its garbage. */
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

/** The first match in a process's stderr; undefined if the process ends without a match. */
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
