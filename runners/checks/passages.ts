/** The runs of the experiments `largest` and `frames`: passages both ways, and what both ends saw of them. */
import type { ClientOptions } from 'ws';
import {
  doublingUpTo,
  type Finding,
  FRAMINGS,
  judgeFrames,
  judgeLargest,
  type Passage,
  passage,
  type SeenOffer,
  type Sent,
} from '../../machines/checks/index.js';
import {
  ask,
  cannotTell,
  endOf,
  type Laboratory,
  nameOf,
  UNCOMPRESSED,
  waysOf,
} from './laboratory.js';

/** The largest message that a server of strangers gets, in bytes, unless the check is thorough. */
const UP_TO_FOR_STRANGERS = 1024 * 1024;

export async function runLargest(laboratory: Laboratory): Promise<Finding[]> {
  const { near, isThorough } = laboratory;
  if (near.farEnd === 'other') return [cannotTell('largest')];
  const isBounded = near.farEnd !== 'ours' && !isThorough;
  const upTo = isBounded ? Math.min(laboratory.upTo, UP_TO_FOR_STRANGERS) : laboratory.upTo;
  // This end takes all that it asks for, whatever limit its user set for other messages.
  return judgeLargest(await passages(laboratory, doublingUpTo(upTo), { maxPayload: upTo }));
}

export async function runFrames(laboratory: Laboratory): Promise<Finding[]> {
  if (laboratory.near.farEnd === 'other') return [cannotTell('frames')];
  return judgeFrames(await passages(laboratory, FRAMINGS), await seenOffer(laboratory));
}

/** Passes the messages each way, on a connection of its own. */
async function passages(
  laboratory: Laboratory,
  messages: readonly Sent[],
  options: ClientOptions = {},
): Promise<Passage[]> {
  const { near, answerTimeout } = laboratory;
  const all: Passage[] = [];
  for (const way of waysOf(laboratory)) {
    const name = near.farEnd === 'ours' ? nameOf() : null;
    const sent = { way, messages, name, answerTimeout };
    const here = await near.run(passage, sent, { ...UNCOMPRESSED, ...options });
    const isWhole = here.arrived.length === messages.length;
    const there = isWhole ? undefined : await endOf(laboratory, name);
    all.push({ sent, here, ...(there !== undefined && { there }) });
  }
  return all;
}

/** Offers compression, and asks the far end whether it saw the offer. */
async function seenOffer(laboratory: Laboratory): Promise<SeenOffer> {
  const seen = await ask(laboratory, { ask: 'handshake' }, 'handshake', {
    perMessageDeflate: true,
  });
  if (seen === null) return { seen: null };
  return {
    seen: seen.headers['sec-websocket-extensions']?.includes('permessage-deflate') ?? false,
  };
}
