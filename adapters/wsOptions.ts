/** The options of `ws` that a session needs at either end. Everything else is the caller's choice. */

import { longest } from '../machines/index.js';

/** Pings whose pongs may wait to be written. One segment can hold more than the 60 of ws. */
const MAX_PENDING_PONGS = 16_384;

/**
 * The options that sessions give to ws 8.23, at either end. Its type names all three, because
 * `@types/ws` 8.18 knows only the first: spread them into the options of a socket or a server.
 */
export interface WsOptions {
  perMessageDeflate: false;
  maxPendingAutoPongs: number;
  /** In ms. */
  closeTimeout: number;
}

/** Returns the options for ws, at either end, of a session that has this `closeTimeout` in ms. */
export function wsOptions(closeTimeout: number): WsOptions {
  return {
    perMessageDeflate: false,
    maxPendingAutoPongs: MAX_PENDING_PONGS,
    // ws drops a TCP connection that outlives the closing handshake. The session's own deadline must
    // pass first. The timer of ws then drops a connection that outlives its session.
    closeTimeout: longest(closeTimeout + 1_000),
  };
}
