/**
 * Paths through nginx, with configurations as people have them. Each says in a line what is right or
 * wrong in it. Times are shorter than people's, so that a test need not wait.
 */
import { writeFileSync } from 'node:fs';
import {
  type CertificateOptions,
  hashedPassword,
  makeAuthority,
  makeCertificate,
} from './certificates.js';
import type { EntryPoint, Path, PathFigures } from './path.js';
import { REFUSING_PORT } from './ports.js';
import { type Place, startProduct } from './startProduct.js';

/** The three lines that a WebSocket needs behind nginx. */
const UPGRADE = `proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";`;

/** nginx in the place of the system's: everything that it writes stays in its folder. */
const MAIN = `pid nginx.pid;
worker_processes 1;
error_log stderr notice;
events { worker_connections 64; }`;

const HTTP = `access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;`;

const configOf = (servers: string, main = ''): string =>
  `${MAIN}\n${main}\nhttp {\n  ${HTTP}\n  ${servers}\n}\n`;

/** Where a configuration leads. */
interface Target extends Place {
  farPort: number;
}

/** What a server has beside its location. */
interface ServerParts {
  /** Its name; by default it takes every name. */
  name?: string;
  /** The PEM file with its certificate and key; without one it speaks plain HTTP. */
  pem?: string;
  /** More lines. */
  more?: string;
}

/** A server whose location proxies to the far end with these lines. */
const proxying = (
  { port, farPort }: Target,
  lines: string,
  { name = '_', pem, more = '' }: ServerParts = {},
): string => `server {
    listen 127.0.0.1:${port}${pem === undefined ? '' : ' ssl'};
    server_name ${name};
    ${pem === undefined ? '' : `ssl_certificate ${pem};\n    ssl_certificate_key ${pem};`}
    ${more}
    location / {
      proxy_pass http://127.0.0.1:${farPort};
      ${lines}
    }
  }`;

/** A path through nginx; `enter` says how its entry differs from a plain URL. */
function nginx(
  name: string,
  write: (target: Target) => string,
  figures: PathFigures = {},
  enter: (place: Place) => Partial<EntryPoint> = () => ({}),
): Path {
  return {
    name: `nginx ${name}`,
    by: 'nginx',
    figures,
    open: async (farPort, context) => {
      const product = await startProduct(context, 'nginx', (place) => write({ ...place, farPort }));
      return product.enteredBy(enter(product.place));
    },
  };
}

const IDLE = { idleMs: 1_000 };
const DRAIN = { lifetimeMs: 1_000 };

/** A path through nginx that ends TLS, with a certificate for "localhost" unless told otherwise. */
const tls = (name: string, certificate: Partial<CertificateOptions> = {}): Path =>
  nginx(
    name,
    (target) => {
      makeAuthority(target.folder);
      const pem = makeCertificate(target.folder, { name: 'localhost', ...certificate });
      return configOf(proxying(target, UPGRADE, { pem }));
    },
    {},
    ({ port, folder }) => ({ url: `wss://localhost:${port}/`, ca: `${folder}/ca.pem` }),
  );

/** nginx with two names, each with its own certificate; the wanted name is not the first. */
const named = (name: string, enter: (place: Place) => Partial<EntryPoint>): Path =>
  nginx(
    name,
    (target) => {
      makeAuthority(target.folder);
      const servers = ['other.example', 'ws.example'].map((host) => {
        const pem = makeCertificate(target.folder, { name: host });
        return proxying(target, UPGRADE, { name: host, pem });
      });
      return configOf(servers.join('\n  '));
    },
    {},
    (place) => ({ ca: `${place.folder}/ca.pem`, ...enter(place) }),
  );

/** A location that asks for the password of its only user. */
const guarded = (target: Target): string => {
  writeFileSync(`${target.folder}/users`, `user:${hashedPassword('secret')}\n`, { mode: 0o644 });
  return configOf(
    proxying(target, `${UPGRADE}\n      auth_basic "inner";\n      auth_basic_user_file users;`),
  );
};

export const nginxPaths = {
  // Right: the three lines, and a timeout longer than any silence of the ends.
  right: nginx('with the Upgrade headers', (target) =>
    configOf(proxying(target, `${UPGRADE}\n      proxy_read_timeout 1h;`)),
  ),
  // Wrong: nginx asks its server with HTTP/1.0, and drops Upgrade as a header of one hop.
  withoutUpgrade: nginx('without the Upgrade headers', (target) => configOf(proxying(target, ''))),
  // Wrong: Upgrade arrives, but beside nginx's own "Connection: close".
  withoutConnection: nginx('without the Connection header', (target) =>
    configOf(
      proxying(target, 'proxy_http_version 1.1;\n      proxy_set_header Upgrade $http_upgrade;'),
    ),
  ),
  // Wrong for quiet connections: the timeout is that of a slow page. The default is 60 s.
  readTimeout: nginx(
    'with a proxy_read_timeout',
    (target) =>
      configOf(proxying(target, `${UPGRADE}\n      proxy_read_timeout ${IDLE.idleMs}ms;`)),
    IDLE,
  ),
  // Harmless: buffering is for answers, and an upgraded connection has none.
  buffering: nginx('with buffering', (target) =>
    configOf(
      proxying(
        target,
        `${UPGRADE}\n      proxy_buffering on;\n      proxy_buffers 8 64k;\n      proxy_request_buffering on;`,
      ),
    ),
  ),
  // Harmless: the limit is for the bodies of requests. It does not count messages.
  bodySize: nginx('with a client_max_body_size', (target) =>
    configOf(proxying(target, `${UPGRADE}\n      client_max_body_size 1k;`)),
  ),
  // Wrong: nobody listens where proxy_pass leads.
  deadBackend: nginx('with a dead backend', (target) =>
    configOf(proxying({ ...target, farPort: REFUSING_PORT }, UPGRADE)),
  ),
  // Right, but the client gives no password.
  authWithout: nginx('with auth_basic, asked without a password', guarded),
  // Right: the client gives the password.
  authWith: nginx('with auth_basic, asked with the password', guarded, {}, ({ port }) => ({
    url: `ws://user:secret@127.0.0.1:${port}/`,
  })),
  // Right for pages; a WebSocket client has to follow, and few do (RFC 6455, 4.1).
  redirecting: nginx(
    'redirecting',
    (target) =>
      configOf(proxying(target, UPGRADE, { more: 'location = /old { return 301 /new; }' })),
    {},
    ({ port }) => ({ url: `ws://127.0.0.1:${port}/old` }),
  ),
  // Right: TLS ends at nginx, with a certificate for the name that clients dial.
  tls: tls('that ends TLS'),
  // Wrong: nobody has renewed the certificate.
  tlsExpired: tls('with an expired certificate', { days: -1 }),
  // Wrong: the certificate is for another name.
  tlsWrongName: tls('with a certificate for another name', { name: 'other.example' }),
  // Wrong for clients that trust authorities: the certificate has none behind it.
  tlsSelfSigned: tls('with a self-signed certificate', { isSelfSigned: true }),
  // Right: one backend of many, dialled by its address while the URL keeps the name.
  oneOfMany: named('dialled by its address', ({ port }) => ({
    url: 'wss://ws.example/',
    connectTo: `127.0.0.1:${port}`,
  })),
  // Right: the URL has an address, and SNI the name.
  byServername: named('dialled with a server name', ({ port }) => ({
    url: `wss://127.0.0.1:${port}/`,
    servername: 'ws.example',
  })),
  // Right: a reload leaves connections a bounded time; without the line, for ever.
  reloading: nginx(
    'reloading with a worker_shutdown_timeout',
    (target) =>
      configOf(proxying(target, UPGRADE), `worker_shutdown_timeout ${DRAIN.lifetimeMs}ms;`),
    DRAIN,
  ),
  // Right for clients that do not reconnect: old workers stay until their last connection ends.
  reloadingPatiently: nginx('reloading without a worker_shutdown_timeout', (target) =>
    configOf(proxying(target, UPGRADE)),
  ),
} satisfies Record<string, Path>;
