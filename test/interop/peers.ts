/** The peers in other languages: what they need, how they are built, how they are started. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../../../test/interop/peers/', import.meta.url));
const builds = fileURLToPath(new URL('../../interop/', import.meta.url));
const GO_PACKAGES = '/usr/share/gocode';

/** A peer program: `command` is started with `server`, or with `client` and a URL. */
export interface Peer {
  name: string;
  command: [program: string, ...args: string[]];
  /** Whether it sends Close frames; the peers of the book's library do not. */
  sendsClose: boolean;
  /** Whether it returns bytes as bytes. */
  keepsKind: boolean;
}

export const PEERS: Peer[] = [
  { name: 'x/net', command: [`${builds}bin/xnet`], sendsClose: false, keepsKind: false },
  { name: 'gorilla', command: [`${builds}bin/gorilla`], sendsClose: true, keepsKind: true },
  {
    name: 'Python websockets',
    command: [pythonWithWebsockets() ?? 'python3', `${sources}python/peer.py`],
    sendsClose: true,
    keepsKind: true,
  },
];

/** What this machine lacks, as the Debian packages that have it. */
export function missingPackages(): string[] {
  const needs: [isThere: boolean, debianPackage: string][] = [
    [succeeds('go', 'version'), 'golang-go'],
    [existsSync(`${GO_PACKAGES}/src/golang.org/x/net/websocket`), 'golang-golang-x-net-dev'],
    [
      existsSync(`${GO_PACKAGES}/src/github.com/gorilla/websocket`),
      'golang-github-gorilla-websocket-dev',
    ],
    [pythonWithWebsockets() !== undefined, 'python3-websockets'],
  ];
  return needs.flatMap(([isThere, debianPackage]) => (isThere ? [] : [debianPackage]));
}

/** Builds the Go peers; throws with the compiler's words where that fails. */
export function buildPeers(): void {
  for (const name of ['xnet', 'gorilla']) buildGo(name, sources, builds);
}

/**
 * Builds the Go program `name` of a folder with sources, against Debian's packages, as `bin/name` of
 * another; returns its path. Throws with the compiler's words where that fails.
 */
export function buildGo(name: string, from: string, to: string): string {
  const folder = `${to}src/${name}`;
  const program = `${to}bin/${name}`;
  mkdirSync(folder, { recursive: true });
  cpSync(`${from}${name}/main.go`, `${folder}/main.go`);
  const { status, stderr, error } = spawnSync('go', ['build', '-o', program, name], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: `${to}:${GO_PACKAGES}` },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the ${name} peer does not build: ${error ?? stderr}`);
  return program;
}

/** The first Python that has the library: the one in the path, or Debian's. */
function pythonWithWebsockets(): string | undefined {
  return ['python3', '/usr/bin/python3'].find((python) =>
    succeeds(python, '-c', 'import websockets'),
  );
}

function succeeds(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
