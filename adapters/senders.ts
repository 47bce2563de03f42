/** The headers of an answer that say who answered: the server, and the proxies before it. */
import type { IncomingHttpHeaders } from 'node:http';
import { withoutSecretsIn } from './url.js';

/** Their names: those of RFC 9110 (7.6.3, 10.2.4), and those of well-known products. */
const SENDERS = [
  'server',
  'via',
  'x-powered-by',
  'x-served-by',
  'x-cache',
  'cf-ray',
  'x-amz-cf-id',
  'x-amzn-trace-id',
  'x-azure-ref',
  'x-envoy-upstream-service-time',
  'fly-request-id',
];

/** The most characters of a header. */
const LONGEST = 200;

/** Returns the headers that say who answered, without secrets, and cut. */
export function sendersIn(headers: IncomingHttpHeaders): { [name: string]: string } {
  const found = SENDERS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, withoutSecretsIn(String(value)).slice(0, LONGEST)]];
  });
  return Object.fromEntries(found);
}

/** The name of a header as people write it: `Retry-After` for `retry-after`. */
export function titleOf(header: string): string {
  if (header === 'www-authenticate') return 'WWW-Authenticate';
  return header
    .split('-')
    .map((word) =>
      word === 'websocket' ? 'WebSocket' : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join('-');
}
