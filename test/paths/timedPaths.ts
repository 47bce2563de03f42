/** Paths through proxies of our own that swallow all, cut after a time, or pass bytes slowly. */
import { openAt, own } from './ownPath.js';
import type { Path } from './path.js';
import { blackHole } from './relay.js';
import { heldBack, holeAfterHandshake, idleTimeout, lifetime, trickled } from './timedMiddles.js';

const IDLE = { idleMs: 1_000 };
const LIFETIME = { lifetimeMs: 600 };
const HELD = { heldMs: 300 };

export const timedPaths = {
  blackHole: {
    name: 'a black hole',
    by: 'own',
    open: async (_, context) => openAt(await blackHole(context)),
  },
  holeAfterHandshake: own('a black hole behind the handshake', holeAfterHandshake),
  trickled: own('a proxy that passes 7 bytes at a time', () => trickled(7)),
  heldBack: own('a proxy that holds small messages back', () => heldBack(1_024, HELD.heldMs), HELD),
  idleByFin: own(
    'a proxy whose idle timeout sends FIN',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'fin' }),
    IDLE,
  ),
  idleByReset: own(
    'a proxy whose idle timeout resets',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'reset' }),
    IDLE,
  ),
  idleByClose: own(
    'a proxy whose idle timeout sends a Close frame',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'close' }),
    IDLE,
  ),
  idleBySilence: own(
    'a proxy whose idle timeout says nothing',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'silence' }),
    IDLE,
  ),
  idleDespitePings: own(
    'a proxy whose idle timeout heeds no pings',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'fin', heedsPings: false }),
    IDLE,
  ),
  idleToClient: own(
    'a proxy whose idle timeout heeds the server alone',
    () => idleTimeout({ ms: IDLE.idleMs, by: 'fin', heeds: 'toClient' }),
    IDLE,
  ),
  lifetimeByFin: own(
    'a proxy whose lifetime limit sends FIN',
    () => lifetime(LIFETIME.lifetimeMs, 'fin'),
    LIFETIME,
  ),
  lifetimeByClose: own(
    'a proxy whose lifetime limit sends a Close frame',
    () => lifetime(LIFETIME.lifetimeMs, 'close'),
    LIFETIME,
  ),
} satisfies Record<string, Path>;
