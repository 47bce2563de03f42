/**
 * Opens the socket of a client session with `ws`, and binds the session to it.
 *
 * Rule 1. Nothing is thrown. A bad URL and options that ws refuses become `socket.failed`.
 * Rule 2. The stages of the opening become `socket.attempted`, its success `socket.opened`. The
 *         binding tells everything else.
 */
import type { ClientRequest } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type ClientFact, clientDefaults } from '../machines/index.js';
import { ANNOUNCEMENT, sendsCloseFrame } from './announcement.js';
import { Binding } from './binding.js';
import { MAX_PAYLOAD } from './limits.js';
import { misuseOfHeaders, misuseOfUrl, OptionError, refusalByWs } from './misuse.js';
import { Reach } from './reach.js';
import type { SessionActor } from './sessionActor.js';
import { wsOptions } from './wsOptions.js';

/** The options of a socket that is opened. */
export interface OpenOptions {
  /** The `closeTimeout` of the session, in ms. */
  closeTimeout?: number | undefined;
  subprotocols?: string[] | undefined;
  /** Options of ws: they win over the session's own, except that its header is added to theirs. */
  ws?: ClientOptions | undefined;
}

/** Dials this URL for a session. */
export function openSocket(
  actor: SessionActor<ClientFact>,
  url: string,
  options: OpenOptions,
): void {
  const reach = new Reach((fact) => actor.send(fact));
  try {
    const misuse = misuseOfUrl(url) ?? misuseOfHeaders(options.ws?.headers);
    if (misuse !== undefined) {
      actor.send({ type: 'socket.failed', failure: misuse });
      return;
    }
    const ws = connect(url, options, reach);
    tellOpening(actor, ws, new Binding(actor, ws));
    ws.once('close', () => reach.stop());
  } catch (error) {
    reach.stop();
    actor.send({ type: 'socket.failed', failure: refusalByWs(error) });
  }
}

function connect(url: string, options: OpenOptions, reach: Reach): WebSocket {
  const { closeTimeout, subprotocols = [], ws } = options;
  return new WebSocket(url, subprotocols, {
    ...wsOptions(closeTimeout ?? clientDefaults.closeTimeout),
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
 * socket that nobody listens to. So the error comes later, to the listeners of the session.
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

function tellOpening(actor: SessionActor<ClientFact>, ws: WebSocket, binding: Binding): void {
  let isAnnounced = false;
  ws.once('upgrade', ({ headers }) => {
    isAnnounced = sendsCloseFrame(headers);
  });
  ws.once('open', () => {
    // ws drops a pause() made while connecting.
    binding.backPressure.adjust();
    const { protocol: subprotocol } = ws;
    actor.send({ type: 'socket.opened', subprotocol, sendsCloseFrame: isAnnounced });
  });
}
