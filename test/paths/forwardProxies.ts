/**
 * Paths through forward proxies, which a client asks for a tunnel. Each configuration says in a line
 * what is right or wrong in it.
 */
import { writeFileSync } from 'node:fs';
import { hashedPassword } from './certificates.js';
import type { Path, PathFigures } from './path.js';
import { type Place, startProduct } from './startProduct.js';

const squidConfig = ({ port }: Place, access: string): string => `http_port 127.0.0.1:${port}
visible_hostname localhost
pid_filename none
cache_log /dev/null
access_log none
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
${access}
`;

const tinyproxyConfig = ({ port }: Place, lines: string): string => `Listen 127.0.0.1
Port ${port}
MaxClients 16
LogLevel Info
${lines}
`;

/** A path through a forward proxy, with these credentials of the client. */
function forward(
  name: string,
  by: 'squid' | 'tinyproxy',
  write: (place: Place) => string,
  credentials = '',
  figures: PathFigures = {},
): Path {
  return {
    name: `${by} ${name}`,
    by,
    figures,
    open: async (farPort, context) => {
      const product = await startProduct(context, by, write);
      const proxy = `http://${credentials}127.0.0.1:${product.place.port}`;
      return product.enteredBy({ url: `ws://127.0.0.1:${farPort}/`, proxy });
    },
  };
}

const squidWithUsers = (place: Place): string => {
  const users = `${place.folder}/users`;
  writeFileSync(users, `user:${hashedPassword('secret')}\n`, { mode: 0o644 });
  return squidConfig(
    place,
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}
auth_param basic realm inner
auth_param basic children 1
acl users proxy_auth REQUIRED
http_access allow users
http_access deny all`,
  );
};

const tinyproxyWithUsers = (place: Place): string =>
  tinyproxyConfig(place, 'Timeout 600\nAllow 127.0.0.1\nBasicAuth user secret');

const IDLE = { idleMs: 1_000 };

export const forwardPaths = {
  // Right: whoever is on this machine may tunnel to any port.
  squid: forward('that lets everybody tunnel', 'squid', (place) =>
    squidConfig(place, 'http_access allow localhost\nhttp_access deny all'),
  ),
  // Wrong for ws:// and for odd ports: Debian's configuration allows tunnels to port 443 alone.
  squidPorts: forward('that allows tunnels to port 443 alone', 'squid', (place) =>
    squidConfig(
      place,
      'acl SSL_ports port 443\nhttp_access deny CONNECT !SSL_ports\nhttp_access allow localhost',
    ),
  ),
  // Right, but the client gives no credentials.
  squidWithout: forward('with users, asked without credentials', 'squid', squidWithUsers),
  // Right: the client gives its credentials.
  squidWith: forward('with users, asked with credentials', 'squid', squidWithUsers, 'user:secret@'),
  // Right: whoever is on this machine may tunnel to any port.
  tinyproxy: forward('that lets everybody tunnel', 'tinyproxy', (place) =>
    tinyproxyConfig(place, 'Timeout 600\nAllow 127.0.0.1'),
  ),
  // Wrong for ws:// and for odd ports: tunnels go to port 443 alone.
  tinyproxyPorts: forward('that allows tunnels to port 443 alone', 'tinyproxy', (place) =>
    tinyproxyConfig(place, 'Timeout 600\nAllow 127.0.0.1\nConnectPort 443'),
  ),
  // Right, but the client gives no credentials.
  tinyproxyWithout: forward(
    'with users, asked without credentials',
    'tinyproxy',
    tinyproxyWithUsers,
  ),
  // Right: the client gives its credentials.
  tinyproxyWith: forward(
    'with users, asked with credentials',
    'tinyproxy',
    tinyproxyWithUsers,
    'user:secret@',
  ),
  // Wrong for quiet connections: the timeout holds for tunnels, too. Debian's default is 600 s.
  tinyproxyTimeout: forward(
    'with a Timeout',
    'tinyproxy',
    (place) => tinyproxyConfig(place, `Timeout ${IDLE.idleMs / 1_000}\nAllow 127.0.0.1`),
    '',
    IDLE,
  ),
} satisfies Record<string, Path>;
