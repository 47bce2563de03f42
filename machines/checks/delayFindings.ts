/**
 * The trials of the experiment `delay`, and its findings.
 *
 * Rule 1. Networks jitter, so the shortest of several times counts.
 * Rule 2. A small message is held back where it takes longer than large ones do: by 30 ms at least (Nagle's
 *         algorithm waits 40 ms and more), and by a quarter.
 */
import type { DelayInput, Trial, When } from './delay.js';
import { type Finding, msInWords, onTheWay, type Way } from './findings.js';

/** A small message, and one that leaves buffers at once, in bytes. */
const SMALL = 20;
const LARGE = 16_384;

/** How often each trial is made. A rest makes a trial long. */
const TIMES = { flushed: 5, alone: 3, second: 3, rested: 2 };

/** What a small message is held back by, at least, in ms. */
const HELD_MS = 30;

/** What a trial sends, and what comes of it. */
type Burst = Pick<Trial, 'parts' | 'size' | 'count'>;

/** The ask is small, and the large message right behind it flushes it. */
const FLUSHED: Burst = { parts: [{ asks: LARGE }, { size: LARGE }], size: LARGE, count: 1 };

/** Trials with a far end that sends what it is asked for. An ask is itself a small message. */
const ASKED: Record<'there' | 'back', Record<When, Burst>> = {
  there: {
    alone: { parts: [{ asks: LARGE }], size: LARGE, count: 1 },
    second: { parts: [{ size: SMALL }, { asks: LARGE }], size: LARGE, count: 1 },
    rested: { parts: [{ asks: LARGE }], size: LARGE, count: 1 },
  },
  back: {
    alone: { parts: [{ asks: SMALL }, { size: LARGE }], size: SMALL, count: 1 },
    second: { parts: [{ asks: SMALL }, { asks: SMALL }, { size: LARGE }], size: SMALL, count: 2 },
    rested: { parts: [{ asks: SMALL }, { size: LARGE }], size: SMALL, count: 1 },
  },
};

/** Trials with a far end that returns messages. */
const RETURNED: Record<When, Burst> = {
  alone: { parts: [{ size: SMALL }], size: SMALL, count: 1 },
  second: { parts: [{ size: SMALL }, { size: SMALL }], size: SMALL, count: 2 },
  rested: { parts: [{ size: SMALL }], size: SMALL, count: 1 },
};

const WHENS = ['alone', 'second', 'rested'] as const satisfies readonly When[];

/** The trials for a far end: all large ones first. */
export function delayTrials(isAsked: boolean): Trial[] {
  if (!isAsked) {
    const large = { parts: [{ size: LARGE }], size: LARGE, count: 1 };
    return [...flushed('round', large), ...smallTrials('round', RETURNED)];
  }
  const back = smallTrials('back', ASKED.back);
  return [...flushed('there', FLUSHED), ...smallTrials('there', ASKED.there), ...back];
}

function flushed(way: Way, burst: Burst): Trial[] {
  return Array(TIMES.flushed).fill({ way, when: null, ...burst });
}

function smallTrials(way: Way, bursts: Record<When, Burst>): Trial[] {
  return WHENS.flatMap((when) => Array(TIMES[when]).fill({ way, when, ...bursts[when] }));
}

/** Judges whether small messages are held back. `times` are those of the trials, the first ones at least. */
export function judgeDelay(
  { trials }: Pick<DelayInput, 'trials'>,
  times: readonly number[],
): Finding[] {
  if (times.length < trials.length) return [untold(times.length, trials.length)];
  const shortest = (isMeant: (trial: Trial) => boolean): number =>
    Math.min(...times.filter((_, n) => isMeant(trials[n] as Trial)));
  const largeMs = shortest(({ when }) => when === null);
  const ways = [...new Set(trials.map(({ way }) => way))];
  return ways.map((way) => {
    const smallMs = (when: When): number =>
      shortest((trial) => trial.way === way && trial.when === when);
    const facts = {
      largeMs,
      aloneMs: smallMs('alone'),
      secondMs: smallMs('second'),
      restedMs: smallMs('rested'),
    };
    return judgeWay(way, facts);
  });
}

/** The shortest times, in ms. */
interface Shortest {
  largeMs: number;
  aloneMs: number;
  secondMs: number;
  restedMs: number;
}

function judgeWay(way: Way, times: Shortest): Finding {
  const { largeMs, aloneMs, secondMs, restedMs } = times;
  const isHeld = (ms: number): boolean => ms - largeMs > Math.max(HELD_MS, largeMs / 4);
  const held = (code: string, what: string, ms: number, remedy: string): Finding => ({
    experiment: 'delay',
    status: 'problem',
    blame: way === 'round' ? null : 'the path',
    code,
    message: `${what} ${onTheWay(way)} is held back for ${msInWords(ms - largeMs)}. ${remedy}`,
    facts: { way, heldMs: Math.round(ms - largeMs), ...times },
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
    facts: { way, ...times },
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
