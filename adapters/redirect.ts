/**
 * Redirects of the opening handshake: where one leads, and what goes along.
 *
 * Rule 1. Only `ws:` and `wss:` are followed, and their names in HTTP. A server must not lead anybody to
 *         a Unix socket.
 * Rule 2. Credentials stay with the host that they were given for, and with TLS: to another host, or
 *         from `wss:` to `ws:`, go neither headers nor a certificate of the client.
 */
import type { IncomingMessage } from 'node:http';
import type { OpenOptions } from './openOptions.js';

const STATUSES = new Set([301, 302, 303, 307, 308]);

const PROTOCOLS: { [protocol: string]: string } = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/** Returns where an answer leads from `url`; undefined for an answer that cannot be followed. */
export function redirectOf(answer: IncomingMessage | undefined, url: URL): URL | undefined {
  const location = answer?.headers.location;
  if (location === undefined || !STATUSES.has(answer?.statusCode ?? 0)) return undefined;
  if (!URL.canParse(location, url.href)) return undefined;
  const to = new URL(location, url);
  const protocol = PROTOCOLS[to.protocol];
  if (protocol === undefined || url.protocol === 'ws+unix:') return undefined;
  to.protocol = protocol;
  to.hash = '';
  return to;
}

/** Whether credentials for `from` may be sent to `to`. */
function isTrusted(from: URL, to: URL): boolean {
  return from.host === to.host && (from.protocol === to.protocol || to.protocol === 'wss:');
}

/** Returns the URL and the options with which a redirect is followed. */
export function followed(
  from: URL,
  to: URL,
  options: OpenOptions,
): { url: URL; options: OpenOptions } {
  const url = new URL(to);
  const { connectTo, ws, ...others } = options;
  const isSameServer = from.host === to.host && from.protocol === to.protocol;
  const kept = { ...others, ...(isSameServer && { connectTo }) };
  if (!isTrusted(from, to)) return { url, options: { ...kept, ws: withoutCredentials(ws) } };
  if (url.username === '' && url.password === '') {
    url.username = from.username;
    url.password = from.password;
  }
  return { url, options: { ...kept, ws } };
}

/** The options of ws that hold credentials, or belong to the first host; `finishRequest` may set headers. */
const CREDENTIALS = new Set([
  'headers',
  'finishRequest',
  'auth',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'servername',
]);

function withoutCredentials(ws: OpenOptions['ws'] = {}): OpenOptions['ws'] {
  return Object.fromEntries(Object.entries(ws).filter(([name]) => !CREDENTIALS.has(name)));
}
