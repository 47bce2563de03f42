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

/** Explains an opening that came no further in time. */
export function stallOf({ stage, peer }: Opening): Explanation {
  const setting = 'connectTimeout';
  switch (stage) {
    case 'name':
      return {
        expected: 'an address',
        came: 'the name of the host was still being looked up',
        remedy: 'check the name and the name server, or wait longer',
        setting,
      };
    case 'tcp':
      return {
        expected: 'a TCP connection',
        came: `no TCP connection came about with ${peer}`,
        remedy: 'check the address and what filters on the way, or wait longer',
        setting,
      };
    case 'tls':
      return {
        expected: 'a TLS connection',
        came: `${peer} was reached and did not finish the TLS handshake`,
        remedy: 'see whether that port speaks TLS, or wait longer',
        setting,
      };
    case 'upgrade':
      return {
        expected: 'an answer to the upgrade request',
        came: `${peer} was reached and did not answer the upgrade request`,
        remedy: 'see whether that is a WebSocket service and what holds it up, or wait longer',
        setting,
      };
  }
}
