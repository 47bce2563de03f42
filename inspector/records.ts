/**
 * The records of inspection: small JSON objects about the sessions of one process. The relay, a recording and
 * the page read the same records.
 *
 * Rule 1. A record is plain JSON, complete in itself, and within the bounds of `bounds.ts`.
 * Rule 2. Records of one run are numbered from 1 without gaps. A gap is a loss.
 * Rule 3. `readRecord` alone reads records from a file or from another process.
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

/** The version of the format of records. The heading of a recording has it. */
export const FORMAT = 1;

/** The fields of every record. */
interface Base {
  /** The number of the record in its run, from 1. */
  seq: number;
  /** Milliseconds since 1970, with fractions. */
  ts: number;
  /** The process that wrote it; unique among all processes of an inspector. */
  run: string;
}

/** A process begins to inspect. */
export interface RunBegan extends Base {
  kind: 'run';
  /** The command: `server`, `client`, `demo`. */
  name: string;
  pid: number;
}

/** A machine, before the first session of it. */
export interface MachineKnown extends Base {
  kind: 'machine';
  /** Its id and a hash of its chart and config: equal in all processes with the same machine. */
  machine: string;
  chart: Chart;
  /** The machine's config as JSON without functions, for Stately's inspector. */
  definition: string;
}

/** A session was created. Its first step follows when it starts. */
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

/** The preview of an event: its type, and previews of its other fields. */
export interface EventPreview {
  type: string;
  [field: string]: Json;
}

/** A deadline that was set, in ms. */
export interface ArmedDeadline {
  name: string;
  ms: number;
}

/** What a session's status can be. */
export type Status = 'active' | 'done' | 'error' | 'stopped';

/** A session handled a fact or a deadline, with all effects. */
export interface SessionStepped extends Base {
  kind: 'step';
  session: string;
  fact: EventPreview;
  /** Ids of the chart's transitions, in order; none where no transition handled the fact. */
  taken: string[];
  /** Commands and notices, in order. */
  emitted: EventPreview[];
  armed: ArmedDeadline[];
  cancelled: string[];
  /** The state after the step, as `pathOf` writes it: `open.live`, or `a.x, b.y`. */
  state: string;
  status: Status;
  /** The parts of the context that changed. */
  context: { [key: string]: Json };
}

/** A process has written its last record. */
export interface RunEnded extends Base {
  kind: 'ended';
}

/** A process broke off. Its inspector writes this record. */
export interface RunLost extends Base {
  kind: 'lost';
}

/** Any record. */
export type InspectorRecord =
  | RunBegan
  | MachineKnown
  | SessionOpened
  | SessionConnected
  | SessionStepped
  | RunEnded
  | RunLost;

/** Takes records as they come; `line` is the record as JSON. `write` must not throw. */
export interface Sink {
  write(record: InspectorRecord, line: string): void;
  /** Resolves once all records are written, or cannot be written any more: within this many ms. */
  close(within: number): Promise<void>;
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isName: Check = (value) => {
  if (typeof value !== 'string') return false;
  if (value.length > NAME_CHARS)
    throw overLimit('a name', `${NAME_CHARS} characters`, 'a longer one');
  return true;
};
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

/** The reason why a line is no record, in parts; the message fits a Close frame. */
export class RecordError extends Error {
  readonly expected: string;
  readonly came: string;
  /** The limit that the record is over, such as `100 levels`; undefined where the line is no record at all. */
  readonly limit: string | undefined;

  constructor(expected: string, came: string, limit?: string) {
    super(`expected ${expected}, but ${came}`);
    this.expected = expected;
    this.came = came;
    this.limit = limit;
  }
}

function overLimit(what: string, limit: string, came: string): RecordError {
  return new RecordError(`${what} of at most ${limit}`, `got ${came}`, limit);
}

/** Reads a record from outside. Throws a `RecordError`. */
export function readRecord(line: string): InspectorRecord {
  if (line.length > MACHINE_RECORD_CHARS) throw tooLong(MACHINE_RECORD_CHARS);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RecordError('a record', 'got no JSON');
  }
  measure(value);
  if (!isBase(value)) throw new RecordError('a record', 'got other JSON');
  const { kind } = value as { kind: string };
  const check = Object.hasOwn(KINDS, kind) ? KINDS[kind as keyof typeof KINDS] : undefined;
  if (check === undefined) throw new RecordError('a record of a known kind', 'got another');
  if (kind !== 'machine' && line.length > RECORD_CHARS) throw tooLong(RECORD_CHARS);
  if (!check(value)) throw new RecordError(`the fields of a ${kind} record`, 'got others');
  return value as InspectorRecord;
}

function tooLong(limit: number): RecordError {
  return overLimit('a record', `${limit} characters`, 'a longer one');
}

/** Throws where JSON is too deep or too large. It does not recurse: very deep JSON would exhaust the stack. */
function measure(whole: unknown): void {
  let values = 0;
  let level = [whole];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > RECORD_DEPTH) throw overLimit('a record', `${RECORD_DEPTH} levels`, 'a deeper one');
    values += level.length;
    if (values > RECORD_VALUES) throw overLimit('a record', `${RECORD_VALUES} values`, 'more');
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
  }
}
