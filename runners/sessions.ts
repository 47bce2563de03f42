/**
 * The sessions of a server, until their sockets are gone.
 *
 * Rule 1. A session stays until its socket is gone: a peer may keep the connection after the session.
 * Rule 2. A session costs one map entry and no object: thousands are idle at a time.
 */
import type { WebSocket } from 'ws';
import type { Waiting } from './readers.js';

/** A connection that a server serves. */
export interface Served extends Waiting {
  /** Asks it to end. */
  requestStop(): void;
  /** Tells that it is cut, `ms` after the stop; returns whether it had not ended by itself. */
  cut(ms: number): boolean;
}

export class Sessions {
  readonly #sessions = new Map<WebSocket, Served>();
  readonly #waiting: (() => void)[] = [];
  #hasCut = false;
  /** One listener for all sockets. */
  readonly #onClose: (this: WebSocket) => void;

  constructor() {
    const remove = (ws: WebSocket): void => this.#remove(ws);
    this.#onClose = function () {
      remove(this);
    };
  }

  /** Adds a session that is bound to its socket. */
  add(ws: WebSocket, served: Served): void {
    this.#sessions.set(ws, served);
    ws.on('close', this.#onClose);
  }

  /** Goes through the sessions. */
  [Symbol.iterator](): Iterator<Served> {
    return this.#sessions.values();
  }

  /** Asks every session to end. */
  requestStops(): void {
    for (const report of this.#sessions.values()) report.requestStop();
  }

  /**
   * Resolves once every socket is gone, with whether all sessions ended by themselves; cuts the sockets
   * that are left after `ms`.
   */
  gone(ms: number): Promise<boolean> {
    if (this.#sessions.size === 0) return Promise.resolve(!this.#hasCut);
    const deadline = setTimeout(() => this.#cut(ms), ms);
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        clearTimeout(deadline);
        resolve(!this.#hasCut);
      });
    });
  }

  #cut(ms: number): void {
    for (const [ws, report] of this.#sessions) {
      if (report.cut(ms)) this.#hasCut = true;
      ws.terminate();
    }
  }

  #remove(ws: WebSocket): void {
    this.#sessions.delete(ws);
    if (this.#sessions.size > 0) return;
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
