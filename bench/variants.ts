/** The servers that are compared, and how to start and end one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server to measure. Every figure is also given as a ratio to the first one's. */
export interface Variant {
  name: 'hand-written' | 'compiled' | 'interpreted' | 'inspected' | 'Go x/net' | 'Bun';
  /** What it is, in words. */
  label: string;
  command: readonly string[];
}

const built = fileURLToPath(new URL('./servers/', import.meta.url));
const sources = fileURLToPath(new URL('../../bench/servers/', import.meta.url));
const GO_PACKAGES = '/usr/share/gocode';

/** What inspection is compared with, and inspection. */
export function inspectionVariants(): Variant[] {
  const modes = ['compiled', 'interpreted', 'inspected'] as const;
  return modes.map((mode) => ({
    name: mode,
    label: '',
    command: [process.execPath, '--expose-gc', `${built}lockstep.js`, mode],
  }));
}

/** The servers that this machine can run. */
export function variants(): Variant[] {
  const node = [process.execPath, '--expose-gc'];
  const found: Variant[] = [
    {
      name: 'hand-written',
      label: 'a ws handler, written by hand',
      command: [...node, `${built}handWritten.js`],
    },
    {
      name: 'compiled',
      label: 'lockstep, as it is',
      command: [...node, `${built}lockstep.js`, 'compiled'],
    },
    {
      name: 'interpreted',
      label: 'lockstep, running the machine itself',
      command: [...node, `${built}lockstep.js`, 'interpreted'],
    },
  ];
  const xnet = buildXnet();
  if (xnet) found.push({ name: 'Go x/net', label: "the book's library", command: [xnet] });
  if (spawnSync('bun', ['--version']).status === 0) {
    found.push({ name: 'Bun', label: "Bun's own server", command: ['bun', `${sources}bun.js`] });
  }
  return found;
}

function buildXnet(): string | undefined {
  if (!existsSync(`${GO_PACKAGES}/src/golang.org/x/net/websocket`)) return undefined;
  mkdirSync(`${built}src/xnet`, { recursive: true });
  cpSync(`${sources}xnet/main.go`, `${built}src/xnet/main.go`);
  const { status } = spawnSync('go', ['build', '-o', `${built}xnet`, 'xnet'], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: `${built}:${GO_PACKAGES}` },
  });
  return status === 0 ? `${built}xnet` : undefined;
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
