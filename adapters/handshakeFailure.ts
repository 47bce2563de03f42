/**
 * Why a connection never opened, for somebody who has to mend it.
 *
 * Rule 1. It names exactly what was missing or wrong, and quotes the headers that say who answered.
 * Rule 2. Each cause has its own advice.
 * Rule 3. What came from outside is quoted, and cut.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { type Explanation, type Failure, type FailureCode, quote } from '../machines/index.js';
import { reasonOf } from './reason.js';
import { refusalOf } from './refusal.js';
import { tlsFailureOf } from './tlsFailure.js';

/** Bytes of the body of a refusal that are read, at most. */
const BODY_BYTES = 1_024;

/** How long a refusal's body may fall silent before it is told without, in ms. */
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
      WRONG_ANSWERS[error.message]?.(answer) ?? refusalOf(answer, firstLineOf(this.#body));
    return failure('remote', 'ERR_HANDSHAKE', explanation);
  }

  /** Reads the first line of a body, or what comes of it in time. */
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

/** What can be wrong with an answer 101, by the words of ws (8.23; tests pin them). */
const WRONG_ANSWERS: { [words: string]: (answer: IncomingMessage) => Explanation } = {
  'Invalid Upgrade header': ({ headers }) => ({
    expected: '"Upgrade: websocket" in the answer 101',
    came: `the header Upgrade was ${quote(String(headers.upgrade))}`,
    remedy: 'see whether something on the path drops or changes it',
  }),
  'Invalid Sec-WebSocket-Accept header': ({ headers }) => ({
    expected: "a Sec-WebSocket-Accept made from this request's key",
    came: headers['sec-websocket-accept'] === undefined ? 'there was none' : 'another came',
    remedy: "see whether something on the path answers in the server's place, or changes headers",
  }),
  'Server sent no subprotocol': () => ({
    expected: 'the server to choose one of the subprotocols offered',
    came: 'it is a WebSocket server that chose none of them',
    remedy: 'offer one that it speaks, or none',
    setting: 'subprotocols',
  }),
  'Server sent an invalid subprotocol': (answer) => ({
    expected: 'the server to choose one of the subprotocols offered',
    came: `it chose ${subprotocolOf(answer)}`,
    remedy: 'offer that one, or mend the server',
    setting: 'subprotocols',
  }),
  'Server sent a subprotocol but none was requested': (answer) => ({
    expected: 'no subprotocol, since none was offered',
    came: `the server chose ${subprotocolOf(answer)}`,
    remedy: 'offer that one, or mend the server',
    setting: 'subprotocols',
  }),
  'Server sent a Sec-WebSocket-Extensions header but no extension was requested': wrongExtension,
  'Server indicated an extension that was not requested': wrongExtension,
  'Invalid Sec-WebSocket-Extensions header': wrongExtension,
};

function subprotocolOf({ headers }: IncomingMessage): string {
  return quote(String(headers['sec-websocket-protocol']));
}

function wrongExtension({ headers }: IncomingMessage): Explanation {
  return {
    expected: 'no extension but those offered',
    came: `the server chose ${quote(String(headers['sec-websocket-extensions']))}`,
    remedy: 'mend the server, or see what on the path adds it',
  };
}

/** Explains a connection on which no answer came. */
export function connectionFailure(error: Error): Failure {
  const { code = '', syscall, rawPacket } = error as NodeJS.ErrnoException & { rawPacket?: Buffer };
  const because = `(${reasonOf(error)})`;
  if (error instanceof AggregateError || syscall === 'connect' || syscall === 'getaddrinfo') {
    return failure('transport', 'ERR_CONNECT', {
      expected: 'to reach the server',
      came: `could not ${because}`,
      remedy: UNREACHED[code] ?? 'check the address, and that the server runs',
    });
  }
  const tls = tlsFailureOf(error);
  if (tls !== undefined) return failure('transport', 'ERR_TLS', tls);
  if (code.startsWith('HPE_')) {
    return failure('remote', 'ERR_HANDSHAKE', wrongBytes(rawPacket ?? Buffer.alloc(0)));
  }
  if (code.startsWith('E')) {
    return failure('transport', 'ERR_TRANSPORT', {
      expected: 'an answer to the upgrade request',
      came: `the server was reached and the connection broke ${because}`,
      remedy:
        'see whether that port speaks TLS (wss://) or wants a certificate of the client, and what the path or the server has in its log',
    });
  }
  return failure('remote', 'ERR_HANDSHAKE', {
    expected: 'a WebSocket handshake',
    came: `got something else ${because}`,
    remedy: 'see whether the URL is that of a WebSocket service',
  });
}

/** What to do where a server cannot be reached, by the system's code. */
const UNREACHED: { [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there; check the address and port, and that the server runs',
  ENOTFOUND: 'no such name is known; check the name of the host',
  EAI_AGAIN: 'the name server does not answer; try again, and check the network',
  ETIMEDOUT: 'no answer came; check the address and what filters on the way',
  EHOSTUNREACH: 'no way leads there; check the address and the network',
  ENETUNREACH: 'no way leads there; check the address and the network',
  EMFILE: 'this process has no file descriptor left; raise its limit',
};

/** Explains bytes that are no HTTP, by what they begin with. */
function wrongBytes(bytes: Buffer): Explanation {
  const expected = 'an answer in HTTP to the upgrade request';
  // A TLS record: alert or handshake, version 3.x (RFC 8446, 5.1).
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) {
    return { expected, came: 'that port speaks TLS', remedy: 'use wss:// rather than ws://' };
  }
  // The first frame of a server in HTTP/2: SETTINGS on stream 0 (RFC 9113, 3.4).
  if (bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0) {
    return {
      expected,
      came: 'that port speaks HTTP/2 alone',
      remedy: 'use a port that takes HTTP/1.1 too',
    };
  }
  return {
    expected,
    came: `other bytes came, ${quote(bytes)}`,
    remedy: 'see whether the URL is that of a WebSocket service',
  };
}

function failure(blame: Failure['blame'], code: FailureCode, explanation: Explanation): Failure {
  return { blame, code, ...explanation };
}
