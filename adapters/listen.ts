/**
 * Accepts WebSocket connections, and turns everything else away with a clear answer.
 *
 * Rule 1. Loopback by default, over IPv4 and IPv6, on one port.
 * Rule 2. A connection has `connectTimeout` to finish its opening handshake, whatever it sends: Node
 *         looks `CHECKS` times in that time, and answers 408.
 * Rule 3. What goes wrong with one connection is answered there and concerns no other.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ANNOUNCEMENT_LINE, sendsCloseFrame } from './peer.js';
import { wsOptions } from './ws.js';

/** How often in the time for a handshake Node looks whether it is over. */
const CHECKS = 16;

/** Where and how to listen. */
export interface ListenOptions {
  /** 0 for any free port. */
  port: number;
  /** An address or name; without it, both loopback addresses. */
  host?: string;
  /** The most bytes in a message that is received. */
  maxPayload: number;
  /** The most connections served at a time; more are answered with status 503. */
  maxSessions?: number;
  /** The origins a browser may come from, such as `https://app.example`; without it, any. */
  allowOrigins?: readonly string[];
  /** How long a connection may take to finish its handshake, in ms; a 16th more, at most. */
  connectTimeout: number;
  /** The `closeTimeout` of the sessions, in ms. */
  closeTimeout: number;
  /** Told of each open socket, in the tick in which it opened. */
  onConnection(ws: WebSocket, request: IncomingMessage): void;
  /** Told when connections cannot be accepted for a while, say for lack of file descriptors. */
  onError(error: Error): void;
}

/** What accepts connections. */
export interface Listener {
  port: number;
  /** The URL for a client on this machine. */
  url: string;
  /** Stops accepting and drops connections that have not opened; open ones are left as they are. */
  close(): Promise<void>;
}

/** Starts to listen; rejects with the system's error where that is not possible. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, maxPayload, maxSessions } = options;
  const webSockets = new WebSocketServer({
    ...wsOptions(options.closeTimeout),
    noServer: true,
    maxPayload,
    // Only a limit needs to know how many there are.
    clientTracking: maxSessions !== undefined,
  });
  webSockets.on('headers', (lines, request) => {
    if (sendsCloseFrame(request.headers)) lines.push(ANNOUNCEMENT_LINE);
  });
  const hosts = host === undefined || host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const servers = await listenOnAll(hosts, options.port, () => serve(webSockets, options));
  const { port } = addressOf(servers) ?? options;
  return {
    port,
    url: `ws://${host === undefined ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}/`,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

interface Served {
  http: Server;
  close(): Promise<void>;
}

/** One server on each host, all on one port; a machine without IPv6 does without it. */
async function listenOnAll(hosts: string[], port: number, make: () => Served): Promise<Served[]> {
  // A port that is free on one address may be taken on the other: then try another.
  for (let attempt = 1; ; attempt++) {
    const servers: Served[] = [];
    try {
      for (const host of hosts) {
        const server = make();
        const first = addressOf(servers);
        try {
          await bindTo(server.http, host, first?.port ?? port);
          servers.push(server);
        } catch (error) {
          if (first === undefined || !isMissingFamily(error)) throw error;
        }
      }
      return servers;
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()));
      if (port !== 0 || attempt === 10 || codeOf(error) !== 'EADDRINUSE') throw error;
    }
  }
}

function addressOf(servers: Served[]): AddressInfo | undefined {
  return servers[0]?.http.address() as AddressInfo | undefined;
}

function bindTo(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function isMissingFamily(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

/** An HTTP server that only knows how to upgrade. */
function serve(webSockets: WebSocketServer, options: ListenOptions): Served {
  const { allowOrigins, maxSessions, connectTimeout: timeout } = options;
  const http = createServer({
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.ceil(timeout / CHECKS),
  });

  const turnAway: RequestListener = (_, response) => {
    const text = 'This is a WebSocket server: connect with a WebSocket client.\n';
    response.writeHead(426, { Connection: 'close, upgrade', Upgrade: 'websocket' }).end(text);
  };
  http.on('request', turnAway);
  // Node would answer by itself, and keep the connection.
  http.on('checkExpectation', turnAway);

  http.on('connect', (_, socket) => refuse(socket, 426));

  http.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request);
    if (refusal === undefined) {
      webSockets.handleUpgrade(request, socket, head, options.onConnection);
    } else refuse(socket, refusal);
  });

  http.on('listening', () => http.on('error', options.onError));

  const refusalOf = ({ headers }: IncomingMessage): number | undefined => {
    if (headers.upgrade?.toLowerCase() !== 'websocket') return 426;
    if (allowOrigins && headers.origin && !isAllowed(headers.origin, allowOrigins)) return 403;
    return maxSessions !== undefined && webSockets.clients.size >= maxSessions ? 503 : undefined;
  };

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });

  return { http, close };
}

function isAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => one.toLowerCase() === origin.toLowerCase());
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close${status === 426 ? ', upgrade\r\nUpgrade: websocket' : ''}\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}
