/** The stages of an opening connection, and the explanation for an opening that stalls in one. */
import type { Explanation } from './explanation.js';
import type { Phases } from './phases.js';

/**
 * A stage: looking up addresses, connecting TCP to one of them (or a Unix socket), the tunnel of a
 * proxy, the TLS handshake, the upgrade request; `unknown` while the adapter has told none. Some
 * adapters cannot tell any.
 */
export type Stage = 'unknown' | keyof Phases;

/** The stage that an opening attempts. */
export interface Attempt {
  stage: Stage;
  /** The name of the host; then the addresses under trial, each with its result; then the one reached. */
  peer: string;
}

/** Nothing is known yet. */
export const NOTHING_ATTEMPTED: Attempt = { stage: 'unknown', peer: '' };

/** The explanation of a stall in each stage. */
const STALLS: Record<Stage, (peer: string) => Pick<Explanation, 'came' | 'remedy'>> = {
  unknown: () => ({
    came: 'it did not, and how far it came is not known',
    remedy: 'check the name of the host, its address and what filters on the way, or wait longer',
  }),
  name: (peer) => ({
    came: `the name ${peer} was still being looked up`,
    remedy: 'check the name and the name server, or wait longer',
  }),
  tcp: (peer) => ({
    came: `no TCP connection came about with ${peer}`,
    remedy: 'check the address and what filters on the way, or wait longer',
  }),
  unix: (peer) => ({
    came: `the socket ${peer} did not take the connection`,
    remedy: 'see whether the server still accepts connections, or wait longer',
  }),
  proxy: (peer) => ({
    came: `${peer} was reached and opened no tunnel`,
    remedy: 'see whether that is a proxy of this kind, and what holds it up, or wait longer',
  }),
  tls: (peer) => ({
    came: `${peer} was reached and did not finish the TLS handshake`,
    remedy: 'see whether that port speaks TLS, or wait longer',
  }),
  upgrade: (peer) => ({
    came: `${peer} was reached and did not answer the upgrade request`,
    remedy: 'see whether that is a WebSocket service and what holds it up, or wait longer',
  }),
};

/** Explains an opening that stalled. */
export function stallOf({ stage, peer }: Attempt): Pick<Explanation, 'came' | 'remedy'> {
  return STALLS[stage](peer);
}
