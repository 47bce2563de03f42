/**
 * Serves the inspector's page, from this process and to this machine only.
 *
 * Rule 1. IPv4 loopback, one port; what `gate.ts` refuses gets a status and nothing else.
 * Rule 2. It reads: GET and HEAD. What else a page needs comes over a WebSocket that is only written.
 * Rule 3. Unless asked to, it does not keep the process alive.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HEADERS, isLocal, newToken, pathBehind, refuse } from './gate.js';

/** What the page shows: sessions that run, or a recording. */
export type Mode = 'live' | 'replay';

/** What is told of a request to upgrade that named this machine. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** How to serve the page. */
export interface PageOptions {
  /** 0 for any free port. */
  port: number;
  mode: Mode;
  /** A file that the page may ask for, beside its own. */
  file?: { path: string; type: string; body: Buffer };
  upgrade?: Upgrade;
  /** Whether the process stays for it. */
  isHeld?: boolean;
}

/** The page, served. */
export interface PageServer {
  port: number;
  token: string;
  /** The page's URL, with the token in it. */
  url: string;
  /** Stops serving; WebSockets are closed by who accepted them. */
  close(): Promise<void>;
}

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'drawer.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

interface File {
  type: string;
  body: Buffer;
}

/** The files of the page, by their paths. */
function pageFiles(mode: Mode): Map<string, File> {
  const files = new Map<string, File>();
  for (const [name, type] of Object.entries(TYPES)) {
    files.set(`/${name}`, { type, body: readFileSync(new URL(`page/${name}`, import.meta.url)) });
  }
  const index = files.get('/index.html') as File;
  const body = Buffer.from(index.body.toString().replace('data-mode=""', `data-mode="${mode}"`));
  files.set('/', { ...index, body });
  return files;
}

/** Starts to serve the page; rejects with the system's error where it cannot listen. */
export async function servePage(options: PageOptions): Promise<PageServer> {
  const token = newToken();
  const files = pageFiles(options.mode);
  if (options.file) files.set(options.file.path, options.file);
  const http = createServer((request, response) => answer(files, token, request, response));
  http.maxConnections = 512;
  http.on('upgrade', (request, socket, head) => {
    if (!isLocal(request)) refuse(socket, 403);
    else if (options.upgrade) options.upgrade(request, socket, head);
    else refuse(socket, 404);
  });
  if (!options.isHeld) http.on('connection', (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, '127.0.0.1', resolve);
  });
  if (!options.isHeld) http.unref();
  const { port } = http.address() as AddressInfo;
  return {
    port,
    token,
    url: `http://127.0.0.1:${port}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

function answer(
  files: Map<string, File>,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const end = (status: number, text: string): void => {
    response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain' }).end(text);
  };
  const file = files.get(pathBehind(token, request) ?? '');
  if (!isLocal(request)) end(403, 'expected a Host of this machine\n');
  else if (request.method !== 'GET' && request.method !== 'HEAD') end(405, 'expected GET\n');
  else if (file === undefined)
    end(404, 'expected the whole URL that was printed, with its token\n');
  else {
    const headers = { 'Content-Type': file.type, 'Content-Length': file.body.length };
    response.writeHead(200, { ...HEADERS, ...headers });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }
}
