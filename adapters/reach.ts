/**
 * Reaches the server that an opening dials: its name, TCP, the tunnel of a proxy, then TLS for `wss:`;
 * or a Unix socket. Each stage is told as it begins, with what the finished ones took. `connect` is for
 * the option `createConnection` of ws.
 *
 * Rule 1. A proxy is reached in the server's place, and then asked for a tunnel to it.
 * Rule 2. Where TCP is to end elsewhere (`connectTo`), the server's name and certificate stay as they are.
 */
import { isIP, connect as netConnect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { SocketAttempted } from '../machines/index.js';
import { addressOf, hostAndPort } from './address.js';
import { Attempts, type Done } from './happyEyeballs.js';
import { OptionError } from './misuse.js';
import { onceConnected, PhaseTimes, serverNameOf, tlsDetailsOf } from './phaseTimes.js';
import { proxyNotReached } from './proxyFailure.js';
import type { ForwardProxy } from './proxyUrl.js';
import { type HostPort, openTunnel } from './tunnel.js';

/** The default port of `wss:`. ws marks a secure request by it. */
const SECURE = 443;

/** The protocols offered by ALPN (RFC 7301): browsers offer this one for a WebSocket. */
const ALPN = ['http/1.1'];

type Options = TcpNetConnectOpts &
  ConnectionOptions & { defaultPort?: number; socketPath?: string };

/** Where the connection goes, if not straight to the server. */
export interface Route {
  proxy?: ForwardProxy | undefined;
  connectTo?: HostPort | undefined;
}

/** The connection of one dial. */
export class Reach {
  readonly #tell: (fact: SocketAttempted) => void;
  readonly #route: Route;
  readonly times = new PhaseTimes();
  #attempts: Attempts | undefined;
  /** The socket that no request owns yet. */
  #pending: Socket | undefined;
  #isOver = false;

  constructor(tell: (fact: SocketAttempted) => void, route: Route = {}) {
    this.#tell = tell;
    this.#route = route;
  }

  /** Connects as the options of a request say, and hands the socket to `done`. */
  readonly connect = (options: Options, done: Done): undefined => {
    // The session starts in this tick. It must have started before the first fact.
    process.nextTick(() => {
      if (this.#isOver) return;
      if (options.socketPath === undefined) this.#reach(options, done);
      else this.#reachPath(options.socketPath, done);
    });
    return undefined;
  };

  /** Gives the connection up. */
  stop(): void {
    this.#isOver = true;
    this.#attempts?.stop();
    this.#pending?.on('error', () => {}).destroy();
  }

  #reachPath(path: string, done: Done): void {
    this.#attempted('unix', path);
    const socket = netConnect({ path });
    this.#pending = socket;
    onceConnected(socket, 'connect', (error) => {
      if (error !== null) {
        done(error);
        return;
      }
      this.#pending = undefined;
      this.times.end('unix', { path });
      this.#attempted('upgrade', path);
      done(null, socket);
    });
  }

  #reach(options: Options, done: Done): void {
    // `path` is the URL's here. `net` would take it for a Unix socket.
    const { path: _, timeout: __, ...tcp } = options;
    const server = { host: tcp.host ?? '', port: Number(tcp.port) };
    const { proxy, connectTo = server } = this.#route;
    const { host, port } = proxy ?? connectTo;
    if (isIP(host) === 0) this.#attempted('name', host);
    const trying = (peer: string): void =>
      this.#trying(proxy === undefined ? peer : `the proxy at ${peer}`);
    const attempts = new Attempts({ ...tcp, host, port }, trying, (error, socket) => {
      if (socket === undefined) done(blamed(error, proxy));
      else {
        this.times.end('tcp', { address: addressOf(socket), failed: attempts.failed });
        if (proxy === undefined) this.#secure(socket, tcp, done);
        else this.#tunnel(socket, proxy, connectTo, tcp, done);
      }
    });
    this.#attempts = attempts;
    attempts.start();
  }

  #trying(peer: string): void {
    if (this.times.stage === 'name') this.times.end('name', {});
    this.#attempted('tcp', peer);
  }

  #tunnel(
    socket: Socket,
    proxy: ForwardProxy,
    target: HostPort,
    options: Options,
    done: Done,
  ): void {
    this.#attempted('proxy', `the proxy ${proxy.shown}`);
    this.#pending = socket;
    openTunnel(socket, proxy, target, options, (error, tunnel) => {
      this.#pending = undefined;
      if (this.#isOver) return;
      if (tunnel === undefined) {
        done(error);
        return;
      }
      const authority = hostAndPort(target.host, target.port);
      this.times.end('proxy', { proxy: proxy.shown, target: authority });
      this.#secure(tunnel, options, done, `${authority} through ${proxy.shown}`);
    });
  }

  #secure(socket: Socket, options: Options, done: Done, peer = addressOf(socket)): void {
    let secured: Socket;
    try {
      secured = this.#secured(socket, options, peer);
    } catch (error) {
      socket.destroy();
      done(new OptionError(error));
      return;
    }
    done(null, secured);
  }

  #secured(socket: Socket, options: Options, peer: string): Socket {
    if (options.defaultPort !== SECURE) {
      this.#attempted('upgrade', peer);
      return socket;
    }
    this.#attempted('tls', peer);
    const servername = serverNameOf(options.host ?? '', options.servername);
    const secure = connectTls({ ALPNProtocols: ALPN, ...options, socket, servername });
    secure.once('secureConnect', () => {
      this.times.end('tls', tlsDetailsOf(secure));
      this.#attempted('upgrade', peer);
    });
    return secure;
  }

  #attempted(stage: keyof PhaseTimes['phases'], peer: string): void {
    if (this.times.stage !== stage) this.times.begin(stage);
    this.#tell({ type: 'socket.attempted', stage, peer, phases: this.times.phases });
  }
}

/** The error of TCP that did not come about, for which a proxy may be to blame. */
function blamed(error: Error | null, proxy: ForwardProxy | undefined): Error | null {
  if (error === null || proxy === undefined || error instanceof OptionError) return error;
  return proxyNotReached(proxy, error);
}
