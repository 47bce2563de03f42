/** The finding of the experiment `lifetime`: whether a busy connection is cut after a fixed time. */
import type { BusyOutput } from './busy.js';
import {
  cutByOf,
  cutInWords,
  defaultsInWords,
  defaultsNear,
  endedAt,
  isNoCut,
  LIFETIME_DEFAULTS,
  seenByFarEnd,
} from './cut.js';
import { type FarEnd, type Finding, msInWords } from './findings.js';
import { BOUNDS, type Remembered } from './grammar.js';

/** What a busy connection has shown. */
export interface Lifetime {
  farEnd: FarEnd;
  /** How long the connection was to last, in ms. */
  lifetime: number;
  output: BusyOutput;
  /** How the far end saw the end. `null`: it has seen none. */
  there?: Remembered | null;
}

/** Judges how long a busy connection lasts. */
export function judgeLifetime({ farEnd, lifetime, output, there }: Lifetime): Finding[] {
  const { answers, lastAt, isUnanswered, end } = output;
  const cutAfterMs = Math.round(endedAt(end) ?? lastAt);
  const lasts = { experiment: 'lifetime', blame: null } as const;
  const facts = { cutAfterMs: null, cutBy: null, lastedMs: cutAfterMs, answers };
  if (isNoCut(end)) {
    const message = `The check was stopped after ${msInWords(cutAfterMs)}. Nothing had cut the connection.`;
    return [{ ...lasts, status: 'unknown', code: 'STOPPED', message, facts }];
  }
  if (isUnanswered && answers === 0) {
    const message =
      'The far end does not answer, so a busy connection cannot be had. Run lockstep server there.';
    return [{ ...lasts, status: 'unknown', code: 'NO_ANSWER', message, facts }];
  }
  if (endedAt(end) === undefined && !isUnanswered) {
    const message = `A busy connection lasts ${msInWords(lifetime)}. No longer time was tried.`;
    return [
      {
        ...lasts,
        status: 'ok',
        code: 'LIFETIME_OK',
        message,
        facts: { ...facts, lastedMs: lifetime },
      },
    ];
  }
  if (farEnd === 'ours' && end.closed?.code === 1001 && cutAfterMs >= BOUNDS.lifetimeMs) {
    const message = `The far end ends a check after ${msInWords(BOUNDS.lifetimeMs)}, and nothing else had cut the connection until then.`;
    return [{ ...lasts, status: 'unknown', code: 'FAR_END_LIMIT', message, facts }];
  }
  return [
    judgeCut({ farEnd, lifetime, output, ...(there !== undefined && { there }) }, cutAfterMs),
  ];
}

function judgeCut({ farEnd, output, there }: Lifetime, cutAfterMs: number): Finding {
  const { answers, end } = output;
  const equals = defaultsNear(LIFETIME_DEFAULTS, [cutAfterMs, cutAfterMs]);
  const like = equals.length === 0 ? '' : `, the default of ${defaultsInWords(equals)}`;
  const cutBy = cutByOf(end);
  const how = cutBy === 'silence' ? 'without a word' : `by ${cutInWords(end)}`;
  return {
    experiment: 'lifetime',
    status: 'problem',
    blame: farEnd === 'ours' ? 'the path' : null,
    code: 'LIFETIME_CUT',
    message: `A busy connection is cut ${how} after ${msInWords(cutAfterMs)}${like}. Raise the longest time that a connection may last, or connect again before it is over.`,
    facts: {
      cutAfterMs,
      cutBy,
      answers,
      equals: equals.map(({ product, setting }) => `${product}: ${setting}`),
      ...seenByFarEnd(there),
      end,
    },
  };
}
