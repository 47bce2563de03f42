/**
 * The products that paths lead through: how each is run, how it says that it is ready, and whether it is
 * installed.
 *
 * Rule 1. A product runs in the foreground, reads no configuration of the system, and leaves no daemon.
 */
import { spawnSync } from 'node:child_process';
import type { Running } from '../support/cli.js';

export type ProductName = 'nginx' | 'haproxy' | 'caddy' | 'squid' | 'tinyproxy';

/** How a product is run. The name of its Debian package is its own. */
export interface Product {
  program: string;
  /** The arguments that make it print its version. */
  version: string[];
  /** The arguments that run it on the file `config` of this folder. */
  run(folder: string): string[];
  /** The stream that it logs to, and the line there that says: new connections are accepted. */
  logs: 'stdout' | 'stderr';
  ready: RegExp;
  /** Reloads by other means than SIGHUP; `start` starts another process on the same configuration. */
  reload?(start: (...more: string[]) => void, old: Running): Promise<unknown>;
}

export const PRODUCTS: Record<ProductName, Product> = {
  nginx: {
    program: 'nginx',
    version: ['-v'],
    run: (folder) => ['-p', folder, '-c', 'config', '-e', 'stderr', '-g', 'daemon off;'],
    logs: 'stderr',
    ready: /start worker process \d/,
  },
  haproxy: {
    program: 'haproxy',
    version: ['-v'],
    run: (folder) => ['-db', '-f', `${folder}/config`],
    logs: 'stderr',
    // It logs nothing before its port accepts.
    ready: /^/,
    // As without a master: a new process takes the port over, and asks the old one to end.
    reload: (start, old) => {
      start('-sf', String(old.child.pid));
      return old.prints('stderr', /Proxy front stopped/);
    },
  },
  caddy: {
    program: 'caddy',
    version: ['version'],
    run: (folder) => ['run', '--config', `${folder}/config`, '--adapter', 'caddyfile'],
    logs: 'stderr',
    ready: /serving initial configuration/,
  },
  squid: {
    program: 'squid',
    version: ['-v'],
    run: (folder) => ['-N', '-d', '1', '-f', `${folder}/config`],
    logs: 'stderr',
    ready: /Accepting HTTP Socket connections/,
  },
  tinyproxy: {
    program: 'tinyproxy',
    version: ['-v'],
    run: (folder) => ['-d', '-c', `${folder}/config`],
    logs: 'stdout',
    ready: /Accepting connections/,
  },
};

/** Debian keeps some of the products where only root looks for programs. */
export const PROGRAM_PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;

/** The products that this machine lacks, as Debian packages. */
export function missingProducts(): string[] {
  const names = Object.keys(PRODUCTS) as ProductName[];
  return names.filter((name) => versionOf(name) === '');
}

/** The first line that a product prints on its version; empty where it is not installed. */
export function versionOf(name: ProductName): string {
  const { program, version } = PRODUCTS[name];
  const env = { ...process.env, PATH: PROGRAM_PATH };
  const { stdout, stderr, error } = spawnSync(program, version, { encoding: 'utf8', env });
  return error === undefined ? (`${stdout}${stderr}`.trim().split('\n')[0] ?? '') : '';
}
