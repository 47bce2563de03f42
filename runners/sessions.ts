/**
 * The sessions of a server, until their sockets are gone.
 *
 * Rule 1. A session stays until its socket is gone: a peer may keep the connection after the session.
 * Rule 2. A session costs one map entry and no object: thousands are idle at a time.
 */
import type { WebSocket } from 'ws';
import type { Report } from './report.js';

export class Sessions {
  readonly #sessions = new Map<WebSocket, Report>();
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
  add(ws: WebSocket, report: Report): void {
    this.#sessions.set(ws, report);
    ws.on('close', this.#onClose);
  }

  /** Goes through the reports of the sessions. */
  [Symbol.iterator](): Iterator<Report> {
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
