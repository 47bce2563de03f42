/** Reasons of the server's own to refuse a handshake that is in order. It answers with 503. */
import type { Flaw } from './requestFlaw.js';

/** The header that says when to come back after a 503, in seconds. */
export const RETRY_AFTER = { 'Retry-After': '5' };

/** Why the server takes no session now. `came` follows "expected room for a session, but". */
export type Hindrance = Pick<Flaw, 'code' | 'came' | 'remedy' | 'setting'>;

/** The server stops. */
export const DRAINING: Hindrance = {
  code: 'ERR_DRAINING',
  came: 'this server is stopping',
  remedy: 'dial again when it is back, or dial another',
};

/** The limit on sessions is reached. */
export function tooMany(maxSessions: number): Hindrance {
  return {
    code: 'ERR_TOO_MANY_SESSIONS',
    came: `all ${maxSessions} are taken`,
    remedy: 'dial again later, or allow more',
    setting: 'maxSessions',
  };
}

/** Makes the flaw that a hindrance is to a request. */
export function unavailable(hindrance: Hindrance): Flaw {
  return { ...hindrance, status: 503, headers: RETRY_AFTER, expected: 'room for a session' };
}
