/**
 * The records that inspection consists of: what one process tells about its sessions, one small JSON
 * object each. The relay, a recording and the page all read the same ones.
 *
 * Rule 1. A record is plain JSON, whole in itself, and within the bounds of `bounds.ts`.
 * Rule 2. Records of one run are numbered from 1 without gaps; a gap is a loss.
 * Rule 3. What comes from outside the process, a file or another command line, is read by
 *         `readRecord` and by nothing else.
 */
import type { Chart } from '../chart/model.js';
import {
  MACHINE_RECORD_CHARS,
  NAME_CHARS,
  RECORD_CHARS,
  RECORD_DEPTH,
  RECORD_VALUES,
} from './bounds.js';
import type { Json } from './preview.js';

/** The version of the form of the records; a recording says which one it has. */
export const FORMAT = 1;

/** Where and when. */
interface Base {
  /** The number of the record in its run, from 1. */
  seq: number;
  /** Milliseconds since 1970, with fractions. */
  ts: number;
  /** The process that told it; unique among all that share an inspector. */
  run: string;
}

/** A process begins to tell. */
export interface RunBegan extends Base {
  kind: 'run';
  /** What runs: `server`, `client`, `demo`. */
  name: string;
  pid: number;
}

/** A machine, before the first session of it. */
export interface MachineKnown extends Base {
  kind: 'machine';
  /** Its id and a hash of what it is: the same in every process that has the same machine. */
  machine: string;
  chart: Chart;
  /** The machine's config as JSON, for Stately's inspector; without functions. */
  definition: string;
}

/** A session was made; its first step follows when it starts. */
export interface SessionOpened extends Base {
  kind: 'session';
  session: string;
  name: string;
  machine: string;
}

/** The addresses of a session's socket, `address:port` each. */
export interface SessionConnected extends Base {
  kind: 'connected';
  session: string;
  local: string;
  remote: string;
}

/** An event as a record has it: its type, and previews of what else it holds. */
export interface Told {
  type: string;
  [field: string]: Json;
}

/** A deadline that was set, in ms. */
export interface Armed {
  name: string;
  ms: number;
}

/** What a session's status can be. */
export type Status = 'active' | 'done' | 'error' | 'stopped';

/** A session was told a fact, or a deadline passed, and this is all that came of it. */
export interface SessionStepped extends Base {
  kind: 'step';
  session: string;
  fact: Told;
  /** Ids of the chart's transitions, in order; none where the fact was not handled. */
  taken: string[];
  /** Commands and notices, in order. */
  emitted: Told[];
  armed: Armed[];
  cancelled: string[];
  /** The state it led to: paths of keys such as `open.live`, joined by `, `. */
  state: string;
  status: Status;
  /** The parts of the context that changed. */
  context: { [key: string]: Json };
}

/** A process has told everything. */
export interface RunEnded extends Base {
  kind: 'ended';
}

/** A process broke off, as its inspector saw it. */
export interface RunLost extends Base {
  kind: 'lost';
}

/** What inspection consists of. */
export type InspectorRecord =
  | RunBegan
  | MachineKnown
  | SessionOpened
  | SessionConnected
  | SessionStepped
  | RunEnded
  | RunLost;

/** Takes records as they come; `line` is the record as JSON. It must not throw. */
export interface Sink {
  write(record: InspectorRecord, line: string): void;
  /** Resolves once everything written has gone where it should, or cannot any more. */
  close(): Promise<void>;
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isName: Check = (value) => typeof value === 'string' && value.length <= NAME_CHARS;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const has =
  (fields: { [name: string]: Check }): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(fields).every(([name, check]) => check((value as never)[name]));

const isTold = has({ type: isString });

const isChartState: Check = has({
  id: isString,
  key: isString,
  type: isString,
  entry: isListOf(isString),
  exit: isListOf(isString),
  tags: isListOf(isString),
  invokes: isListOf(isString),
  children: (value) => isListOf(isChartState)(value),
});

const isChart: Check = has({
  id: isString,
  root: isChartState,
  transitions: isListOf(
    has({
      id: isString,
      source: isString,
      targets: isListOf(isString),
      cause: isString,
      actions: isListOf(isString),
    }),
  ),
});

const STATUSES = new Set<unknown>(['active', 'done', 'error', 'stopped']);

const KINDS: { [K in InspectorRecord['kind']]: Check } = {
  run: has({ name: isName, pid: isNumber }),
  machine: has({ machine: isName, chart: isChart, definition: isString }),
  session: has({ session: isName, name: isName, machine: isName }),
  connected: has({ session: isName, local: isName, remote: isName }),
  step: has({
    session: isName,
    fact: isTold,
    taken: isListOf(isString),
    emitted: isListOf(isTold),
    armed: isListOf(has({ name: isString, ms: isNumber })),
    cancelled: isListOf(isString),
    state: isString,
    status: (value) => STATUSES.has(value),
    context: isObject,
  }),
  ended: () => true,
  lost: () => true,
};

const isBase = has({ seq: isNumber, ts: isNumber, run: isName, kind: isString });

/** Why something from outside is no record; the message is short enough for a Close frame. */
export class RecordError extends Error {}

/** Reads a record that comes from outside. Throws a `RecordError`. */
export function readRecord(line: string): InspectorRecord {
  if (line.length > MACHINE_RECORD_CHARS) throw tooLong(MACHINE_RECORD_CHARS);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RecordError('expected a record, but got no JSON');
  }
  measure(value);
  if (!isBase(value)) throw new RecordError('expected a record, but got other JSON');
  const { kind } = value as { kind: string };
  const check = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
  if (check === undefined)
    throw new RecordError('expected a record of a known kind, but got another');
  if (kind !== 'machine' && line.length > RECORD_CHARS) throw tooLong(RECORD_CHARS);
  if (!check(value))
    throw new RecordError(`expected the fields of a ${kind} record, but got others`);
  return value as InspectorRecord;
}

function tooLong(limit: number): RecordError {
  return new RecordError(`expected a record of at most ${limit} characters, but got a longer one`);
}

/** Throws where JSON is too deep or too much. It does not recurse: what is too deep has no stack to spare. */
function measure(whole: unknown): void {
  let values = 0;
  let level = [whole];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > RECORD_DEPTH) {
      throw new RecordError(
        `expected a record of at most ${RECORD_DEPTH} levels, but got a deeper one`,
      );
    }
    values += level.length;
    if (values > RECORD_VALUES) {
      throw new RecordError(`expected a record of at most ${RECORD_VALUES} values, but got more`);
    }
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
  }
}
