/**
 * Opens a socket with `ws` for an opening, and hands it over.
 *
 * Rule 1. Nothing is thrown. A bad URL and options that ws refuses become `socket.failed`.
 * Rule 2. The stages of the opening become `socket.attempted`, its success `socket.opened`.
 * Rule 3. A socket that is handed over has no listener of ours any more.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type OpeningFact, serverDefaults } from '../machines/index.js';
import { ANNOUNCEMENT } from './announcement.js';
import { Handshake } from './handshakeFailure.js';
import { MAX_PAYLOAD } from './limits.js';
import { misuseOfHeaders, misuseOfUrl, OptionError, refusalByWs } from './misuse.js';
import { Reach } from './reach.js';
import type { OpeningActor } from './sessionActor.js';
import { wsOptions } from './wsOptions.js';

/** The options of a socket that is opened. */
export interface OpenOptions {
  /** The `closeTimeout` of the session that the socket is for, in ms. */
  closeTimeout?: number | undefined;
  subprotocols?: string[] | undefined;
  /** Options of ws: they win over the session's own, except that its header is added to theirs. */
  ws?: ClientOptions | undefined;
}

/**
 * Takes the open socket and the server's answer to the handshake, in the tick in which the socket
 * opened. Whoever binds a session in that tick loses no message.
 */
export type OnOpen = (ws: WebSocket, response: IncomingMessage) => void;

/** Dials this URL for an opening, and hands the socket to `onOpen`. */
export function openSocket(
  actor: OpeningActor,
  url: string,
  onOpen: OnOpen,
  options: OpenOptions,
): void {
  const reach = new Reach((fact) => actor.send(fact));
  try {
    const misuse = misuseOfUrl(url) ?? misuseOfHeaders(options.ws?.headers);
    if (misuse !== undefined) {
      actor.send({ type: 'socket.failed', failure: misuse });
      return;
    }
    bind(actor, connect(url, options, reach), onOpen, reach);
  } catch (error) {
    reach.stop();
    actor.send({ type: 'socket.failed', failure: refusalByWs(error) });
  }
}

function connect(url: string, options: OpenOptions, reach: Reach): WebSocket {
  const { closeTimeout, subprotocols = [], ws } = options;
  return new WebSocket(url, subprotocols, {
    ...wsOptions(closeTimeout ?? serverDefaults.closeTimeout),
    maxPayload: MAX_PAYLOAD,
    // Typed as that of `net`; a request hands over a callback, and waits for it.
    createConnection: reach.connect as never,
    ...ws,
    finishRequest: (request, socket) => finish(request, socket, ws?.finishRequest),
    headers: { ...ANNOUNCEMENT, ...ws?.headers },
  });
}

/**
 * Sends a request, as the caller does it or plainly. ws would pass on what is thrown here, and keep a
 * socket that nobody listens to. So the error comes later, to the listeners of the opening.
 */
function finish(
  request: ClientRequest,
  ws: WebSocket,
  send: ClientOptions['finishRequest'] = () => request.end(),
): void {
  try {
    send(request, ws);
  } catch (error) {
    process.nextTick(() => {
      request.emit('error', new OptionError(error));
      request.destroy();
    });
  }
}

/** Wires an opening to its socket, both ways. */
function bind(actor: OpeningActor, ws: WebSocket, onOpen: OnOpen, reach: Reach): void {
  const handshake = new Handshake(ws);
  let error: Error | undefined;
  let isOver = false;
  let isHandedOver = false;
  const tell = (fact: OpeningFact): void => {
    if (!isOver) actor.send(fact);
  };
  const onError = (reported: Error): void => {
    error = reported;
  };
  const onClose = (): void => {
    reach.stop();
    tell({ type: 'socket.failed', failure: handshake.failureOf(error) });
  };
  ws.on('error', onError).on('close', onClose);
  ws.once('open', () => {
    tell({ type: 'socket.opened', subprotocol: ws.protocol });
    // Only now have all listeners heard that the opening is over.
    if (isHandedOver) onOpen(ws, handshake.answer as IncomingMessage);
  });
  actor.on('*', (emitted) => {
    switch (emitted.type) {
      case 'opening.ended':
        isOver = true;
        break;
      case 'socket.handOver':
        ws.off('error', onError).off('close', onClose);
        isHandedOver = true;
        break;
      case 'socket.terminate':
        ws.terminate();
        break;
      default:
    }
  });
}
