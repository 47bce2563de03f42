/**
 * All bounds of inspection: of the records that come from outside, and of the views that are kept of them.
 *
 * Rule 1. A record has a greatest size, depth and count of values. The reader refuses any other in one sentence.
 * Rule 2. Kept views have a greatest count and size. Sessions that are over go first, the oldest before others.
 * Rule 3. Sizes are in characters of JSON. The memory for them is a small multiple.
 */

/** The most characters of a machine's record, and of any other record. */
export const MACHINE_RECORD_CHARS = 512 * 1024;
export const RECORD_CHARS = 64 * 1024;

/** The most levels of a record's JSON. A state inside a state takes two levels. */
export const RECORD_DEPTH = 100;

/** The most values in a record's JSON. */
export const RECORD_VALUES = 40_000;

/** The most characters of a name: of a run, a session, a machine, an address. */
export const NAME_CHARS = 1_000;

/** The most machines that are kept, and their most characters together. */
export const KEPT_MACHINES = 256;
export const KEPT_MACHINE_CHARS = 16 * 1024 * 1024;

/** The most open sessions, the most ended ones that are kept, and their most characters together. */
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

/** The text for a part that was left out. */
export const MORE = '…';
