/** Paths through proxies of our own that change heads and frames, as products do rarely. */
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
import { headerReplaced, headersAdded, headersRemoved } from './headMiddles.js';
import { own } from './ownPath.js';
import type { Path } from './path.js';

const LARGEST = { largest: 4_096 };

export const framePaths = {
  transparent: own('a transparent proxy', () => ({})),
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
  originReplaced: own('a proxy that replaces Origin', () =>
    headerReplaced('Origin: http://inner.example'),
  ),
  subprotocolRemoved: own('a proxy that removes Sec-WebSocket-Protocol', () =>
    headersRemoved('Sec-WebSocket-Protocol'),
  ),
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
} satisfies Record<string, Path>;
