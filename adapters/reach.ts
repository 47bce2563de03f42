/**
 * How a session that dials reaches its server: TCP, then TLS for `wss:`, each stage told as it begins.
 * For the option `createConnection` of ws.
 */
import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { SocketReached } from '../machines/index.js';
import { addressOf } from './address.js';
import { Attempts, type Done } from './happyEyeballs.js';

/** The default port of `wss:`: by it ws tells a request that is to be secure. */
const SECURE = 443;

type Options = TcpNetConnectOpts & ConnectionOptions & { defaultPort?: number };

/** One dial. */
export class Reach {
  readonly #tell: (fact: SocketReached) => void;
  #attempts: Attempts | undefined;

  constructor(tell: (fact: SocketReached) => void) {
    this.#tell = tell;
  }

  /** Connects as the options of a request say; the socket comes by `done`. */
  readonly connect = (options: Options, done: Done): undefined => {
    // In a request's options `path` is that of the URL; to `net` it would be a Unix socket.
    const { path: _, timeout: __, ...reachable } = options;
    const tcp = reachable as Options;
    const trying = (peer: string): void => this.#reached('tcp', peer);
    const attempts = new Attempts(tcp, trying, (error, socket) => {
      if (socket === undefined) done(error);
      else done(null, this.#secured(socket, tcp));
    });
    this.#attempts = attempts;
    // The session starts in this tick, and what it is told comes after.
    process.nextTick(() => attempts.start());
    return undefined;
  };

  /** Gives up what is under way. */
  stop(): void {
    this.#attempts?.stop();
  }

  #secured(socket: Socket, options: Options): Socket {
    const peer = addressOf(socket);
    if (options.defaultPort !== SECURE) {
      this.#reached('upgrade', peer);
      return socket;
    }
    this.#reached('tls', peer);
    const { host = '', servername = isIP(host) ? '' : host } = options;
    const secure = connectTls({ ...options, socket, servername });
    secure.once('secureConnect', () => this.#reached('upgrade', peer));
    return secure;
  }

  #reached(stage: SocketReached['stage'], peer: string): void {
    this.#tell({ type: 'socket.reached', stage, peer });
  }
}
