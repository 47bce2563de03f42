/**
 * Reaches the server that a session dials: its name, TCP, then TLS for `wss:`. Each stage is told as it begins.
 * `connect` is for the option `createConnection` of ws.
 */
import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { SocketAttempted } from '../machines/index.js';
import { addressOf } from './address.js';
import { Attempts, type Done } from './happyEyeballs.js';
import { OptionError } from './misuse.js';

/** The default port of `wss:`. ws marks a secure request by it. */
const SECURE = 443;

type Options = TcpNetConnectOpts & ConnectionOptions & { defaultPort?: number };

/** The connection of one dial. */
export class Reach {
  readonly #tell: (fact: SocketAttempted) => void;
  #attempts: Attempts | undefined;

  constructor(tell: (fact: SocketAttempted) => void) {
    this.#tell = tell;
  }

  /** Connects as the options of a request say, and hands the socket to `done`. */
  readonly connect = (options: Options, done: Done): undefined => {
    // `path` is the URL's here. `net` would take it for a Unix socket.
    const { path: _, timeout: __, ...reachable } = options;
    const tcp = reachable as Options;
    const trying = (peer: string): void => this.#attempted('tcp', peer);
    const attempts = new Attempts(tcp, trying, (error, socket) => {
      if (socket === undefined) done(error);
      else this.#secure(socket, tcp, done);
    });
    this.#attempts = attempts;
    // The session starts in this tick. It must have started before the first fact.
    process.nextTick(() => {
      if (attempts.isOver) return;
      const { host = '' } = tcp;
      if (isIP(host) === 0) this.#attempted('name', host);
      attempts.start();
    });
    return undefined;
  };

  /** Gives the connection up. */
  stop(): void {
    this.#attempts?.stop();
  }

  #secure(socket: Socket, options: Options, done: Done): void {
    let secured: Socket;
    try {
      secured = this.#secured(socket, options);
    } catch (error) {
      socket.destroy();
      done(new OptionError(error));
      return;
    }
    done(null, secured);
  }

  #secured(socket: Socket, options: Options): Socket {
    const peer = addressOf(socket);
    if (options.defaultPort !== SECURE) {
      this.#attempted('upgrade', peer);
      return socket;
    }
    this.#attempted('tls', peer);
    const { host = '', servername = isIP(host) ? '' : host } = options;
    const secure = connectTls({ ...options, socket, servername });
    secure.once('secureConnect', () => this.#attempted('upgrade', peer));
    return secure;
  }

  #attempted(stage: SocketAttempted['stage'], peer: string): void {
    this.#tell({ type: 'socket.attempted', stage, peer });
  }
}
