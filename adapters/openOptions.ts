/** The options of a socket that is opened, and of where it goes. */
import type { IncomingMessage } from 'node:http';
import type { ClientOptions, WebSocket } from 'ws';
import type { HostPort } from './tunnel.js';

/** The options of a socket that is opened. */
export interface OpenOptions {
  /** The `closeTimeout` of the session that the socket is for, in ms. */
  closeTimeout?: number | undefined;
  subprotocols?: string[] | undefined;
  /**
   * The URL of a proxy (`http:`, `https:`, `socks5:`), with its credentials. A function says which
   * proxy a URL needs: a redirect may lead to another host.
   */
  proxy?: string | ((url: string) => string | undefined) | undefined;
  /** Where TCP ends in the server's place; its name and its certificate are still those of the URL. */
  connectTo?: HostPort | undefined;
  /** Options of ws: they win over the session's own, except that its header is added to theirs. */
  ws?: (ClientOptions & { servername?: string }) | undefined;
}

/**
 * Takes the open socket and the server's answer to the handshake, in the tick in which the socket
 * opened. Whoever binds a session in that tick loses no message.
 */
export type OnOpen = (ws: WebSocket, response: IncomingMessage) => void;
