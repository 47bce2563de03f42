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

/** The most characters that are read of an answer's body. */
const BODY_LENGTH = 4_096;

/** How long a body may take before the answer is explained with what has come of it, in ms. */
const BODY_PATIENCE_MS = 1_000;

/** Follows the opening handshake of a socket, to explain how it failed. */
export class Handshake {
  /** The answer of the server, once it has come. */
  answer: IncomingMessage | undefined;
  #body = '';

  /** Listens to a socket that is being opened; `onAnswer` is called when the server has answered. */
  constructor(ws: WebSocket, onAnswer: (answer: IncomingMessage) => void = () => {}) {
    ws.once('upgrade', (answer) => {
      this.answer = answer;
      onAnswer(answer);
    });
    ws.once('unexpected-response', (_, answer) => {
      this.answer = answer;
      onAnswer(answer);
      this.#readBody(answer, () => ws.terminate());
    });
  }

  /** Explains the failure; `error` is what ws told, if anything. */
  failureOf(error = new Error('the handshake was broken off')): Failure {
    const answer = this.answer;
    if (answer === undefined) return connectionFailure(error);
    const explanation =
      answer.statusCode === 101
        ? wrongUpgradeOf(answer, error)
        : unexpectedStatusOf(answer, gistOf(this.#body).gist);
    return { blame: 'remote', code: 'ERR_HANDSHAKE', ...explanation };
  }

  /** Reads the body up to its gist, its end, `BODY_LENGTH` or the end of patience; then calls `done`. */
  #readBody(answer: IncomingMessage, done: () => void): void {
    const timer = setTimeout(done, BODY_PATIENCE_MS);
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => {
      this.#body = (this.#body + chunk).slice(0, BODY_LENGTH);
      if (gistOf(this.#body).isWhole || this.#body.length === BODY_LENGTH) done();
    });
    for (const event of ['end', 'error', 'close']) answer.on(event, done);
    answer.once('close', () => clearTimeout(timer));
  }
}

/** Returns the title of a page, or the first line of another body; and whether all of it has come. */
function gistOf(body: string): { gist: string; isWhole: boolean } {
  const text = body.trimStart();
  const [line = '', ...rest] = text.split(/[\r\n]/, 2);
  if (!text.startsWith('<')) return { gist: line, isWhole: line !== '' && rest.length > 0 };
  const title = /<title[^<>]*>([^<]*)<\/title/i.exec(text)?.[1]?.trim().replace(/\s+/g, ' ') ?? '';
  return title === '' ? { gist: line, isWhole: false } : { gist: title, isWhole: true };
}
