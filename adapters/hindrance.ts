/** What hinders the server itself from taking a session that is in order: it answers 503. */
import type { Flaw } from './requestFlaw.js';

/** When to come back after a 503, in seconds. */
export const RETRY_AFTER = { 'Retry-After': '5' };

/** Why there can be no more sessions now: the end of "expected room for a session, but". */
export type Hindrance = Pick<Flaw, 'code' | 'came' | 'remedy' | 'setting'>;

export const DRAINING: Hindrance = {
  code: 'ERR_DRAINING',
  came: 'this server is stopping',
  remedy: 'dial again when it is back, or dial another',
};

export function tooMany(maxSessions: number): Hindrance {
  return {
    code: 'ERR_TOO_MANY_SESSIONS',
    came: `all ${maxSessions} are taken`,
    remedy: 'dial again later, or allow more',
    setting: 'maxSessions',
  };
}

/** The server itself is what cannot take a session. */
export function unavailable(hindrance: Hindrance): Flaw {
  return { ...hindrance, status: 503, headers: RETRY_AFTER, expected: 'room for a session' };
}
