/**
 * Starts real proxies as children of a test.
 *
 * Rule 1. A product has a folder and a port of loopback of its own.
 * Rule 2. A product is ready when its log says so and its port accepts: squid says so a little early.
 * Rule 3. A product ends with its test: by a signal to its own process.
 */
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type Running, startProgram } from '../support/cli.js';
import { folderWith } from '../support/files.js';
import { type TestContext, within } from '../support/suite.js';
import type { EntryPoint, OpenPath } from './path.js';
import { freePort } from './ports.js';
import { PRODUCTS, PROGRAM_PATH, type ProductName, versionOf } from './products.js';

/** The most that a product may take to start or to reload, in ms. */
const START_MS = 10_000;

/** What a configuration is written for. */
export interface Place {
  /** The port of loopback to listen on. */
  port: number;
  /** The folder for files, which every user may read. */
  folder: string;
}

/** Starts a product with the configuration that `write` returns; resolves once it accepts. */
export async function startProduct(
  context: TestContext,
  name: ProductName,
  write: (place: Place) => string,
): Promise<RunningProduct> {
  const place = { port: await freePort(), folder: folderWith(context) };
  // Workers run as another user where the test runs as root.
  chmodSync(place.folder, 0o755);
  writeFileSync(`${place.folder}/config`, write(place));
  const product = new RunningProduct(context, name, place);
  await product.started();
  return product;
}

/** A product that runs. */
export class RunningProduct {
  readonly place: Place;
  readonly version: string;
  readonly #context: TestContext;
  readonly #name: ProductName;
  /** The processes of the test's own, the newest first. */
  readonly #processes: Running[] = [];
  /** How often the product has been asked to be ready. */
  #starts = 0;

  constructor(context: TestContext, name: ProductName, place: Place) {
    this.place = place;
    this.version = versionOf(name);
    this.#context = context;
    this.#name = name;
    this.#start();
  }

  /** Resolves once the product accepts connections, after its start or a reload. */
  async started(): Promise<void> {
    const { logs, ready } = PRODUCTS[this.#name];
    const lines = new RegExp(`(?:${ready.source}[\\s\\S]*){${++this.#starts}}`);
    await withLog(this, () =>
      within(START_MS, `the start of ${this.#name}`, async () => {
        await this.#newest.prints(logs, lines);
        await accepting(this.place.port, this.#newest);
      }),
    );
  }

  /** Reloads the configuration; resolves once new connections get a new worker. */
  async reload(): Promise<void> {
    const { reload } = PRODUCTS[this.#name];
    const old = this.#newest;
    if (reload !== undefined) {
      await withLog(this, () => reload((...more) => this.#start(...more), old));
    } else {
      old.child.kill('SIGHUP');
      await this.started();
    }
  }

  /** The path that a client enters by the product's port, unless `entry` says otherwise. */
  enteredBy(entry: Partial<EntryPoint>): OpenPath {
    return {
      entry: { url: `ws://127.0.0.1:${this.place.port}/`, ...entry },
      version: this.version,
      log: () => this.log(),
      reload: () => this.reload(),
    };
  }

  /** What all processes have printed so far. */
  async log(): Promise<string> {
    const all = /[\s\S]*/;
    const texts = this.#processes.flatMap(({ prints }) => [
      prints('stdout', all),
      prints('stderr', all),
    ]);
    return (await Promise.all(texts)).join('');
  }

  get #newest(): Running {
    return this.#processes[0] as Running;
  }

  #start(...more: string[]): void {
    const { program, run } = PRODUCTS[this.#name];
    // Caddy writes to the home of its user, unless these name another place.
    const homes = [`XDG_CONFIG_HOME=${this.place.folder}`, `XDG_DATA_HOME=${this.place.folder}`];
    const args = [`PATH=${PROGRAM_PATH}`, ...homes, program, ...run(this.place.folder), ...more];
    this.#processes.unshift(startProgram(this.#context, 'env', args));
  }
}

/** Resolves once the port accepts a connection; rejects where the product ends instead. */
async function accepting(port: number, { child }: Running): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Refused: the product has yet to listen.
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`it ended before it listened on port ${port}`);
}

/** Does the work; an error that it throws carries the version and the log of the product. */
export async function withLog<T>(
  product: Pick<OpenPath, 'version' | 'log'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const said = await product.log();
    if (error instanceof Error && said !== '' && !error.message.includes(said)) {
      error.message += `\n${product.version}\n${said}`;
    }
    throw error;
  }
}
