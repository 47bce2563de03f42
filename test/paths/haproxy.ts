/**
 * Paths through HAProxy, with configurations as people have them. Each says in a line what is right or
 * wrong in it. Times are shorter than people's, so that a test need not wait.
 */
import { makeAuthority, makeCertificate } from './certificates.js';
import type { EntryPoint, Path, PathFigures } from './path.js';
import { REFUSING_PORT } from './ports.js';
import { type Place, startProduct } from './startProduct.js';

/** What differs from a configuration that is right. */
interface Parts {
  global?: string;
  /** Lines of `defaults`. */
  defaults?: string;
  mode?: 'http' | 'tcp';
  /** What stands behind the address of `bind`. */
  bind?: string;
  /** The port of the server, in place of the far end's. */
  farPort?: number;
}

const RIGHT = 'timeout client 30s\n  timeout server 30s\n  timeout tunnel 1h';

const configOf = ({ port }: Place, farPort: number, parts: Parts): string => `global
  maxconn 64
  ${parts.global ?? ''}
defaults
  mode ${parts.mode ?? 'http'}
  timeout connect 1s
  ${parts.defaults ?? RIGHT}
frontend front
  bind 127.0.0.1:${port} ${parts.bind ?? ''}
  default_backend back
backend back
  server one 127.0.0.1:${parts.farPort ?? farPort}
`;

function haproxy(
  name: string,
  parts: Parts | ((place: Place) => Parts),
  figures: PathFigures = {},
  enter: (place: Place) => Partial<EntryPoint> = () => ({}),
): Path {
  return {
    name: `HAProxy ${name}`,
    by: 'haproxy',
    figures,
    open: async (farPort, context) => {
      const write = (place: Place): string =>
        configOf(place, farPort, typeof parts === 'function' ? parts(place) : parts);
      const product = await startProduct(context, 'haproxy', write);
      return product.enteredBy(enter(product.place));
    },
  };
}

/** HAProxy that ends TLS, with these protocols in ALPN. */
const tls = (name: string, bind: string): Path =>
  haproxy(
    name,
    ({ folder }) => {
      makeAuthority(folder);
      return { bind: `ssl crt ${makeCertificate(folder, { name: 'localhost' })} ${bind}` };
    },
    {},
    ({ port, folder }) => ({ url: `wss://localhost:${port}/`, ca: `${folder}/ca.pem` }),
  );

const IDLE = { idleMs: 1_000 };
const HALF_CLOSED = { halfClosedMs: 700 };
const DRAIN = { lifetimeMs: 1_000 };

export const haproxyPaths = {
  // Right: a connection that was upgraded has a timeout of its own.
  right: haproxy('with a long timeout tunnel', {}),
  // Wrong for quiet connections: the tunnel has the timeout of a request.
  tunnelTimeout: haproxy(
    'with a timeout tunnel',
    { defaults: `timeout client 30s\n  timeout server 30s\n  timeout tunnel ${IDLE.idleMs}ms` },
    IDLE,
  ),
  // Wrong for quiet connections: without "timeout tunnel", those of client and server hold.
  withoutTunnelTimeout: haproxy(
    'without a timeout tunnel',
    { defaults: `timeout client ${IDLE.idleMs}ms\n  timeout server ${IDLE.idleMs}ms` },
    IDLE,
  ),
  // Right, though in mode http the server is free at once: its FIN ends both of its ways.
  clientFin: haproxy(
    'with a timeout client-fin',
    { defaults: `${RIGHT}\n  timeout client-fin ${HALF_CLOSED.halfClosedMs}ms` },
    HALF_CLOSED,
  ),
  // Right: a client that does not end after the FIN of its server is not kept for ever.
  clientFinTcp: haproxy(
    'in mode tcp with a timeout client-fin',
    { mode: 'tcp', defaults: `${RIGHT}\n  timeout client-fin ${HALF_CLOSED.halfClosedMs}ms` },
    HALF_CLOSED,
  ),
  // Wrong for clients that half-close and wait: the server has this long for its last words.
  serverFin: haproxy(
    'with a timeout server-fin',
    { defaults: `${RIGHT}\n  timeout server-fin ${HALF_CLOSED.halfClosedMs}ms` },
    HALF_CLOSED,
  ),
  // Harmless: the option is for requests. It does not end an upgraded connection.
  httpServerClose: haproxy('with option http-server-close', {
    defaults: `${RIGHT}\n  option http-server-close`,
  }),
  // Right: HAProxy passes bytes, and does not read HTTP.
  tcp: haproxy(
    'in mode tcp',
    {
      mode: 'tcp',
      defaults: `timeout client ${IDLE.idleMs}ms\n  timeout server ${IDLE.idleMs}ms`,
    },
    IDLE,
  ),
  // Wrong: the server of the backend is not there.
  deadBackend: haproxy('with a dead backend', {
    defaults: `${RIGHT}\n  retries 0`,
    farPort: REFUSING_PORT,
  }),
  // Right: browsers may come by HTTP/2 (RFC 8441), and the server is asked by HTTP/1.1.
  h2Front: tls('with an h2 front and an h1 back', 'alpn h2,http/1.1'),
  // Wrong for clients that speak HTTP/1.1: the front takes HTTP/2 from everybody.
  h2Alone: tls('with a front that takes h2 alone', 'proto h2'),
  // Right: a reload leaves connections a bounded time; without the line, for ever.
  reloading: haproxy(
    'reloading with hard-stop-after',
    { global: `hard-stop-after ${DRAIN.lifetimeMs}ms` },
    DRAIN,
  ),
} satisfies Record<string, Path>;
