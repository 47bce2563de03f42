/**
 * The silences of the experiment `idle`: those of the first round, what it shows, and those of the second.
 *
 * Rule 1. A cut in sight tells its own time. A cut without a word lies between two silences.
 * Rule 2. Two rounds tell the time of a cut to 5 %, from a 16th of the longest silence on.
 */
import { type CutBy, cutByOf, endedAt, isNoCut } from './cut.js';
import type { FarEnd } from './findings.js';
import { BOUNDS } from './grammar.js';
import { type IdleOutput, KEEPERS, type Keeper } from './idle.js';
import type { SeenEnd } from './probe.js';

/** How many silences lie between the longest and a 16th of it. */
const STEPS = 8;
/** How many silences the second round puts between two. */
const FURTHER = 3;

/** The silences of the first round, in ms: none, and a row in which two in sequence double. */
export function firstSilences(longest: number): number[] {
  const row = Array.from({ length: STEPS + 1 }, (_, n) => Math.round(longest / 2 ** (n / 2)));
  return [0, ...row.reverse()];
}

/** A cut of silent connections. */
export interface IdleCut {
  by: CutBy;
  /** The silence that is cut, in ms: of cuts in sight the median, else the middle of `between`. */
  ms: number;
  /** Of cuts in sight the first and the last, else the longest silence that was borne and the next, in ms. */
  between: readonly [number, number];
  end: SeenEnd;
}

/** How long a connection was silent before it ended in sight, in ms; undefined where it did not. */
export function silenceBefore({ isAsked, lastAt, end }: IdleOutput): number | undefined {
  const at = endedAt(end);
  return isAsked || at === undefined ? undefined : at - lastAt;
}

/** The outputs that tell something of the path. */
export function conclusive(outputs: readonly IdleOutput[]): IdleOutput[] {
  return outputs.filter(({ end }) => !isNoCut(end));
}

/** The cut that silent connections show; undefined where all are still there. */
export function cutOf(outputs: readonly IdleOutput[]): IdleCut | undefined {
  const inSight = outputs.filter((output) => silenceBefore(output) !== undefined);
  const byTime = inSight.toSorted((a, b) => msBefore(a) - msBefore(b));
  const middle = byTime[Math.floor(byTime.length / 2)];
  const mute = outputs.filter(({ isAsked, isAnswered }) => isAsked && !isAnswered);
  const muteMs = Math.min(...mute.map(({ sent }) => sent.silence));
  // A far end that answers nothing hides no cut in sight. Nor does a question at the moment of the cut.
  const tellsNothing = muteMs === 0 || msBefore(middle) * 0.95 <= muteMs;
  if (middle !== undefined && tellsNothing) {
    const between = [msBefore(byTime[0]), msBefore(byTime.at(-1))] as const;
    return { by: cutByOf(middle.end), ms: msBefore(middle), between, end: middle.end };
  }
  const answered = outputs.filter(({ isAnswered, sent }) => isAnswered && sent.silence < muteMs);
  const borneMs = Math.max(0, ...answered.map(({ sent }) => sent.silence));
  const found = mute.find(({ sent }) => sent.silence === muteMs);
  if (found === undefined) return undefined;
  return {
    by: 'silence',
    ms: (borneMs + muteMs) / 2,
    between: [borneMs, muteMs],
    end: found.end,
  };
}

/** Whether a keeper has kept a connection beyond this cut. */
export function isKept({ isAsked, isAnswered }: IdleOutput, { by }: IdleCut): boolean {
  return by === 'silence' ? isAnswered : isAsked;
}

function msBefore(output: IdleOutput | undefined): number {
  return (output && silenceBefore(output)) ?? 0;
}

/** The silences of the second round, in ms: between that which was borne and that which was not. */
export function furtherSilences({ by, between: [borne, cut] }: IdleCut): number[] {
  if (by !== 'silence' || cut === 0) return [];
  const from = Math.max(borne, cut / 2 ** (STEPS / 2));
  const ratio = (cut / from) ** (1 / (FURTHER + 1));
  return Array.from({ length: FURTHER }, (_, n) => Math.round(from * ratio ** (n + 1)));
}

/** The keepers that a far end lets this end try. */
export function keepersFor(farEnd: FarEnd): readonly Keeper[] {
  if (farEnd === 'ours') return KEEPERS;
  return farEnd === 'echo'
    ? ['pings from this end', 'messages both ways']
    : ['pings from this end'];
}

/** How long keepers speak, and how often, in ms: until a silent connection would surely be cut. */
export function keeping({ between: [borne, cut] }: IdleCut): {
  silence: number;
  beatInterval: number;
} {
  const shortest = Math.max(borne, cut / 2 ** (STEPS / 2));
  const [least] = BOUNDS.everyMs;
  return { silence: Math.round(cut * 1.25), beatInterval: Math.max(least, shortest / 3) };
}
