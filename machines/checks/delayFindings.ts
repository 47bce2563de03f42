/**
 * The trials of the experiment `delay`, and its findings.
 *
 * Rule 1. Networks jitter, so the median of several times counts. The kinds of trials take turns: then a
 *         moment of trouble hits them alike.
 * Rule 2. A small message is held back where it takes longer than the same message with a large one behind
 *         it: by 30 ms at least (Nagle's algorithm waits 40 ms and more), and by a quarter.
 */
import type { DelayInput, Trial, When } from './delay.js';
import { type Finding, msInWords, onTheWay, type Way } from './findings.js';

/** A small message, and one that leaves buffers at once, in bytes. */
const SMALL = 20;
const LARGE = 16_384;

/** How often each kind of trial is made. A rest makes a trial long. */
const TURNS = 4;
const RESTED_TURNS = 2;

/** What a small message is held back by, at least, in ms. */
const HELD_MS = 30;

/** What a trial sends, and what comes of it. */
type Burst = Pick<Trial, 'parts' | 'count' | 'timed'>;
type Bursts = Record<'flushed' | 'alone' | 'second', Burst>;

const ASK_SMALL = { asks: SMALL };
const ASK_LARGE = { asks: LARGE };
const SEND_SMALL = { size: SMALL };
const SEND_LARGE = { size: LARGE };

const BURSTS: Record<Way, Bursts> = {
  // An ask is itself a small message. Its answer is large, which flushes it on the way back.
  there: {
    flushed: { parts: [ASK_LARGE, SEND_LARGE], count: 1, timed: 1 },
    alone: { parts: [ASK_LARGE], count: 1, timed: 1 },
    second: { parts: [SEND_SMALL, ASK_LARGE], count: 1, timed: 1 },
  },
  // A large message behind the asks flushes them on the way there.
  back: {
    flushed: { parts: [ASK_SMALL, ASK_LARGE, SEND_LARGE], count: 2, timed: 1 },
    alone: { parts: [ASK_SMALL, SEND_LARGE], count: 1, timed: 1 },
    second: { parts: [ASK_SMALL, ASK_SMALL, SEND_LARGE], count: 2, timed: 2 },
  },
  round: {
    flushed: { parts: [SEND_SMALL, SEND_LARGE], count: 2, timed: 1 },
    alone: { parts: [SEND_SMALL], count: 1, timed: 1 },
    second: { parts: [SEND_SMALL, SEND_SMALL], count: 2, timed: 2 },
  },
};

/** The trials for a far end that sends what it is asked for, or for one that returns messages. */
export function delayTrials(isAsked: boolean): Trial[] {
  const ways: Way[] = isAsked ? ['there', 'back'] : ['round'];
  const turn = ways.flatMap((way): Trial[] => {
    const { flushed, alone, second } = BURSTS[way];
    return [
      { way, when: 'flushed', ...flushed },
      { way, when: 'alone', ...alone },
      { way, when: 'second', ...second },
    ];
  });
  const restedTurn = ways.map((way): Trial => ({ way, when: 'rested', ...BURSTS[way].alone }));
  return [...repeated(turn, TURNS), ...repeated(restedTurn, RESTED_TURNS)];
}

function repeated(trials: readonly Trial[], times: number): Trial[] {
  return Array.from({ length: times }, () => trials).flat();
}

/** Judges whether small messages are held back. `times` are those of the trials, the first ones at least. */
export function judgeDelay(
  { trials }: Pick<DelayInput, 'trials'>,
  times: readonly number[],
): Finding[] {
  if (times.length < trials.length) return [untold(times.length, trials.length)];
  const ways = [...new Set(trials.map(({ way }) => way))];
  return ways.map((way) => {
    const msOf = (when: When): number =>
      medianOf(times.filter((_, n) => trials[n]?.way === way && trials[n]?.when === when));
    return judgeWay(way, {
      flushedMs: msOf('flushed'),
      aloneMs: msOf('alone'),
      secondMs: msOf('second'),
      restedMs: msOf('rested'),
    });
  });
}

/** The median; of two in the middle, the smaller one. */
function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[(times.length - 1) >> 1] ?? 0;
}

/** The median times, in ms. */
interface Medians {
  flushedMs: number;
  aloneMs: number;
  secondMs: number;
  restedMs: number;
}

function judgeWay(way: Way, medians: Medians): Finding {
  const { flushedMs, aloneMs, secondMs, restedMs } = medians;
  const isHeld = (ms: number): boolean => ms - flushedMs > Math.max(HELD_MS, flushedMs / 4);
  const held = (code: string, what: string, ms: number, remedy: string): Finding => ({
    experiment: 'delay',
    status: 'problem',
    blame: way === 'round' ? null : 'the path',
    code,
    message: `${what} ${onTheWay(way)} is held back for ${msInWords(ms - flushedMs)}. ${remedy}`,
    facts: { way, heldMs: Math.round(ms - flushedMs), ...medians },
  });
  if (isHeld(aloneMs)) {
    return held('HELD_BACK', 'A small message', aloneMs, 'Turn off buffering on the path.');
  }
  if (isHeld(secondMs)) {
    const remedy = "Turn off Nagle's algorithm (set TCP_NODELAY) on the path.";
    return held('SECOND_HELD_BACK', 'The second of two small messages', secondMs, remedy);
  }
  if (isHeld(restedMs)) {
    const remedy = 'See what on the path sleeps or opens connections anew.';
    return held('HELD_BACK_AFTER_SILENCE', 'A small message after a silence', restedMs, remedy);
  }
  return {
    experiment: 'delay',
    status: 'ok',
    blame: null,
    code: 'DELAY_OK',
    message: `Small messages pass ${onTheWay(way)} at once.`,
    facts: { way, ...medians },
  };
}

function untold(over: number, of: number): Finding {
  return {
    experiment: 'delay',
    status: 'unknown',
    blame: null,
    code: 'NO_ANSWER',
    message: `Only ${over} of ${of} trials with messages of up to ${LARGE / 1024} KiB were answered, so this cannot be told. See the experiments order and largest.`,
    facts: { over, of },
  };
}
