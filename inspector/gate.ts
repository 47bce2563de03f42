/**
 * The gate: the checks on every request to the inspector, and the headers of every answer.
 *
 * Rule 1. The token is in the path. Without the token the server serves nothing, not even the page's style.
 * Rule 2. `Host` must be a name of loopback. The server refuses a foreign name that resolves to this machine
 *         (DNS rebinding).
 * Rule 3. A page may open a WebSocket from the inspector's own origin only. A command line sends no origin.
 * Rule 4. The page may load nothing from elsewhere, run no inline script, and stand in no frame.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A token of 192 random bits, as 32 characters for a URL. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

/** Whether a request names a loopback host. */
export function isLocal({ headers }: IncomingMessage): boolean {
  return LOOPBACK.test(headers.host ?? '');
}

/** Whether a request comes from the inspector's own page. */
export function isOwnPage({ headers }: IncomingMessage): boolean {
  return headers.origin === `http://${headers.host}`;
}

/** The part of the path behind the token; undefined where the token is wrong. */
export function pathBehind(token: string, { url = '' }: IncomingMessage): string | undefined {
  const [, given = '', path] = /^\/([^/?#]*)(\/[^?#]*)/.exec(url) ?? [];
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b) ? path : undefined;
}

/** The headers of every answer. */
export const HEADERS: OutgoingHttpHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Answers an upgrade with an error, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}
