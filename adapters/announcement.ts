/**
 * How the two ends of lockstep know each other: by a header in the opening handshake. A client sends
 * it, and a server answers a client that sent it. Others ignore it, as HTTP has it (RFC 9110, 5.1).
 *
 * It says: this end ends every stream with a Close frame. So a stream that ends without one was cut.
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
