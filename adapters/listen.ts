/**
 * Accepts WebSocket connections, and turns everything else away with a clear answer.
 *
 * Rule 1. Loopback by default, over IPv4 and IPv6, on one port.
 * Rule 2. A connection has `connectTimeout` to finish its opening handshake, whatever it sends: Node
 *         looks `CHECKS` times in that time.
 * Rule 3. A failure of one connection is answered on that connection and disturbs no other.
 * Rule 4. Admission decides about requests. This file opens and closes the servers.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { CHECK_PROTOCOL } from '../machines/checks/index.js';
import { Admission, type AdmissionOptions } from './admission.js';
import { ANNOUNCEMENT_LINE, sendsCloseFrame } from './announcement.js';
import { wsOptions } from './wsOptions.js';

export type { Refusal } from './admission.js';
export type { Hindrance } from './hindrance.js';
export type { Flaw, FlawCode } from './requestFlaw.js';
export type { Visitor } from './visitor.js';

/** How often Node looks for late handshakes within `connectTimeout`. */
const CHECKS = 16;

/** Where and how to listen. */
export interface ListenOptions extends AdmissionOptions {
  /** 0 for any free port. */
  port: number;
  /** An address or name; without it, both loopback addresses. */
  host?: string;
  /** The most bytes in a message that is received. */
  maxPayload: number;
  /** Whether connections may speak the subprotocol of checks. */
  checks?: boolean;
  /** The `closeTimeout` of the sessions, in ms. */
  closeTimeout: number;
  /** Called when connections cannot be accepted for a while, for example for lack of file descriptors. */
  onError(error: Error): void;
}

/** Accepts connections. */
export interface Listener {
  port: number;
  /** The URL for a client on this machine. */
  url: string;
  /** Answers new sessions and health checks with 503 from now on. Connections are still accepted. */
  drain(): void;
  /** Stops accepting and drops connections that have not opened. Open ones stay. */
  close(): Promise<void>;
}

/** Starts to listen; rejects with the system's error if it cannot. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, maxPayload, maxSessions } = options;
  const webSockets = new WebSocketServer({
    ...wsOptions(options.closeTimeout),
    noServer: true,
    maxPayload,
    // The first that was offered, as ws does.
    handleProtocols: (offered) => {
      const [first] = [...offered].filter((one) => options.checks || one !== CHECK_PROTOCOL);
      return first ?? false;
    },
    // Only `maxSessions` needs the number of clients.
    clientTracking: maxSessions !== undefined,
  });
  webSockets.on('headers', (lines, request) => {
    if (sendsCloseFrame(request.headers)) lines.push(ANNOUNCEMENT_LINE);
  });
  const admission = new Admission(webSockets, options);
  const hosts = host === undefined || host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const servers = await listenOnAll(hosts, options.port, () => serve(admission, options));
  const { port } = boundAddress(servers) ?? options;
  return {
    port,
    url: `ws://${host === undefined ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}/`,
    drain: () => {
      admission.isDraining = true;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

interface Served {
  http: Server;
  close(): Promise<void>;
}

/** Starts one server on each host, all on one port. A machine without IPv6 has none there. */
async function listenOnAll(hosts: string[], port: number, make: () => Served): Promise<Served[]> {
  // A port that is free on one address may be taken on the other. Then another port is tried.
  for (let attempt = 1; ; attempt++) {
    const servers: Served[] = [];
    try {
      for (const host of hosts) {
        const server = make();
        const first = boundAddress(servers);
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

function boundAddress(servers: Served[]): AddressInfo | undefined {
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

/** An HTTP server that leaves every request to admission. */
function serve(admission: Admission, { connectTimeout, onError }: ListenOptions): Served {
  const http = createServer({
    headersTimeout: connectTimeout,
    requestTimeout: connectTimeout,
    connectionsCheckingInterval: Math.ceil(connectTimeout / CHECKS),
    // Admission answers and reports a missing Host. Node would answer and report nothing.
    requireHostHeader: false,
  });
  admission.attach(http);
  http.on('listening', () => http.on('error', onError));

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });

  return { http, close };
}
