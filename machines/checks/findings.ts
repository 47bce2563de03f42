/**
 * Findings: what an experiment tells of a path, for people and for programs.
 *
 * Rule 1. A finding is a measured fact. `unknown` says that the experiment could not tell, and why.
 * Rule 2. Codes are stable. A message is one or two sentences: what happens, and what to do.
 */

/** The experiments, in the order in which they run and are told. */
export const EXPERIMENTS = [
  'opening',
  'order',
  'largest',
  'frames',
  'pings',
  'close',
  'idle',
  'lifetime',
  'delay',
  'restart',
] as const;

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

/** A way of messages: to the far end, from it, or there and back where the far end does not tell. */
export type Way = 'there' | 'back' | 'round';

/** Says a way in words. */
export function onTheWay(way: Way): string {
  return { there: 'to the far end', back: 'from the far end', round: 'there and back' }[way];
}

/** The finding where not even the first message arrived: the experiment cannot tell. */
export function noMessage(experiment: Experiment, way: Way): Finding {
  return {
    experiment,
    status: 'unknown',
    blame: null,
    code: 'NO_MESSAGE',
    message: `Not even a small message passes unchanged ${onTheWay(way)}, so this cannot be told. See the experiment order.`,
    facts: { way },
  };
}

/** Says a size in words: `512 bytes`, `4 KiB`, `1.5 MiB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, 'KiB'] : [bytes / 2 ** 20, 'MiB'];
  return `${Number(size.toFixed(1))} ${unit}`;
}

/** Says a duration in words: `40 ms`, `2.5 s`. */
export function msInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
