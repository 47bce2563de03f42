/**
 * Explains an answer 101 that opens no WebSocket (RFC 6455, 4.1): a header is missing or wrong. Answers
 * with another status are explained in `unexpectedStatus.ts`.
 */
import type { IncomingMessage } from 'node:http';
import { type Explanation, quote } from '../machines/index.js';

/** Explains what was wrong with an answer 101; `error` is that of ws. */
export function wrongUpgradeOf(answer: IncomingMessage, error: Error): Explanation {
  return (REFUSED_BY_WS[error.message] ?? notAnUpgrade)(answer);
}

/** Node takes an answer 101 for an upgrade only if it has both headers. */
function notAnUpgrade({ headers: { upgrade, connection } }: IncomingMessage): Explanation {
  const isConnected = /(?:^|,) *upgrade *(?:,|$)/i.test(connection ?? '');
  if (upgrade === undefined && !isConnected && connection === undefined) {
    return {
      expected: '"Upgrade: websocket" and "Connection: Upgrade" in the answer 101',
      came: 'the headers Upgrade and Connection were missing',
      remedy: 'something on the path drops both headers of the answer',
    };
  }
  if (upgrade === undefined) return wrongHeader('Upgrade', 'websocket', upgrade);
  return wrongHeader('Connection', 'Upgrade', connection);
}

function wrongHeader(name: string, expected: string, value: string | undefined): Explanation {
  const isMissing = value === undefined;
  return {
    expected: `"${name}: ${expected}" in the answer 101`,
    came: `the header ${name} was ${isMissing ? 'missing' : quote(value)}`,
    remedy: `something on the path ${isMissing ? 'drops' : 'changes'} the header ${name} of the answer`,
  };
}

/** What ws finds wrong, by its words (ws 8.23; tests pin them). */
const REFUSED_BY_WS: { [words: string]: (answer: IncomingMessage) => Explanation } = {
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
