/**
 * The phases of an opening in words: `tcp 0.312 ms (127.0.0.1:80), upgrade 2.411 ms (101, server "nginx")`.
 *
 * Rule 1. Text of the server is quoted.
 */
import { type OpeningOutput, type Phases, quote } from '../machines/index.js';

type Whole = Required<Phases>;

/** Says in words what is known of each phase beside its time. */
const DETAILS: { [S in keyof Whole]: (phase: Whole[S]) => readonly string[] } = {
  name: () => [],
  tcp: ({ address, failed }) => [
    address,
    ...failed.map((one) => `${one.address} failed: ${one.code}`),
  ],
  unix: ({ path }) => [path],
  proxy: ({ proxy, target }) => [`${proxy} to ${target}`],
  tls: ({ version, cipher, alpn, issuer, daysLeft }) => [
    version,
    cipher,
    ...(alpn === '' ? [] : [`ALPN ${quote(alpn)}`]),
    ...(issuer === '' ? [] : [`issued by ${quote(issuer, 200)}`]),
    ...(daysLeft === null ? [] : [`${daysLeft} days left`]),
  ],
  upgrade: ({ status, headers, extensions }) => [
    String(status),
    ...(extensions === '' ? [] : [quote(extensions, 200)]),
    ...Object.entries(headers).map(([name, value]) => `${name} ${quote(value, 200)}`),
  ],
};

/** The finished phases, in the order in which they came. */
function inWords(phases: Phases, known?: string): string[] {
  const stages = Object.keys(phases) as (keyof Phases)[];
  // Only the phases that are there are looked at.
  return stages.map((stage) => phraseOf(phases as Whole, stage, known));
}

/** `known` is left out of the details. */
function phraseOf<S extends keyof Whole>(phases: Whole, stage: S, known = ''): string {
  const phase = phases[stage];
  const details = DETAILS[stage](phase).filter((detail) => detail !== known);
  const why = details.length === 0 ? '' : ` (${details.join(', ')})`;
  return `${stage} ${phase.ms.toFixed(3)} ms${why}`;
}

/** The phase that was finished last, for a line of a trace that has `peer`; '' where none was. */
export function lastPhase(phases: Phases = {}, peer = ''): string {
  const last = inWords(phases, peer).at(-1);
  return last === undefined ? '' : ` after ${last}`;
}

/** The line that sums an opening up; undefined where no phase was finished. */
export function openingSummary(output: OpeningOutput, isCompressing: boolean): string | undefined {
  const { outcome, redirects, phases } = output;
  const hops = redirects.flatMap(({ status, to, phases }) => [
    ...inWords(phases),
    `redirected with ${status} to ${quote(to, 200)}`,
  ]);
  const parts = [...hops, ...inWords(phases)];
  if (outcome === 'opened' && isCompressing) {
    const isCompressed = phases.upgrade?.extensions.includes('permessage-deflate') === true;
    parts.push(isCompressed ? 'compression agreed on' : 'compression offered and not taken');
  }
  if (parts.length === 0) return undefined;
  return `${outcome === 'opened' ? 'opened' : 'not opened'}: ${parts.join(', ')}`;
}
