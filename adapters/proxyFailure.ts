/**
 * Explains what a proxy did to an opening: the proxy was not reached, refused the tunnel, or is none.
 *
 * Rule 1. The proxy is named in each explanation, without credentials.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { type Explanation, type Failure, quote } from '../machines/index.js';
import type { ForwardProxy } from './proxyUrl.js';
import { reasonOf } from './reason.js';
import { sendersIn, titleOf } from './senders.js';
import { tlsFailureOf } from './tlsFailure.js';

/** An error that is the proxy's. */
export class ProxyError extends Error {
  readonly failure: Failure;

  constructor(explanation: Explanation) {
    super(explanation.came);
    this.failure = { blame: 'transport', code: 'ERR_PROXY', setting: 'proxy', ...explanation };
  }
}

const NOT_REACHED: { [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there; check the address and port of the proxy, and that it runs',
  ENOTFOUND: "no such name is known; check the name of the proxy's host",
};

/** Explains a proxy that could not be reached. */
export function proxyNotReached({ shown }: ForwardProxy, error: Error): ProxyError {
  const code = 'code' in error ? String(error.code) : '';
  const remedy = NOT_REACHED[code] ?? 'check the address of the proxy, and that it runs';
  const expected = `to reach the proxy ${shown}`;
  const tls = tlsFailureOf(error);
  if (tls !== undefined) return new ProxyError({ ...tls, expected });
  return new ProxyError({ expected, came: `could not (${reasonOf(error)})`, remedy });
}

const UNREACHED =
  'the proxy is there and cannot reach the server; check the host and port of the URL';

/** The remedies for a proxy's answers to CONNECT, by status (RFC 9110, 9.3.6 and 15). */
const ADVICE: { [status: number]: string } = {
  400: 'see whether that is a forward proxy, and which hosts and ports it allows',
  401: 'that is a server rather than a proxy; check the URL of the proxy',
  403: 'have the proxy allow CONNECT to this host and port',
  404: 'that is a server rather than a proxy; check the URL of the proxy',
  405: 'that is a server rather than a proxy, or one that allows no CONNECT; check its URL',
  407: 'give it the right credentials, as in http://user:password@host:port',
  500: "see the proxy's log",
  501: 'that is a server rather than a proxy; check the URL of the proxy',
  502: UNREACHED,
  503: 'the proxy is there and cannot reach the server, or is full; check the host and port of the URL',
  504: 'the proxy is there and waited for the server in vain; see what holds the server up',
};

/** Explains a proxy's refusal of a tunnel to `target`. */
export function tunnelRefused(
  { shown }: ForwardProxy,
  target: string,
  { statusCode = 0, headers }: IncomingMessage,
): ProxyError {
  const name = STATUS_CODES[statusCode];
  const asked = headers['proxy-authenticate'];
  const squid = headers['x-squid-error'];
  const parts = [
    `it answered ${statusCode}${name === undefined ? '' : ` (${name})`}`,
    ...(asked === undefined ? [] : [`Proxy-Authenticate ${quote(String(asked), 200)}`]),
    ...(squid === undefined ? [] : [`X-Squid-Error ${quote(String(squid), 200)}`]),
    ...Object.entries(sendersIn(headers)).map(
      ([header, value]) => `${titleOf(header)} ${quote(value)}`,
    ),
  ];
  return new ProxyError({
    expected: `the proxy ${shown} to open a tunnel to ${target}`,
    came: parts.join(', '),
    remedy: ADVICE[statusCode] ?? "see the proxy's log",
    detail: `PROXY_STATUS_${statusCode}`,
  });
}

/** The remedies for a SOCKS proxy, by the words of `socks` 2.8. */
const SOCKS_ADVICE: [words: RegExp, remedy: string][] = [
  [/auth/i, 'give it the right credentials, as in socks5://user:password@host:port'],
  [/NotAllowed/, 'have the proxy allow this host and port'],
  [/HostUnreachable|NetworkUnreachable|ConnectionRefused|TTLExpired|Failure/, UNREACHED],
  [/version|invalid/i, 'that port does not speak SOCKS5; check the URL of the proxy'],
];

/** Explains a tunnel to `target` that broke, or that a SOCKS proxy refused. */
export function tunnelBroken(
  { shown, kind }: ForwardProxy,
  target: string,
  error: Error,
): ProxyError {
  const expected = `the proxy ${shown} to open a tunnel to ${target}`;
  const because = `(${reasonOf(error)})`;
  const advice =
    kind === 'socks5' ? SOCKS_ADVICE.find(([words]) => words.test(error.message)) : undefined;
  if (advice !== undefined) {
    return new ProxyError({ expected, came: `it did not ${because}`, remedy: advice[1] });
  }
  const isNoHttp = 'code' in error && String(error.code).startsWith('HPE_');
  return new ProxyError({
    expected,
    came: isNoHttp ? `it answered something else than HTTP ${because}` : `it broke ${because}`,
    remedy: 'see whether that port is a proxy of this kind, and what it has in its log',
  });
}
