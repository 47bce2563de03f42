/**
 * The experiment `largest`: how large may a message be, each way, and who refuses larger ones, and how? Sizes
 * double on one connection until a message does not arrive.
 *
 * Rule 1. A limit of an end is a setting of that end, and no fault of the path: a note that names it.
 * Rule 2. Only a far end of lockstep tells its limit from one of the path.
 */
import { bytesInWords, type Finding, noMessage, onTheWay, type Way } from './findings.js';
import { cameInstead, type Passage, type Sent } from './passage.js';
import type { SeenEnd } from './probe.js';

/** The first size, in bytes. */
const SMALLEST = 64;

/** Messages whose sizes double up to this size, in bytes. */
export function doublingUpTo(upTo: number): Sent[] {
  const messages: Sent[] = [];
  for (let size = SMALLEST; size < upTo; size *= 2) messages.push({ size, frames: 1 });
  return [...messages, { size: upTo, frames: 1 }];
}

/** Judges how large a message may be. */
export function judgeLargest(passages: readonly Passage[]): Finding[] {
  return passages.map(judgePassage);
}

function judgePassage(passage: Passage): Finding {
  const { way, messages } = passage.sent;
  const { arrived } = passage.here;
  if (arrived.length === 0) return noMessage('largest', way);
  const passed = messages[arrived.length - 1]?.size ?? 0;
  const refused = messages[arrived.length]?.size;
  if (refused === undefined) {
    return {
      experiment: 'largest',
      status: 'ok',
      blame: null,
      code: 'LARGEST_OK',
      message: `Messages of up to ${bytesInWords(passed)} pass ${onTheWay(way)}.`,
      facts: { way, passed, ms: arrived.at(-1)?.ms },
    };
  }
  const end = endOfRefusal(passage);
  const facts = { way, passed, refused, ...refusalIn(end) };
  // Only a far end of lockstep tells of its limit.
  if (passage.there?.gone?.by === 'limit') return aboveLimit(facts);
  return judgeRefusal(facts, end);
}

/** The sizes around a refusal, in bytes. */
interface Refusal {
  way: Way;
  passed: number;
  refused: number;
}

function aboveLimit(facts: Refusal): Finding {
  const { passed, refused } = facts;
  return {
    experiment: 'largest',
    status: 'note',
    blame: 'the far end',
    code: 'MESSAGE_LIMIT',
    message: `The far end takes a message of ${bytesInWords(passed)}, and refuses ${bytesInWords(refused)} for its own limit. Raise --max-payload of lockstep server to look further.`,
    facts: { ...facts },
  };
}

function judgeRefusal(facts: Refusal, end: SeenEnd): Finding {
  const { way, passed, refused } = facts;
  const isRound = way === 'round';
  const remedy = isRound
    ? 'To learn who refuses it, run lockstep server there.'
    : 'Raise the limit on messages of what is between the ends, or send smaller messages.';
  return {
    experiment: 'largest',
    status: isRound ? 'note' : 'problem',
    blame: isRound ? null : 'the path',
    code: 'MESSAGE_REFUSED',
    message: `A message of ${bytesInWords(passed)} passes ${onTheWay(way)}, and ${bytesInWords(refused)} does not: ${cameInstead(end)}. ${remedy}`,
    facts: { ...facts },
  };
}

/** The end of the connection. A path may send its Close frame to the far end alone. */
function endOfRefusal({ here: { end }, there }: Passage): SeenEnd {
  return { ...end, closed: end.closed ?? there?.closed ?? null };
}

/** How a message was refused, as facts. */
function refusalIn({ closed, gone }: SeenEnd): object {
  if (closed !== null) return { by: 'close', closeCode: closed.code, reason: closed.reason };
  if (gone === null) return { by: 'silence' };
  return { by: gone.by === 'reset' ? 'reset' : 'fin' };
}
