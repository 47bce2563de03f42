/**
 * A recording: a file with a heading, and then the records of one or more runs, one a line.
 *
 * Rule 1. No record is lost when the process exits. The recorder writes small batches, each synchronously. This
 *         also slows down sessions that are too fast.
 * Rule 2. When a write fails, the recorder says so once. The sessions continue.
 * Rule 3. The reader takes a file whole or not at all. It ignores a last line that was cut off, a byte order
 *         mark, CRLF, and empty lines at the end.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Explanation, escapeControls, sentenceOf } from '../machines/index.js';
import { FORMAT, type InspectorRecord, RecordError, readRecord, type Sink } from './records.js';

const BATCH_MS = 50;
const BATCH_CHARS = 64 * 1024;

/** The first line of a recording. */
interface Heading {
  lockstep: 'recording';
  format: number;
}

/** Writes a recording. */
export class Recorder implements Sink {
  readonly #path: string;
  readonly #onTrouble: (message: string) => void;
  readonly #onExit = (): void => this.#flush();
  #file: number | undefined;
  #batch: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Opens and empties the file; throws the system's error where that fails. */
  constructor(path: string, onTrouble: (message: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    this.#file = openSync(path, 'w', 0o600);
    const heading: Heading = { lockstep: 'recording', format: FORMAT };
    this.#add(JSON.stringify(heading));
    process.on('exit', this.#onExit);
  }

  write(_: InspectorRecord, line: string): void {
    this.#add(line);
  }

  async close(): Promise<void> {
    this.#flush();
    clearTimeout(this.#timer);
    process.off('exit', this.#onExit);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #add(line: string): void {
    if (this.#file === undefined) return;
    this.#batch.push(line);
    this.#size += line.length;
    if (this.#size >= BATCH_CHARS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#file === undefined || this.#batch.length === 0) return;
    const bytes = Buffer.from(`${this.#batch.join('\n')}\n`);
    this.#batch = [];
    this.#size = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      closeSync(this.#file);
      this.#file = undefined;
      this.#onTrouble(
        sentenceOf({
          expected: `to record to ${escapeControls(this.#path)}`,
          came: `could not (${escapeControls((error as Error).message)})`,
          remedy: 'the recording stops there, and this run goes on',
        }),
      );
    }
  }
}

/** A recording that was read. */
export interface Recording {
  /** The records as lines, without the heading. */
  lines: string[];
  /** Whether the last line was cut off, as its process was. */
  isCut: boolean;
}

/** The reason why a file cannot be replayed, in one sentence. */
export class RecordingError extends Error {
  constructor(explanation: Explanation) {
    super(sentenceOf(explanation));
  }
}

/** Reads the text of a recording. Throws a `RecordingError`, whose sentence has `name`. */
export function readRecording(text: string, name: string): Recording {
  const [first = '', ...lines] = text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  const format = headingOf(first)?.format;
  if (format === undefined) {
    throw new RecordingError({
      expected: `${name} to be a recording`,
      came: 'its first line says nothing of it',
      remedy: 'name a file that --inspect-file wrote',
    });
  }
  if (format !== FORMAT) {
    throw new RecordingError({
      expected: `a recording of format ${FORMAT}`,
      came: `${name} has format ${format}`,
      remedy: 'replay it with the version of lockstep that wrote it',
    });
  }
  const last = lines.at(-1);
  const isCut = last !== undefined && !text.endsWith('\n') && !isJson(last);
  if (isCut) lines.pop();
  for (const [index, line] of lines.entries()) check(line, `in line ${index + 2} of ${name}`);
  if (lines.length === 0) {
    throw new RecordingError({
      expected: `records in ${name}`,
      came: 'it has none',
      remedy: 'nothing was recorded',
    });
  }
  return { lines, isCut };
}

/** Throws a `RecordingError` where a line is no record. A record over a limit is whole: no damage to the file. */
function check(line: string, where: string): void {
  try {
    readRecord(line);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const { expected, came, limit } = error;
    const remedy =
      limit === undefined
        ? 'the file was damaged, record anew'
        : `the limit is ${limit}, record anew with this version, which keeps to it`;
    throw new RecordingError({ expected, came: `${came} ${where}`, remedy });
  }
}

/** Whether a line is JSON. A JSON object that was cut off is not. */
function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function headingOf(line: string): Heading | undefined {
  try {
    const { lockstep, format } = JSON.parse(line) as Partial<Heading>;
    return lockstep === 'recording' && typeof format === 'number'
      ? { lockstep, format }
      : undefined;
  } catch {
    return undefined;
  }
}
