/**
 * Paths through Caddy, with configurations as people have them. Each says in a line what is right or
 * wrong in it. Times are shorter than people's, so that a test need not wait.
 */
import { makeAuthority, makeCertificate } from './certificates.js';
import type { EntryPoint, Path, PathFigures } from './path.js';
import { REFUSING_PORT } from './ports.js';
import { type Place, startProduct } from './startProduct.js';

/** The lines of a site and of `servers`, for a far end on this port. */
interface Parts {
  address: string;
  site: string;
  servers?: string;
}

const configOf = ({ address, site, servers = '' }: Parts): string => `{
	admin off
	auto_https off
	servers {
		${servers}
	}
}
${address} {
	bind 127.0.0.1
	${site}
}
`;

function caddy(
  name: string,
  parts: (farPort: number, place: Place) => Parts,
  figures: PathFigures = {},
  enter: (place: Place) => Partial<EntryPoint> = () => ({}),
): Path {
  return {
    name: `Caddy ${name}`,
    by: 'caddy',
    figures,
    open: async (farPort, context) => {
      const write = (place: Place): string => configOf(parts(farPort, place));
      const product = await startProduct(context, 'caddy', write);
      return product.enteredBy(enter(product.place));
    },
  };
}

const IDLE = { idleMs: 1_000 };

export const caddyPaths = {
  // Right: Caddy needs no word about WebSocket.
  right: caddy('as people have it', (farPort, { port }) => ({
    address: `http://:${port}`,
    site: `reverse_proxy 127.0.0.1:${farPort}`,
  })),
  // Right: TLS ends at Caddy, which also offers HTTP/2.
  tls: caddy(
    'that ends TLS',
    (farPort, { port, folder }) => {
      makeAuthority(folder);
      const pem = makeCertificate(folder, { name: 'localhost' });
      return {
        address: `https://localhost:${port}`,
        site: `tls ${pem} ${pem}\n	reverse_proxy 127.0.0.1:${farPort}`,
      };
    },
    {},
    ({ port, folder }) => ({ url: `wss://localhost:${port}/`, ca: `${folder}/ca.pem` }),
  ),
  // Wrong for quiet connections: the timeout of a slow page holds for the upgraded connection, too.
  readTimeout: caddy(
    'with a read_timeout of its transport',
    (farPort, { port }) => ({
      address: `http://:${port}`,
      site: `reverse_proxy 127.0.0.1:${farPort} {
		transport http {
			read_timeout ${IDLE.idleMs}ms
		}
	}`,
    }),
    IDLE,
  ),
  // Harmless: the timeouts of a server are for requests. They do not end an upgraded connection.
  serverTimeouts: caddy(
    'with timeouts of its server',
    (farPort, { port }) => ({
      address: `http://:${port}`,
      site: `reverse_proxy 127.0.0.1:${farPort}`,
      servers: `timeouts {
			read_body ${IDLE.idleMs}ms
			read_header ${IDLE.idleMs}ms
			write ${IDLE.idleMs}ms
			idle ${IDLE.idleMs}ms
		}`,
    }),
    IDLE,
  ),
  // Wrong: nobody listens where reverse_proxy leads.
  deadBackend: caddy('with a dead backend', (_, { port }) => ({
    address: `http://:${port}`,
    site: `reverse_proxy 127.0.0.1:${REFUSING_PORT}`,
  })),
} satisfies Record<string, Path>;
