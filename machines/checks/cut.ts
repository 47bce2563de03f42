/** How connections are cut, by what, and after which well-known times. */
import type { SeenEnd } from './probe.js';
import { seenEndInWords } from './probe.js';

/** What shows that a connection is cut; `silence` for nothing but the answer that does not come. */
export type CutBy = 'fin' | 'reset' | 'close' | 'silence';

/** By what a connection was cut that ended like this. */
export function cutByOf({ closed, gone }: SeenEnd): CutBy {
  if (closed !== null) return 'close';
  if (gone === null) return 'silence';
  return gone.by === 'reset' ? 'reset' : 'fin';
}

/** When a connection ended, in ms since it was open; undefined where it did not end. */
export function endedAt({ closed, gone }: SeenEnd): number | undefined {
  return (closed ?? gone)?.at;
}

/** Whether this end ended the connection, or the far end had no room for it (1013): no cut by the path. */
export function isNoCut({ closed, gone }: SeenEnd): boolean {
  if (closed !== null) return closed.code === 1013;
  return gone?.by === 'cut' || gone?.by === 'limit';
}

/** Says in words what ends a connection, with the reason of a Close frame. */
export function cutInWords(end: SeenEnd): string {
  const { closed } = end;
  if (closed === null || closed.reason === '') return seenEndInWords(end);
  return `${seenEndInWords(end)} "${closed.reason}"`;
}

/** A time after which a product cuts connections by default. */
export interface WellKnown {
  ms: number;
  product: string;
  setting: string;
}

/** Idle timeouts. */
export const IDLE_DEFAULTS: readonly WellKnown[] = [
  { ms: 50_000, product: 'HAProxy as Debian configures it', setting: 'timeout client and server' },
  { ms: 55_000, product: 'Heroku', setting: 'its router' },
  { ms: 60_000, product: 'nginx', setting: 'proxy_read_timeout' },
  { ms: 60_000, product: 'AWS ALB', setting: 'idle timeout' },
  { ms: 100_000, product: 'Cloudflare', setting: 'its edge' },
  { ms: 240_000, product: 'Azure Load Balancer', setting: 'idle timeout' },
  { ms: 300_000, product: 'Envoy', setting: 'stream_idle_timeout' },
  { ms: 350_000, product: 'AWS NLB', setting: 'TCP idle timeout' },
  { ms: 600_000, product: 'tinyproxy', setting: 'Timeout' },
];

/** The longest times that a connection may last. */
export const LIFETIME_DEFAULTS: readonly WellKnown[] = [
  { ms: 30_000, product: 'Google Cloud load balancing', setting: 'backend service timeout' },
  { ms: 300_000, product: 'Google Cloud Run', setting: 'request timeout' },
  { ms: 7_200_000, product: 'AWS API Gateway', setting: 'connection duration' },
];

/** How far a time that was seen may be from a default that it equals. */
const NEAR = 0.03;

/** The defaults that lie between these times in ms, or within 3 % of them. */
export function defaultsNear(
  defaults: readonly WellKnown[],
  [from, to]: readonly [number, number],
): WellKnown[] {
  return defaults.filter(({ ms }) => ms >= from * (1 - NEAR) && ms <= to * (1 + NEAR));
}

/** Says defaults in words: `nginx (proxy_read_timeout) and AWS ALB (idle timeout)`. */
export function defaultsInWords(defaults: readonly WellKnown[]): string {
  return defaults.map(({ product, setting }) => `${product} (${setting})`).join(' and ');
}

/** The fact of how the far end saw a cut; null for one that saw none, none where it does not tell. */
export function seenByFarEnd(there: SeenEnd | null | undefined): { farEndSaw?: CutBy } {
  if (there === undefined) return {};
  return { farEndSaw: there === null ? 'silence' : cutByOf(there) };
}
