/** The stages of an opening connection, and what to tell when it comes no further. */
import type { Explanation } from './explanation.js';

/** What is under way: finding addresses, TCP with one of them, TLS, the WebSocket handshake. */
export type Stage = 'name' | 'tcp' | 'tls' | 'upgrade';

/** How far an opening has come. */
export interface Opening {
  stage: Stage;
  /** The addresses that are tried, each with what came of it, or the one that was reached; '' before. */
  peer: string;
}

/** Nothing is known yet. */
export const NOTHING_REACHED: Opening = { stage: 'name', peer: '' };

/** For each stage, what came of it with a peer, and what to do. */
const STALLS: Record<Stage, (peer: string) => Pick<Explanation, 'came' | 'remedy'>> = {
  name: () => ({
    came: 'the name of the host was still being looked up',
    remedy: 'check the name and the name server, or wait longer',
  }),
  tcp: (peer) => ({
    came: `no TCP connection came about with ${peer}`,
    remedy: 'check the address and what filters on the way, or wait longer',
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

/** Says how far an opening came that came no further in time, and what to do. */
export function stallOf({ stage, peer }: Opening): Pick<Explanation, 'came' | 'remedy'> {
  return STALLS[stage](peer);
}
