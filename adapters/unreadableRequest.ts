/**
 * Explains requests that Node could not read or gave up, by the error and by the first bytes. Other
 * protocols are recognised by how they begin.
 */
import type { Flaw } from './requestFlaw.js';

/** Says what is wrong where Node could not read a request; undefined if the peer just left. */
export function unreadableFlawOf(error: Error, connectTimeout: number): Flaw | undefined {
  const { code = '', rawPacket } = error as Error & { code?: string; rawPacket?: Buffer };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      code: 'ERR_REQUEST_TIMEOUT',
      status: 408,
      expected: `a whole request within ${connectTimeout} ms`,
      came: 'it did not come',
      remedy: 'see what the client or the path holds back, or wait longer',
      setting: 'connectTimeout',
    };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      code: 'ERR_HEADERS_TOO_LARGE',
      status: 431,
      expected: 'headers of 16 KiB at most',
      came: 'more came',
      remedy: 'send fewer, or smaller cookies',
    };
  }
  if (!code.startsWith('HPE_')) return undefined;
  const [came, remedy] = otherProtocolOf(rawPacket) ?? [
    code === 'HPE_INVALID_EOF_STATE'
      ? 'the stream ended inside it'
      : `other bytes came (${error.message.replace('Parse Error: ', '')})`,
    'see what dials this port, and what the path does to it',
  ];
  return { code: 'ERR_MALFORMED', status: 400, expected: 'a request in HTTP/1.1', came, remedy };
}

/** How other protocols begin, and what to say and do about them. */
const OTHER_PROTOCOLS: readonly (readonly [start: string, came: string, remedy: string])[] = [
  ['\x16\x03', 'TLS came', 'dial ws:// rather than wss://, or end TLS before this server'],
  ['PRI * HTTP/2', 'HTTP/2 came', 'have the proxy speak HTTP/1.1 to this server'],
  ['PROXY ', 'the PROXY protocol came', 'switch it off in the proxy'],
  ['\r\n\r\n\0\r\nQUIT\n', 'the PROXY protocol came', 'switch it off in the proxy'],
];

function otherProtocolOf(bytes: Buffer | undefined): [came: string, remedy: string] | undefined {
  const start = bytes?.toString('latin1', 0, 16) ?? '';
  const [, came, remedy] = OTHER_PROTOCOLS.find(([one]) => start.startsWith(one)) ?? [];
  return came === undefined || remedy === undefined ? undefined : [came, remedy];
}
