/**
 * The products on a path, by the signs that they leave, and the setting of each that a finding is about.
 *
 * Rule 1. A product is named where a header of its own says so: in the answer, or in the request as the
 *         far end saw it. HAProxy and Traefik leave few signs.
 * Rule 2. The advice is one table: product by trouble. A trouble is a set of finding codes.
 * Rule 3. A finding gets the advice as its last sentences. Its code and its facts stay.
 */
import type { Phases } from '../phases.js';
import type { Finding } from './findings.js';

export type Product =
  | 'nginx'
  | 'HAProxy'
  | 'Envoy'
  | 'Caddy'
  | 'Traefik'
  | 'Cloudflare'
  | 'AWS ALB';

type Headers = { readonly [name: string]: string };

/** Whether headers have a sign of a product; the answer's, or those that the path added to the request. */
const SIGNS: Readonly<Record<Product, (headers: Headers) => boolean>> = {
  nginx: ({ server = '' }) => /nginx|openresty/i.test(server),
  HAProxy: ({ server = '', via = '' }) => /haproxy/i.test(`${server} ${via}`),
  Envoy: (headers) =>
    /envoy/i.test(headers['server'] ?? '') || names(headers).some((name) => /^x-envoy-/.test(name)),
  Caddy: ({ server = '', via = '' }) => /caddy/i.test(`${server} ${via}`),
  // Apache adds X-Forwarded-Server, too, but not X-Real-IP.
  Traefik: (headers) => 'x-forwarded-server' in headers && 'x-real-ip' in headers,
  Cloudflare: (headers) => 'cf-ray' in headers || /cloudflare/i.test(headers['server'] ?? ''),
  'AWS ALB': (headers) => 'x-amzn-trace-id' in headers || /awselb/i.test(headers['server'] ?? ''),
};

function names(headers: Headers): string[] {
  return Object.keys(headers);
}

/** The troubles, and the findings that are about each. */
const TROUBLES = {
  upgrade: /^STATUS_4(?:00|26)$/,
  backend: /^STATUS_5(?:02|03|04|2\d)$/,
  host: /^REQUEST_CHANGED$/,
  size: /^MESSAGE_REFUSED$/,
  idle: /^IDLE_CUT/,
  lifetime: /^LIFETIME_CUT$/,
  restart: /^RESTART_(?!HELD)/,
} as const;

type Trouble = keyof typeof TROUBLES;

/** What to set, by product and trouble. Each is a sentence that the name of the product begins. */
const ADVICE: Readonly<Record<Product, { readonly [trouble in Trouble]?: string }>> = {
  nginx: {
    upgrade:
      'needs three lines in the location: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, and proxy_set_header Connection "upgrade"',
    backend: 'asks the address of proxy_pass, and error_log says why that fails',
    host: 'passes Host on with proxy_set_header Host $host',
    size: 'passes messages of any size: client_max_body_size does not apply to them',
    idle: 'ends a silent connection after proxy_read_timeout (60 s by default): raise it in that location, or send pings more often',
    lifetime: 'has no limit on the age of a connection: keepalive_time does not apply to it',
    restart: 'leaves connections the time of worker_shutdown_timeout when it reloads: raise it',
  },
  HAProxy: {
    backend: 'asks the server lines of the backend: see their checks in its statistics',
    size: 'passes messages of any size: tune.bufsize does not apply to them',
    idle: 'ends a silent connection after timeout tunnel, and without that line after timeout client or timeout server: set timeout tunnel, or send pings more often',
    restart: 'leaves connections the time of hard-stop-after when it reloads: raise it',
  },
  Envoy: {
    upgrade: 'needs upgrade_configs with upgrade_type websocket in its HTTP connection manager',
    backend:
      'asks the endpoints of the cluster: RESPONSE_FLAGS in its access log say why that fails',
    idle: 'ends a silent connection after stream_idle_timeout (5 min by default) or the idle_timeout of the route: raise both, or send pings more often',
    lifetime: 'ends connections after max_stream_duration or max_connection_duration: raise them',
    restart: 'drains connections for --drain-time-s and drain_timeout: raise them',
  },
  Caddy: {
    backend: 'asks the upstreams of reverse_proxy, and its log says why that fails',
    idle: 'ends a silent connection after read_timeout of transport http: raise it, or send pings more often',
    lifetime: 'ends connections after stream_timeout of reverse_proxy: raise it',
    restart: 'closes connections when it reloads: set stream_close_delay of reverse_proxy',
  },
  Traefik: {
    backend: 'asks the servers of the loadBalancer: see the service in its dashboard',
    idle: 'has its timeouts in respondingTimeouts of the entry point: raise them, or send pings more often',
    restart: 'leaves connections the time of lifeCycle.graceTimeOut of the entry point: raise it',
  },
  Cloudflare: {
    upgrade: 'passes WebSockets where they are on in the network settings of the zone',
    backend: 'asks the origin: see whether the origin lets the addresses of Cloudflare in',
    idle: 'ends a silent connection after 100 s, which most plans cannot change: send pings more often',
    lifetime: 'ends connections when it renews its own servers: connect again',
  },
  'AWS ALB': {
    backend: 'asks the targets of the target group: see their health checks',
    idle: 'ends a silent connection after idle_timeout.timeout_seconds (60 s by default): raise that attribute, or send pings more often',
    restart: 'leaves a target the time of deregistration_delay.timeout_seconds: raise it',
  },
};

/** The products whose signs the opening shows. */
export function productsOn(phases: Phases, findings: readonly Finding[]): Product[] {
  const answer = phases.upgrade?.headers ?? {};
  const added = findings.map(({ facts }) => facts['added'] as Headers | undefined);
  const signed = [answer, ...added.filter((headers) => headers !== undefined)];
  return (Object.keys(SIGNS) as Product[]).filter((product) => signed.some(SIGNS[product]));
}

/** The findings, each with the advice for the products that are on the path. */
export function withAdvice(phases: Phases, findings: readonly Finding[]): Finding[] {
  const products = productsOn(phases, findings);
  return findings.map((finding) => {
    const trouble = troubleOf(finding);
    if (trouble === undefined) return finding;
    const sentences = products.flatMap((product) => {
      const advice = ADVICE[product][trouble];
      return advice === undefined ? [] : [` ${product} ${advice}.`];
    });
    return { ...finding, message: `${finding.message}${sentences.join('')}` };
  });
}

/** The trouble that a finding tells; none where nothing is wrong, or this or the far end is to blame. */
function troubleOf({ status, blame, code, facts }: Finding): Trouble | undefined {
  if (status === 'ok' || status === 'unknown') return undefined;
  if (blame === 'this end' || blame === 'the far end') return undefined;
  const trouble = (Object.keys(TROUBLES) as Trouble[]).find((one) => TROUBLES[one].test(code));
  const isHost = trouble === 'host';
  if (isHost && !('host' in (facts['changed'] as Headers))) return undefined;
  return trouble;
}
