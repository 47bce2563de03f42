/**
 * The finding of the experiment `idle`: how long silence is borne, by what the connection is cut then, and
 * what keeps it alive.
 */
import {
  cutInWords,
  defaultsInWords,
  defaultsNear,
  endedAt,
  IDLE_DEFAULTS,
  seenByFarEnd,
} from './cut.js';
import { type FarEnd, type Finding, msInWords } from './findings.js';
import type { Remembered } from './grammar.js';
import type { IdleOutput, Keeper } from './idle.js';
import { conclusive, cutOf, type IdleCut, isKept } from './silences.js';

/** What the connections of the experiment have shown. */
export interface Idleness {
  farEnd: FarEnd;
  /** The longest silence that was tried, in ms. */
  longest: number;
  silent: readonly IdleOutput[];
  kept: readonly IdleOutput[];
  /** How the far end saw the end of a silent connection that was cut. `null`: it has seen none. */
  there?: Remembered | null;
}

/** Judges how silence is borne. */
export function judgeIdle(idleness: Idleness): Finding[] {
  const silent = conclusive(idleness.silent);
  const kept = conclusive(idleness.kept);
  if (silent.length === 0)
    return [unknown('STOPPED', 'The check was stopped before it could tell.')];
  const cut = cutOf(silent);
  if (cut === undefined) return [judgeBorne(silent, idleness.longest)];
  const isMute = cut.by === 'silence' && cut.between[1] === 0;
  if (isMute) {
    return [
      unknown(
        'NO_ANSWER',
        `The far end does not answer even at once, so silence cannot be told from a cut. ${idleness.farEnd === 'other' ? 'Run lockstep server there.' : 'See the other findings.'}`,
      ),
    ];
  }
  return [judgeCut(cut, { ...idleness, silent, kept })];
}

function unknown(code: string, message: string): Finding {
  return { experiment: 'idle', status: 'unknown', blame: null, code, message, facts: {} };
}

/** Where nothing is cut: the silence that was borne, which a far end that speaks by itself shortens. */
function judgeBorne(silent: readonly IdleOutput[], longest: number): Finding {
  const answered = silent.filter(({ isAnswered }) => isAnswered);
  const borneMs = Math.max(0, ...answered.map(borneBy));
  const hasSpoken = answered.some((output) => output.hasSpoken);
  const facts = {
    cutAfterMs: null,
    cutBy: null,
    keptAliveBy: [],
    borneMs: Math.round(borneMs),
    hasSpoken,
  };
  const finding = { experiment: 'idle', status: 'ok', blame: null, facts } as const;
  if (hasSpoken && borneMs < longest * 0.9) {
    return {
      ...finding,
      code: 'FAR_END_SPEAKS',
      message: `Nothing is cut within ${msInWords(longest)}. The far end speaks by itself, and no silence was longer than ${msInWords(borneMs)}.`,
    };
  }
  return {
    ...finding,
    code: 'IDLE_OK',
    message: `Silence of ${msInWords(borneMs)} is borne. No longer one was tried.`,
  };
}

function borneBy({ sent, lastAt, longestGap }: IdleOutput): number {
  return Math.max(longestGap, sent.silence - lastAt);
}

const CODES = {
  fin: 'IDLE_CUT_BY_FIN',
  reset: 'IDLE_CUT_BY_RESET',
  close: 'IDLE_CUT_BY_CLOSE',
  silence: 'IDLE_CUT_IN_SILENCE',
} as const;

function judgeCut(cut: IdleCut, idleness: Idleness): Finding {
  const { farEnd, kept, there } = idleness;
  const cutAfterMs = Math.round(cut.ms);
  const keptAliveBy = kept.filter((output) => isKept(output, cut)).map(keeperOf);
  const notKeptAliveBy = kept.filter((output) => !isKept(output, cut)).map(keeperOf);
  const equals = defaultsNear(IDLE_DEFAULTS, cut.between);
  const facts = {
    cutAfterMs,
    cutBy: cut.by,
    keptAliveBy,
    notKeptAliveBy,
    between: cut.between.map(Math.round),
    equals: equals.map(({ product, setting }) => `${product}: ${setting}`),
    ...oneWayOf(kept, cut),
    ...seenByFarEnd(there),
    end: cut.end,
  };
  const blame = farEnd === 'ours' ? 'the path' : null;
  const finding = { experiment: 'idle', status: 'problem', blame, facts } as const;
  if (notKeptAliveBy.length > 1 && keptAliveBy.length === 0) {
    return {
      ...finding,
      code: 'LIFETIME_CUT',
      message: `Every connection is cut after about ${msInWords(cutAfterMs)} (${cutInWords(cut.end)}), silent or not. Raise the longest time that a connection may last, or connect again.`,
    };
  }
  const like = equals.length === 0 ? '' : `, the default of ${defaultsInWords(equals)}`;
  const untold = there === null && cut.by !== 'silence' ? ' The far end is not told.' : '';
  return {
    ...finding,
    code: CODES[cut.by],
    message: `${cutSentences(cut, like)} ${adviceOn(keptAliveBy, notKeptAliveBy, cutAfterMs)}${untold}${farEnd === 'ours' ? '' : ' Only this end was tried: run lockstep server at the other.'}`,
  };
}

function keeperOf({ sent }: IdleOutput): Keeper {
  return sent.keeper as Keeper;
}

/** Says how silence ends; `like` names the defaults that the time equals. */
function cutSentences({ by, ms, end }: IdleCut, like: string): string {
  const after = `after ${by === 'silence' ? 'about ' : ''}${msInWords(ms)} of silence${like}`;
  if (by !== 'silence') return `${capital(cutInWords(end))} ends the connection ${after}.`;
  const isMute = end.gone === null && end.closed === null;
  const then = isMute ? 'gets no answer' : `is answered by ${cutInWords(end)}`;
  return `The connection is cut without a word ${after}. The next message ${then}.`;
}

/** Says what keeps a connection alive, and what to do. */
function adviceOn(kept: readonly Keeper[], lost: readonly Keeper[], cutAfterMs: number): string {
  const often = `at least every ${msInWords(cutAfterMs / 2)}`;
  const raise = 'raise the idle timeout of what is between';
  const keepers = keptInWords('pings', kept) ?? keptInWords('messages', kept);
  if (keepers !== undefined) {
    const but = lost.length === 0 ? '' : `, but ${lost.join(' and ')} do not`;
    return `${capital(keepers)} keep it${but}: send some ${often}, or ${raise}.`;
  }
  const not = lost.length === 0 ? '' : `${capital(lost.join(' and '))} do not keep it: `;
  return capital(`${not}${raise}.`);
}

function keptInWords(kind: 'pings' | 'messages', kept: readonly Keeper[]): string | undefined {
  const of = kept.filter((keeper) => keeper.startsWith(`${kind} from`));
  return of.length > 1
    ? `${kind} from either end`
    : (of[0] ?? kept.find((one) => one.startsWith(kind)));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The silence of one way alone that cuts a connection, in ms; null where a connection outlasts it while the
 * other way is busy. Only a far end of lockstep lets this be tried.
 */
function oneWayOf(kept: readonly IdleOutput[], cut: IdleCut): object {
  const [here, there] = (['messages from this end', 'messages from the far end'] as const).map(
    (keeper) => kept.find(({ sent }) => sent.keeper === keeper),
  );
  if (here === undefined || there === undefined) return {};
  const silenceOf = (output: IdleOutput): number | null =>
    isKept(output, cut) ? null : Math.round(endedAt(output.end) ?? cut.ms);
  return { silentThereMs: silenceOf(there), silentBackMs: silenceOf(here) };
}
