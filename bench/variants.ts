/** The servers that are compared, and how to start and end one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildGo, missingPackages } from '../test/interop/peers.js';

/** A server to measure. Every figure is also given as a ratio to the first one's. */
export interface Variant {
  name: 'hand-written' | 'compiled' | 'interpreted' | 'inspected' | 'Go x/net' | 'Bun';
  /** What it is, in words. */
  label: string;
  command: readonly string[];
}

const built = fileURLToPath(new URL('./servers/', import.meta.url));
const sources = fileURLToPath(new URL('../../bench/servers/', import.meta.url));

/** A server of this project, run by node. */
function program(name: Variant['name'], label: string, file: string, ...args: string[]): Variant {
  return { name, label, command: [process.execPath, '--expose-gc', `${built}${file}`, ...args] };
}

const compiled = program('compiled', 'lockstep, as it is', 'lockstep.js', 'compiled');
const interpreted = program(
  'interpreted',
  'lockstep, running the machine itself',
  'lockstep.js',
  'interpreted',
);

/** What inspection is compared with, and inspection. */
export function inspectionVariants(): Variant[] {
  const inspected = program('inspected', 'lockstep, inspected', 'lockstep.js', 'inspected');
  return [compiled, interpreted, inspected];
}

/** The servers that this machine can run. */
export function variants(): Variant[] {
  const byHand = program('hand-written', 'a ws handler, written by hand', 'handWritten.js');
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

/** A server under measurement. */
export class Server {
  readonly pid: number;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
    this.pid = child.pid as number;
    this.port = port;
  }

  /** Starts a server that holds conversations of so many rounds; `bytes` of 0 says "Hello {n}". */
  static async start({ name, command }: Variant, rounds: number, bytes: number): Promise<Server> {
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, String(rounds), String(bytes)]);
    const heard = await firstLine(child, /:(\d+)\//);
    const port = Number(heard?.[1]);
    if (heard === undefined) throw new Error(`the server "${name}" did not start`);
    return new Server(child, port);
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
      this.#child.once('exit', () => resolve());
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
