/**
 * Decides about every request that reaches a listener. A request becomes a session, or it gets an answer
 * that closes its connection.
 *
 * Rule 1. Every answer but 101 closes its connection. Later requests on that connection are ignored,
 *         even in the same segment.
 * Rule 2. The sender of a request that is turned away learns why, and so does `onTurnedAway`.
 * Rule 3. While the listener drains, it takes no new session, and its health checks get 503.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { addressOf } from './address.js';
import { DRAINING, type Hindrance, RETRY_AFTER, tooMany, unavailable } from './hindrance.js';
import { type Answer, answerOn, respond } from './httpAnswer.js';
import {
  type Flaw,
  foreignOrigin,
  handshakeFlawOf,
  isHandshake,
  otherFlaw,
  plainFlawOf,
} from './requestFlaw.js';
import { unreadableFlawOf } from './unreadableRequest.js';
import { pathOf, type Visitor, visitorOf } from './visitor.js';

/** A request that was turned away: who sent it, what was wrong, and the status that it got. */
export interface Refusal extends Visitor, Flaw {}

/** What decides about requests. */
export interface AdmissionOptions {
  /** The most connections served at a time. Further requests get 503. */
  maxSessions?: number;
  /** The origins that browsers may come from, such as `https://app.example`; any by default. */
  allowOrigins?: readonly string[];
  /** How long a connection may take to finish its handshake, in ms; it has a 16th more at most. */
  connectTimeout: number;
  /** The path where GET and HEAD get 200, and 503 while the listener drains; none by default. */
  healthPath?: string;
  /** Called before each session; returns why it cannot be served now, if so. */
  hindrance?(): Hindrance | undefined;
  /** Called with each open socket, in the tick in which it opened. */
  onConnection(ws: WebSocket, request: IncomingMessage): void;
  /** Called with each request that was turned away. */
  onTurnedAway?(refusal: Refusal): void;
}

export class Admission {
  isDraining = false;
  readonly #webSockets: WebSocketServer;
  readonly #options: AdmissionOptions;
  /** The connections that have had their one answer. */
  readonly #answered = new WeakSet<Duplex>();

  constructor(webSockets: WebSocketServer, options: AdmissionOptions) {
    this.#webSockets = webSockets;
    this.#options = options;
    webSockets.on('wsClientError', (error, socket, request) => {
      this.#refuse(socket, request, otherFlaw(error.message));
    });
  }

  /** Decides about every request that reaches this server. */
  attach(http: Server): void {
    const onRequest: RequestListener = (request, response) => this.#request(request, response);
    http.on('request', onRequest);
    // Without these two listeners Node answers by itself, and keeps the connection.
    http.on('checkContinue', onRequest);
    http.on('checkExpectation', onRequest);
    http.on('connect', (request, socket) => {
      if (this.#isFirst(socket)) this.#refuse(socket, request, plainFlawOf(request));
    });
    http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    http.on('clientError', (error, socket) => this.#fail(error, socket));
  }

  #isFirst(socket: Duplex): boolean {
    return !this.#answered.has(socket);
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isFirst(request.socket)) return;
    this.#answered.add(request.socket);
    if (this.#isHealthCheck(request)) {
      respond(response, this.#health());
      return;
    }
    const flaw = plainFlawOf(request);
    respond(response, answerOf(flaw));
    this.#tell(visitorOf(request), flaw);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#isFirst(socket)) return;
    if (this.#isHealthCheck(request)) {
      this.#answer(socket, this.#health(), request.method);
      return;
    }
    const flaw = handshakeFlawOf(request) ?? this.#objectionTo(request);
    if (flaw !== undefined) this.#refuse(socket, request, flaw);
    else this.#webSockets.handleUpgrade(request, socket, head, this.#options.onConnection);
  }

  /** Answers where Node could not read a request or gave it up. */
  #fail(error: Error, socket: Duplex): void {
    if (!this.#isFirst(socket)) return;
    const flaw = unreadableFlawOf(error, this.#options.connectTimeout);
    if (flaw === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#answer(socket, answerOf(flaw));
    this.#tell({ peer: addressOf(socket as Socket) }, flaw);
  }

  /** Whether a request is a health check: a plain one. A client may well dial the same path. */
  #isHealthCheck({ method, url = '', headers }: IncomingMessage): boolean {
    if (pathOf(url) !== this.#options.healthPath || isHandshake(headers)) return false;
    return method === 'GET' || method === 'HEAD';
  }

  #health(): Answer {
    if (this.isDraining) return { status: 503, headers: RETRY_AFTER, body: 'stopping\n' };
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, body: 'ok\n' };
  }

  /** Says why a handshake that is in order is turned away, if it is. */
  #objectionTo({ headers: { origin } }: IncomingMessage): Flaw | undefined {
    const { allowOrigins, maxSessions, hindrance } = this.#options;
    if (allowOrigins && origin && !isAllowed(origin, allowOrigins)) return foreignOrigin(origin);
    if (this.isDraining) return unavailable(DRAINING);
    if (maxSessions !== undefined && this.#webSockets.clients.size >= maxSessions) {
      return unavailable(tooMany(maxSessions));
    }
    const hindered = hindrance?.();
    return hindered && unavailable(hindered);
  }

  #refuse(socket: Duplex, request: IncomingMessage, flaw: Flaw): void {
    this.#answer(socket, answerOf(flaw), request.method);
    this.#tell(visitorOf(request), flaw);
  }

  #answer(socket: Duplex, answer: Answer, method?: string): void {
    this.#answered.add(socket);
    answerOn(socket, answer, method);
  }

  #tell(visitor: Visitor, flaw: Flaw): void {
    this.#options.onTurnedAway?.({ ...visitor, ...flaw });
  }
}

/** The answer to a flaw. The body leaves the remedy out: that is for whoever runs the server. */
function answerOf({ status, headers = {}, expected, came }: Flaw): Answer {
  return { status, headers, body: `This server expected ${expected}, but ${came}.\n` };
}

function isAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => one.toLowerCase() === origin.toLowerCase());
}
