/**
 * How a server is reached: the options of every command that dials.
 *
 * Rule 1. `withReaching` adds the options, `reachingIn` reads them into what `dial` takes.
 * Rule 2. Without `--proxy` the environment names the proxy, as for curl: HTTPS_PROXY for `wss:`,
 *         HTTP_PROXY for `ws:`, ALL_PROXY for both, NO_PROXY for hosts without one. This machine itself is
 *         reached without a proxy.
 */
import type { Command } from 'commander';
import { getProxyForUrl } from 'proxy-from-env';
import type { DialOptions } from '../adapters/ws.js';
import { openingDefaults } from '../machines/index.js';
import { type Headers, type HostAndPort, headers, hostAndPort, list, proxy } from './options.js';
import { deadlineOption, maxPayloadOption, settingsIn } from './sharedOptions.js';
import { readTlsFiles, type TlsFlags } from './tlsFiles.js';

/** How many redirects `--follow` follows. */
const MAX_REDIRECTS = 10;

/** What the options say. */
export interface ReachingFlags extends TlsFlags {
  origin: string;
  header?: Headers;
  subprotocol?: string[];
  proxy?: string | false;
  connectTo?: HostAndPort;
  servername?: string;
  insecure?: true;
  compress?: true;
  follow?: true;
  maxPayload: number;
  connectTimeout: number;
}

/** The options of `dial` that say how the server is reached. */
export type Reaching = Pick<
  DialOptions,
  'settings' | 'subprotocols' | 'proxy' | 'connectTo' | 'ws'
>;

/** Adds the options to a command. */
export function withReaching(command: Command): Command {
  const { connectTimeout } = openingDefaults;
  return command
    .option('--origin <origin>', 'the Origin header', 'http://localhost')
    .option('--header <name: value>', 'another header; may be given again', headers)
    .option('--subprotocol <name>', 'offer a subprotocol; may be given again', list)
    .option('--proxy <url>', 'http://, https:// or socks5://user:password@host:port', proxy)
    .option('--no-proxy', "use none, whatever the environment's HTTPS_PROXY … say")
    .option('--connect-to <host:port>', 'dial this in place of the host of the URL', hostAndPort)
    .option('--follow', `follow redirects, ${MAX_REDIRECTS} at most`)
    .option('--ca <file>', 'trust the authorities in this PEM file')
    .option('--cert <file>', 'show this certificate to the server (PEM; with --key)')
    .option('--key <file>', 'the private key of --cert (PEM)')
    .option('--passphrase-file <file>', 'the passphrase of --key, in the first line')
    .option('--servername <name>', 'the name that TLS asks for and checks')
    .option('--insecure', 'trust any certificate')
    .option('--compress', 'offer permessage-deflate')
    .addOption(maxPayloadOption())
    .addOption(
      deadlineOption(
        '--connect-timeout <duration>',
        'for the connection and handshake',
        connectTimeout,
      ),
    );
}

/** Reads the options. Throws a `CommandError` where a TLS file cannot be used. */
export function reachingIn(flags: ReachingFlags): Reaching {
  const { origin, header, subprotocol = [], connectTo, servername, maxPayload } = flags;
  const maxRedirects = flags.follow === true ? MAX_REDIRECTS : 0;
  return {
    settings: settingsIn({ ...flags, maxRedirects }, openingDefaults),
    subprotocols: subprotocol,
    proxy: proxyOf(flags),
    connectTo,
    ws: {
      origin,
      maxPayload,
      // `maxPayload` bounds what a message may inflate to. A threshold of 0 compresses all.
      perMessageDeflate: flags.compress === true && { threshold: 0 },
      // Headers are set here: ws takes one value for each name alone.
      finishRequest: (request) => {
        for (const [name, values] of header ?? []) request.setHeader(name, values);
        request.end();
      },
      rejectUnauthorized: flags.insecure !== true,
      ...(servername !== undefined && { servername }),
      ...readTlsFiles(flags),
    },
  };
}

function proxyOf({ proxy }: ReachingFlags): Reaching['proxy'] {
  if (proxy === false) return undefined;
  return proxy ?? environmentsProxy;
}

/** The hosts that are this machine itself. */
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/;

/** The proxy that the environment names for a URL. */
function environmentsProxy(url: string): string | undefined {
  if (LOOPBACK.test(new URL(url).hostname)) return undefined;
  return getProxyForUrl(url.replace(/^ws/, 'http')) || undefined;
}
