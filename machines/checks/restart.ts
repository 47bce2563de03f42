/**
 * The finding of the experiment `restart`: how a connection ends that is held while somebody reloads a proxy
 * or restarts a server, and whether a new one opens at once.
 */
import type { BusyOutput } from './busy.js';
import { type CutBy, cutByOf, cutInWords, endedAt, seenByFarEnd } from './cut.js';
import { type Finding, msInWords } from './findings.js';
import type { Remembered } from './grammar.js';

/** What a held connection has shown. */
export interface Restart {
  output: BusyOutput;
  /** Whether a new connection opened and answered at once; null where none was tried. */
  isBack: boolean | null;
  /** How the far end saw the end. `null`: it has seen none. */
  there?: Remembered | null;
}

const CODES = {
  fin: 'RESTART_BY_FIN',
  reset: 'RESTART_BY_RESET',
  close: 'RESTART_BY_CLOSE',
  silence: 'RESTART_IN_SILENCE',
} as const;

const SEEN: Record<CutBy, string> = {
  fin: 'Applications see 1006, as in a failure.',
  reset: 'Applications see 1006, as in a failure.',
  close: 'Applications see its code.',
  silence: 'Applications see nothing until they wait for an answer in vain.',
};

/** Judges the end of a connection that was held. */
export function judgeRestart({ output, isBack, there }: Restart): Finding[] {
  const { answers, lastAt, isUnanswered, end } = output;
  const cutAfterMs = Math.round(endedAt(end) ?? lastAt);
  const held = { experiment: 'restart', blame: null } as const;
  const seen = seenByFarEnd(there);
  const facts = { cutAfterMs, cutBy: cutByOf(end), isBack, answers, ...seen, end };
  if (isUnanswered && answers === 0) {
    const message =
      'The far end does not answer, so the connection cannot be watched. Run lockstep server there.';
    return [{ ...held, status: 'unknown', code: 'NO_ANSWER', message, facts: { answers } }];
  }
  if (end.gone?.by === 'cut' && end.closed === null) {
    const message = `The connection lasted ${msInWords(cutAfterMs)}, until the check was stopped. Nothing had ended it.`;
    const lasted = { cutAfterMs: null, cutBy: null, lastedMs: cutAfterMs, answers };
    return [{ ...held, status: 'ok', code: 'RESTART_HELD', message, facts: lasted }];
  }
  const cutBy = cutByOf(end);
  const how = cutBy === 'silence' ? 'without a word' : `by ${cutInWords(end)}`;
  const again =
    isBack === false ? 'A new connection did not open at once.' : 'A new one opens at once.';
  return [
    {
      ...held,
      status: cutBy === 'close' && isBack === true ? 'note' : 'problem',
      code: CODES[cutBy],
      message: `The connection ends ${how} after ${msInWords(cutAfterMs)}. ${SEEN[cutBy]} ${again} Have clients connect again, and give connections time to drain.`,
      facts,
    },
  ];
}
