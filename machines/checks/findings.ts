/**
 * Findings: what an experiment tells of a path, for people and for programs.
 *
 * Rule 1. A finding is a measured fact. `unknown` says that the experiment could not tell, and why.
 * Rule 2. Codes are stable. A message is one or two sentences: what happens, and what to do.
 */

/** The experiments, in the order in which they run and are told. */
export const EXPERIMENTS = ['opening', 'order', 'close', 'idle', 'lifetime', 'restart'] as const;

/** An experiment. */
export type Experiment = (typeof EXPERIMENTS)[number];

/** Who does what a finding tells. */
export type Culprit = 'this end' | 'the path' | 'the far end';

/** How bad a finding is: nothing is wrong, worth knowing, or applications will notice; or not known. */
export type Status = 'ok' | 'note' | 'problem' | 'unknown';

/** One finding. */
export interface Finding {
  experiment: Experiment;
  status: Status;
  /** Null where nobody is to blame, or it is not known who is. */
  blame: Culprit | null;
  /** A stable name of the finding, such as `CLOSE_CODE_LOST`. */
  code: string;
  message: string;
  /** The figures behind the message: durations in ms, sizes in bytes. */
  facts: { readonly [name: string]: unknown };
}

/** The far end: of lockstep, a server that echoes, or any other. */
export type FarEnd = 'ours' | 'echo' | 'other';

/** The verdict on a path. */
export type Verdict = 'ok' | 'problem' | 'unreachable';

/** Says a duration in words: `40 ms`, `2.5 s`. */
export function msInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
