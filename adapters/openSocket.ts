/**
 * Opens a socket with `ws` for an opening, and hands it over.
 *
 * Rule 1. Nothing is thrown. A bad URL and options that ws refuses become `socket.failed`.
 * Rule 2. The stages of the opening become `socket.attempted`, its success `socket.opened`, a redirect
 *         that can be followed `socket.redirected`.
 * Rule 3. A socket that is handed over has no listener of ours any more.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type OpeningFact, type SocketFailed, serverDefaults } from '../machines/index.js';
import { ANNOUNCEMENT } from './announcement.js';
import { Handshake } from './handshakeFailure.js';
import { MAX_PAYLOAD } from './limits.js';
import { misuseOfHeaders, misuseOfRoute, misuseOfUrl, OptionError, refusalByWs } from './misuse.js';
import type { OnOpen, OpenOptions } from './openOptions.js';
import { upgradeDetailsOf } from './phaseTimes.js';
import { type ForwardProxy, misuseOfProxy, proxyIn } from './proxyUrl.js';
import { Reach } from './reach.js';
import { followed, redirectOf } from './redirect.js';
import type { OpeningActor } from './sessionActor.js';
import { withoutSecrets } from './url.js';
import { wsOptions } from './wsOptions.js';

/** Dials this URL for an opening, and hands the socket to `onOpen`. */
export function openSocket(
  actor: OpeningActor,
  url: string,
  onOpen: OnOpen,
  options: OpenOptions,
): void {
  const dialling = new Dialling(actor, onOpen);
  actor.on('*', (emitted) => dialling.obey(emitted.type));
  dialling.dial(url, options);
}

/** The dials of one opening: one, and one more for each redirect that is followed. */
class Dialling {
  readonly #actor: OpeningActor;
  readonly #onOpen: OnOpen;
  #isOver = false;
  #reach: Reach | undefined;
  /** Carry out the commands, for the dial under way. */
  #drop: () => void = () => {};
  #handOver: () => void = () => {};
  #follow: () => void = () => {};

  constructor(actor: OpeningActor, onOpen: OnOpen) {
    this.#actor = actor;
    this.#onOpen = onOpen;
  }

  /** Dials a URL. It becomes a fact where this cannot be done. */
  dial(url: string, options: OpenOptions): void {
    try {
      const misuse =
        misuseOfUrl(url) ?? misuseOfRoute(url, options) ?? misuseOfHeaders(options.ws?.headers);
      if (misuse !== undefined) {
        this.#tell({ type: 'socket.failed', failure: misuse });
        return;
      }
      const named = typeof options.proxy === 'function' ? options.proxy(url) : options.proxy;
      const proxy = named === undefined ? undefined : proxyIn(named);
      if (named === undefined || proxy !== undefined) this.#connect(url, options, proxy);
      else this.#tell({ type: 'socket.failed', failure: misuseOfProxy(named) });
    } catch (error) {
      this.#reach?.stop();
      this.#tell({ type: 'socket.failed', failure: refusalByWs(error) });
    }
  }

  /** Does what an opening orders. */
  obey(type: string): void {
    if (type === 'opening.ended') this.#isOver = true;
    else if (type === 'socket.handOver') this.#handOver();
    else if (type === 'socket.terminate') this.#drop();
    else if (type === 'socket.follow') this.#follow();
  }

  #tell(fact: OpeningFact): void {
    if (!this.#isOver) this.#actor.send(fact);
  }

  #connect(url: string, options: OpenOptions, proxy: ForwardProxy | undefined): void {
    const { connectTo } = options;
    const reach = new Reach((fact) => this.#tell(fact), { proxy, connectTo });
    this.#reach = reach;
    const ws = webSocket(url, options, reach);
    const handshake = new Handshake(ws, (answer) => {
      reach.times.end('upgrade', upgradeDetailsOf(answer));
    });
    let error: Error | undefined;
    let isHandedOver = false;
    const onError = (reported: Error): void => {
      error = reported;
    };
    const onClose = (): void => {
      reach.stop();
      const failure = handshake.failureOf(error);
      this.#refused(handshake.answer, { failure, phases: reach.times.phases }, url, options);
    };
    ws.on('error', onError).on('close', onClose);
    ws.once('open', () => {
      const { phases } = reach.times;
      this.#tell({ type: 'socket.opened', subprotocol: ws.protocol, phases });
      // Only now have all listeners heard that the opening is over.
      if (isHandedOver) this.#onOpen(ws, handshake.answer as IncomingMessage);
    });
    this.#drop = () => ws.terminate();
    this.#handOver = () => {
      ws.off('error', onError).off('close', onClose);
      isHandedOver = true;
    };
  }

  /** Tells a redirect or a failure. */
  #refused(
    answer: IncomingMessage | undefined,
    refusal: Omit<SocketFailed, 'type'>,
    url: string,
    options: OpenOptions,
  ): void {
    const from = new URL(url);
    const to = redirectOf(answer, from);
    if (to === undefined) {
      this.#tell({ type: 'socket.failed', ...refusal });
      return;
    }
    this.#follow = () => {
      const next = followed(from, to, options);
      this.dial(next.url.href, next.options);
    };
    const status = answer?.statusCode ?? 0;
    this.#tell({ type: 'socket.redirected', status, to: withoutSecrets(to.href), ...refusal });
  }
}

function webSocket(url: string, options: OpenOptions, reach: Reach): WebSocket {
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
