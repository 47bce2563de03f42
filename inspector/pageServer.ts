/**
 * Serves the inspector's page, from this process and to this machine only.
 *
 * Rule 1. The server listens on one port of IPv4 loopback. A request that `gate.ts` refuses gets a status alone.
 * Rule 2. The server answers GET and HEAD. Records go to the page over a WebSocket, which the page only reads.
 * Rule 3. The server does not keep the process alive, unless `isHeld` says so.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HEADERS, isLocal, newToken, pathBehind, refuseUpgrade } from './gate.js';

/** The kind of page: of live sessions, or of a recording. */
export type PageMode = 'live' | 'replay';

/** Takes a request to upgrade that names this machine. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Options of the page. */
export interface PageOptions {
  /** 0 for any free port. */
  port: number;
  mode: PageMode;
  /** One more file for the page. */
  file?: { path: string; type: string; body: Buffer };
  upgrade?: UpgradeListener;
  /** Whether the server keeps the process alive. */
  isHeld?: boolean;
}

/** A served page. */
export interface PageServer {
  port: number;
  token: string;
  /** The page's URL, with the token in it. */
  url: string;
  /** Stops serving, and ends every connection that is left, WebSockets too. */
  close(): Promise<void>;
}

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'drawer.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

interface ServedFile {
  type: string;
  body: Buffer;
}

/** The files of the page, by their paths. */
function pageFiles(mode: PageMode): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  for (const [name, type] of Object.entries(TYPES)) {
    files.set(`/${name}`, { type, body: readFileSync(new URL(`page/${name}`, import.meta.url)) });
  }
  const index = files.get('/index.html') as ServedFile;
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
    if (!isLocal(request)) refuseUpgrade(socket, 403);
    else if (options.upgrade) options.upgrade(request, socket, head);
    else refuseUpgrade(socket, 404);
  });
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    if (!options.isHeld) socket.unref();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
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
        // Node's own closeAllConnections() leaves a connection that was upgraded, and the server waits for it.
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answer(
  files: Map<string, ServedFile>,
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
