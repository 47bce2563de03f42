/**
 * The URL of a proxy: which protocols are known, and what may be shown of it.
 *
 * Rule 1. Credentials never leave this file but in `auth`: `shown` has none.
 */
import { type Failure, quote } from '../machines/index.js';
import { withoutSecrets } from './url.js';

/** A proxy. */
export interface ForwardProxy {
  /** HTTP CONNECT, the same over TLS, or SOCKS5 (RFC 1928). */
  kind: 'http' | 'https' | 'socks5';
  host: string;
  port: number;
  /** The user and the password, '' each where the URL has none. */
  auth: { user: string; password: string };
  /** The URL without credentials. */
  shown: string;
}

/** The kinds by the protocols of URLs; the name of the server is always looked up by the proxy. */
const KINDS: { [protocol: string]: ForwardProxy['kind'] } = {
  'http:': 'http',
  'https:': 'https',
  'socks:': 'socks5',
  'socks5:': 'socks5',
  'socks5h:': 'socks5',
};

const PORTS = { http: 80, https: 443, socks5: 1080 };

/** Reads the URL of a proxy; undefined for any other. */
export function proxyIn(text: string): ForwardProxy | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = KINDS[url?.protocol ?? ''];
  if (url === undefined || kind === undefined || url.hostname === '') return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? PORTS[kind] : Number(url.port);
  const auth = { user: decoded(url.username), password: decoded(url.password) };
  return { kind, host, port, auth, shown: `${url.protocol}//${url.hostname}:${port}` };
}

/** Explains a URL that is none of a proxy. */
export function misuseOfProxy(text: string): Failure {
  return {
    blame: 'local',
    code: 'ERR_MISUSE',
    expected: 'the URL of a proxy, such as http://host:port or socks5://host:port',
    came: `got ${quote(withoutSecrets(text), 200)}`,
    remedy: 'mend it, here or in the variable of the environment that has it',
    setting: 'proxy',
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
