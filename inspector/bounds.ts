/**
 * The bounds of inspection, all of them: of what comes from outside, and of what is kept of it.
 *
 * Rule 1. What a reader of records takes has a size, a depth and a count; beyond them it is refused in
 *         one sentence.
 * Rule 2. What is kept has a count and a size. What is over goes first, the oldest before the others.
 * Rule 3. Characters are those of JSON: what they take in memory is a small multiple.
 */

/** The most characters of a machine's record, and of any other. */
export const MACHINE_RECORD_CHARS = 512 * 1024;
export const RECORD_CHARS = 64 * 1024;

/** The most levels of a record's JSON; a state in a state takes two. */
export const RECORD_DEPTH = 100;

/** The most values in a record's JSON. */
export const RECORD_VALUES = 40_000;

/** The most characters of a name: of a run, a session, a machine, an address. */
export const NAME_CHARS = 1_000;

/** The most machines that are kept, and the most characters of all of them. */
export const KEPT_MACHINES = 256;
export const KEPT_MACHINE_CHARS = 16 * 1024 * 1024;

/** The most sessions that run, that are over and kept, and the most characters of all of them. */
export const KEPT_OPEN = 20_000;
export const KEPT_ENDED = 1_000;
export const KEPT_SESSION_CHARS = 64 * 1024 * 1024;

/** Of one session: the most characters of its context, and the most keys of each of its counts. */
export const CONTEXT_CHARS = 32 * 1024;
export const KEPT_IGNORED = 50;
export const KEPT_HITS = 1_000;
export const KEPT_DEADLINES = 100;

/** Of one step: the most entries of each of its lists. */
export const STEP_ENTRIES = 100;

/** What stands for what was left out. */
export const MORE = '…';
