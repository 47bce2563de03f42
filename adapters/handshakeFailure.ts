/**
 * Follows an opening handshake, and explains why the connection never opened.
 *
 * Rule 1. An explanation names exactly what was missing or wrong, and quotes the headers that say who
 *         answered. Each cause has its own remedy.
 * Rule 2. Text from outside is quoted, and cut.
 * Rule 3. Each kind of failure has its file: `connectionFailure.ts` (no answer came), `tlsFailure.ts`,
 *         `unexpectedStatus.ts` and `wrongUpgrade.ts` (status 101).
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Failure } from '../machines/index.js';
import { connectionFailure } from './connectionFailure.js';
import { unexpectedStatusOf } from './unexpectedStatus.js';
import { wrongUpgradeOf } from './wrongUpgrade.js';

/** The most bytes that are read of an answer's body. */
const BODY_BYTES = 1_024;

/** How long a body may fall silent before the answer is explained without it, in ms. */
const BODY_PATIENCE_MS = 1_000;

/** Follows the opening handshake of a socket, to explain how it failed. */
export class Handshake {
  #answer: IncomingMessage | undefined;
  #body = '';

  /** Listens to a socket that is being opened. */
  constructor(ws: WebSocket) {
    ws.once('upgrade', (answer) => {
      this.#answer = answer;
    });
    ws.once('unexpected-response', (_, answer) => {
      this.#answer = answer;
      this.#readBody(answer, () => ws.terminate());
    });
  }

  /** Explains the failure; `error` is what ws told. */
  failureOf(error: Error): Failure {
    const answer = this.#answer;
    if (answer === undefined) return connectionFailure(error);
    const explanation =
      answer.statusCode === 101
        ? wrongUpgradeOf(answer, error)
        : unexpectedStatusOf(answer, firstLineOf(this.#body));
    return { blame: 'remote', code: 'ERR_HANDSHAKE', ...explanation };
  }

  /** Reads the body up to its first line, its end, `BODY_BYTES` or a silence; then calls `done`. */
  #readBody(answer: IncomingMessage, done: () => void): void {
    answer.setEncoding('utf8');
    answer.setTimeout(BODY_PATIENCE_MS, done);
    answer.on('data', (chunk: string) => {
      this.#body = (this.#body + chunk).slice(0, BODY_BYTES);
      if (firstLineOf(this.#body) !== '' || this.#body.length === BODY_BYTES) done();
    });
    for (const event of ['end', 'error', 'close']) answer.on(event, done);
  }
}

function firstLineOf(body: string): string {
  return body.trimStart().replace(/[\r\n].*/s, '');
}
