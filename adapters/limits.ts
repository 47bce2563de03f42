/** Limits of one connection, where nobody sets others. */

/** The most bytes in a message that is received. */
export const MAX_PAYLOAD = 2 ** 20;

/** How long a client may take for its opening handshake, in ms. */
export const HANDSHAKE_TIMEOUT = 10_000;
