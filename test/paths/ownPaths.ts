/** Paths of our own making, for what products do rarely. */
import { OPCODE } from '../support/frames.js';
import {
  closeEaten,
  closeReplaced,
  dropped,
  flipped,
  fragmentsJoined,
  fragmentsSplit,
  pingsAnswered,
  sizeLimit,
} from './frameMiddles.js';
import { headersAdded, headersRemoved } from './headMiddles.js';
import type { OpenPath, Path, PathFigures } from './path.js';
import { blackHole, type Middle, relay } from './relay.js';
import { heldBack, holeAfterHandshake, idleTimeout, lifetime, trickled } from './timedMiddles.js';

const IDLE = { idleMs: 600 };
const LIFETIME = { lifetimeMs: 600 };
const LARGEST = { largest: 4_096 };
const HELD = { heldMs: 300 };

/** The figures of an own path, and the ways of the path that have this middle. */
function own(name: string, middleOf: () => Middle, figures: PathFigures = {}): Path {
  return {
    name,
    by: 'own',
    figures,
    open: async (farPort, context) => openAt(await relay(farPort, context, middleOf)),
  };
}

function openAt(port: number): OpenPath {
  return { entry: { url: `ws://127.0.0.1:${port}/` }, version: '', log: async () => '' };
}

export const ownPaths = {
  transparent: own('a transparent proxy', () => ({})),
  blackHole: {
    name: 'a black hole',
    by: 'own',
    open: async (_, context) => openAt(await blackHole(context)),
  },
  holeAfterHandshake: own('a black hole behind the handshake', holeAfterHandshake),
  fragmentsJoined: own('a proxy that joins fragments', fragmentsJoined),
  fragmentsSplit: own('a proxy that splits frames into fragments of 4 bytes', () =>
    fragmentsSplit(4),
  ),
  closeEaten: own('a proxy that eats Close frames', closeEaten),
  closeReplaced: own('a proxy that replaces close codes by 1000', () => closeReplaced(1000)),
  pingsAnswered: own('a proxy that answers pings itself', pingsAnswered),
  pingsDropped: own('a proxy that drops pings', () =>
    dropped(({ opcode }) => opcode === OPCODE.ping),
  ),
  pongsDropped: own('a proxy that drops pongs', () =>
    dropped(({ opcode }) => opcode === OPCODE.pong),
  ),
  toServerDropped: own('a proxy that drops all frames to the server', () =>
    dropped((_, direction) => direction === 'toServer'),
  ),
  toClientDropped: own('a proxy that drops all frames to the client', () =>
    dropped((_, direction) => direction === 'toClient'),
  ),
  toServerFlipped: own('a proxy that flips a bit on the way to the server', () =>
    flipped('toServer'),
  ),
  toClientFlipped: own('a proxy that flips a bit on the way to the client', () =>
    flipped('toClient'),
  ),
  compressionStripped: own('a proxy that strips the offer of compression', () =>
    headersRemoved('Sec-WebSocket-Extensions'),
  ),
  headersAdded: own('a proxy that adds Via and X-Forwarded headers', () =>
    headersAdded(
      'Via: 1.1 middle',
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: public.example',
    ),
  ),
  originRemoved: own('a proxy that removes Origin', () => headersRemoved('Origin')),
  subprotocolRemoved: own('a proxy that removes Sec-WebSocket-Protocol', () =>
    headersRemoved('Sec-WebSocket-Protocol'),
  ),
  trickled: own('a proxy that passes one byte at a time', () => trickled(1)),
  heldBack: own('a proxy that holds small messages back', () => heldBack(1_024, HELD.heldMs), HELD),
  limitByClose: own(
    'a proxy that refuses large messages with 1009',
    () => sizeLimit(LARGEST.largest, 'close'),
    LARGEST,
  ),
  limitByReset: own(
    'a proxy that resets on large messages',
    () => sizeLimit(LARGEST.largest, 'reset'),
    LARGEST,
  ),
  limitBySilence: own(
    'a proxy that falls silent on large messages',
    () => sizeLimit(LARGEST.largest, 'silence'),
    LARGEST,
  ),
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
