/**
 * Phases: what each finished stage of an opening took, and what is known of it since. An adapter
 * measures them; a platform that reports no stages tells none.
 *
 * Rule 1. A phase is present once its stage is finished: a stage that fails has none. The upgrade is
 *         finished by any answer.
 * Rule 2. Times are ms, and text from outside is cut.
 */

/** The lookup of the host's name; of the proxy's, where there is one. */
export interface NamePhase {
  ms: number;
}

/** TCP to the server, or to the proxy. */
export interface TcpPhase {
  ms: number;
  /** The address that was reached, with its port. */
  address: string;
  /** The addresses that failed before. */
  failed: readonly { address: string; code: string }[];
}

/** The connection to a Unix socket. */
export interface UnixPhase {
  ms: number;
  path: string;
}

/** The tunnel of a proxy, with TLS to the proxy where its URL asks for that. */
export interface ProxyPhase {
  ms: number;
  /** The proxy's URL, without credentials. */
  proxy: string;
  /** The host and port that the tunnel leads to. */
  target: string;
}

/** The TLS handshake with the server. */
export interface TlsPhase {
  ms: number;
  /** Such as `TLSv1.3`. */
  version: string;
  cipher: string;
  /** The protocol chosen by ALPN (RFC 7301), '' for none. */
  alpn: string;
  /** Who issued the server's certificate, '' where it does not say. */
  issuer: string;
  /** Whole days until the server's certificate expires; null where it is not known. */
  daysLeft: number | null;
}

/** The upgrade request, up to the head of its answer. */
export interface UpgradePhase {
  ms: number;
  status: number;
  /** The headers of the answer that say who answered, by their names in lower case. */
  headers: { readonly [name: string]: string };
  /** The extensions that the server chose, '' for none. */
  extensions: string;
}

/** The finished phases of an opening. */
export interface Phases {
  readonly name?: NamePhase;
  readonly tcp?: TcpPhase;
  readonly unix?: UnixPhase;
  readonly proxy?: ProxyPhase;
  readonly tls?: TlsPhase;
  readonly upgrade?: UpgradePhase;
}
