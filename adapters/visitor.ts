/**
 * Who sent a request, and what the request asked for.
 *
 * Rule 1. A field that is not known is absent: no field is an empty string.
 * Rule 2. A visitor is a copy, so the request can be freed.
 * Rule 3. Whoever sent the request chose these words: escape them before a person reads them.
 */
import type { IncomingMessage } from 'node:http';
import { addressOf } from './address.js';
import { targetWithoutSecrets } from './url.js';

/** Who sent a request. */
export interface Visitor {
  /** The address of the TCP connection's peer. */
  peer: string;
  method?: string;
  /** The target of the request without its secrets, such as its query: as a rule a path. */
  path?: string;
  host?: string;
  origin?: string;
  /** X-Forwarded-For: whom a proxy says it speaks for. */
  forwardedFor?: string;
}

/** Copies a visitor out of a request. */
export function visitorOf({ socket, method, url, headers }: IncomingMessage): Visitor {
  const { host, origin, 'x-forwarded-for': forwarded } = headers;
  return {
    peer: addressOf(socket),
    ...(method !== undefined && { method }),
    ...(url !== undefined && { path: targetWithoutSecrets(url) }),
    ...(host !== undefined && { host: targetWithoutSecrets(host) }),
    ...(origin !== undefined && { origin: targetWithoutSecrets(origin) }),
    // Node joins the values of a header that came several times.
    ...(forwarded !== undefined && { forwardedFor: String(forwarded) }),
  };
}

/** The path that a request asks for, without its query. A proxy may send a whole URL (RFC 9112, 3.2.2). */
export function pathOf(target: string): string {
  return targetWithoutSecrets(target).replace(/^https?:\/\/[^/]*/i, '');
}
