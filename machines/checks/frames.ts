/**
 * The experiment `frames`: does the path keep the frames of a message, join them or split them, each way? Does
 * a ping between two fragments do harm? Is an offer of compression passed on?
 *
 * Rule 1. RFC 6455 (5.4) lets a path join and split: such a change is a note. A message that is lost for its
 *         fragments is a problem.
 * Rule 2. A far end that is not ours frames its answers as it likes. Only a loss is told of it.
 */
import { type Finding, noMessage, onTheWay, type Way } from './findings.js';
import { cameInstead, type Passage, type Sent } from './passage.js';

/** A message in one small frame, in fragments, in fragments with a ping between, and in one large frame. */
export const FRAMINGS = [
  { size: 30, frames: 1 },
  { size: 30, frames: 3 },
  { size: 30, frames: 3, ping: 'between' },
  { size: 32_768, frames: 1 },
] as const satisfies readonly Sent[];

/** Judges whether frames pass as they were sent. `offer` is that of compression, as both ends saw it. */
export function judgeFrames(passages: readonly Passage[], offer: SeenOffer): Finding[] {
  const changes = [...passages.flatMap(judgePassage), ...judgeOffer(offer)];
  if (changes.length > 0) return changes;
  const isRound = passages.some(({ sent }) => sent.way === 'round');
  return [
    {
      experiment: 'frames',
      status: 'ok',
      blame: null,
      code: 'FRAMES_OK',
      message: isRound
        ? 'Messages in fragments come back, also with a ping between their fragments.'
        : 'Frames pass as they were sent, also with a ping between them.',
      facts: { offer: offer.seen },
    },
  ];
}

function judgePassage({ sent: { way }, here: { arrived, end } }: Passage): Finding[] {
  const [whole, fragmented, interrupted, large] = arrived;
  const lost = (code: string, what: string): Finding => ({
    experiment: 'frames',
    status: 'problem',
    blame: way === 'round' ? null : 'the path',
    code,
    message: `${what} does not pass ${onTheWay(way)}: ${cameInstead(end)}. See what on the path or behind it reads frames.`,
    facts: { way, end },
  });
  if (whole === undefined) return [noMessage('frames', way)];
  if (fragmented === undefined) return [lost('FRAGMENTS_LOST', 'A message in fragments')];
  if (interrupted === undefined) {
    return [lost('INTERRUPTED_MESSAGE_LOST', 'A message with a ping between its fragments')];
  }
  if (way === 'round') return [];
  const sent = FRAMINGS[1].frames;
  const most = Math.max(whole.frames, large?.frames ?? 1);
  const facts = { way, sent, arrived: fragmented.frames, large: large?.frames };
  if (fragmented.frames > sent || most > 1) return [split(way, facts)];
  return fragmented.frames < sent ? [joined(way, facts)] : [];
}

function joined(way: Way, facts: { sent: number; arrived: number }): Finding {
  return {
    experiment: 'frames',
    status: 'note',
    blame: 'the path',
    code: 'FRAMES_JOINED',
    message: `The path joins the frames of a message ${onTheWay(way)}: ${facts.sent} are sent, ${facts.arrived} arrives. A message arrives when its last fragment does.`,
    facts,
  };
}

function split(way: Way, facts: object): Finding {
  return {
    experiment: 'frames',
    status: 'note',
    blame: 'the path',
    code: 'FRAMES_SPLIT',
    message: `The path splits the frames of a message ${onTheWay(way)}. Mind limits on the number of fragments.`,
    facts: { ...facts },
  };
}

/** An offer of compression, as both ends saw it. */
export interface SeenOffer {
  /** Whether the far end saw it; null where it does not tell. */
  seen: boolean | null;
}

function judgeOffer({ seen }: SeenOffer): Finding[] {
  if (seen !== false) return [];
  return [
    {
      experiment: 'frames',
      status: 'note',
      blame: 'the path',
      code: 'COMPRESSION_STRIPPED',
      message:
        'The path takes the offer of compression (permessage-deflate) out of the request. Messages pass uncompressed.',
      facts: { offered: true, seen },
    },
  ];
}
