/**
 * Measures the phases of an opening, by Node's own events.
 *
 * Rule 1. A stage begins where the one before is finished. Times are of `performance.now()`.
 * Rule 2. `phases` is never changed, only replaced: facts that carry it keep their values.
 */
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Phases } from '../machines/index.js';
import { sendersIn } from './senders.js';

type Stage = keyof Phases;
type Details<S extends Stage> = Omit<NonNullable<Phases[S]>, 'ms'>;

const DAY_MS = 86_400_000;

/** The most characters of an issuer's name. */
const LONGEST_NAME = 200;

/** The phases of one opening. */
export class PhaseTimes {
  #phases: Phases = {};
  #stage: Stage | undefined;
  #began = 0;

  /** The finished phases. */
  get phases(): Phases {
    return this.#phases;
  }

  /** The stage under way. */
  get stage(): Stage | undefined {
    return this.#stage;
  }

  begin(stage: Stage): void {
    this.#stage = stage;
    this.#began = performance.now();
  }

  /** Finishes the stage under way. */
  end<S extends Stage>(stage: S, details: Details<S>): void {
    const ms = Math.round((performance.now() - this.#began) * 1000) / 1000;
    this.#phases = { ...this.#phases, [stage]: { ms, ...details } };
  }
}

/** Describes a TLS connection whose handshake is finished. */
export function tlsDetailsOf(socket: TLSSocket): Details<'tls'> {
  const { issuer, valid_to: end } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(end) - Date.now()) / DAY_MS);
  const names = [issuer?.CN, issuer?.O].flat().filter((name) => name !== undefined);
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    alpn: socket.alpnProtocol || '',
    issuer: names.join(', ').slice(0, LONGEST_NAME),
    daysLeft: Number.isNaN(days) ? null : days,
  };
}

/** Describes the answer to an upgrade request. */
export function upgradeDetailsOf({ statusCode = 0, headers }: IncomingMessage): Details<'upgrade'> {
  const extensions = headers['sec-websocket-extensions'] ?? '';
  return { status: statusCode, headers: sendersIn(headers), extensions };
}

/** The name that TLS asks a server for: that of the options, or the host's. Addresses are none (RFC 6066, 3). */
export function serverNameOf(host: string, servername?: string): string {
  return servername ?? (isIP(host) === 0 ? host : '');
}

/** Calls back once a socket has connected, or failed. */
export function onceConnected(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  done: (error: Error | null) => void,
): void {
  const onError = (error: Error): void => done(error);
  socket.once('error', onError);
  socket.once(event, () => {
    socket.off('error', onError);
    done(null);
  });
}
