/**
 * The announcement: a header of the opening handshake, by which the two ends of lockstep know each other.
 * A client sends it, and a server sends it back. Other peers ignore it (RFC 9110, 5.1).
 *
 * The header says: this end ends every stream with a Close frame. A stream without one was cut.
 */
import type { IncomingHttpHeaders } from 'node:http';

const NAME = 'Lockstep';
const VERSION = '1';

/** The header of a client's request. */
export const ANNOUNCEMENT = { [NAME]: VERSION };

/** The line of a server's answer. */
export const ANNOUNCEMENT_LINE = `${NAME}: ${VERSION}`;

/** Whether the headers of a peer say that it ends every stream with a Close frame. */
export function sendsCloseFrame(headers: IncomingHttpHeaders): boolean {
  return headers[NAME.toLowerCase()] === VERSION;
}
