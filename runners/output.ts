/**
 * The way out: everything that a command prints goes through `Lines`, to stdout and stderr. The demo
 * prints to stdout alone, with a name before each line.
 *
 * Rule 1. Text is escaped here, whatever its source: no character drives the terminal or forges a line.
 * Rule 2. One call is one line; a document has many. `cut.ts` bounds the payloads in a line.
 * Rule 3. Nothing is lost: `readers` tells a session that its reader is behind, and the session waits.
 * Rule 4. A reader that is gone ends the run without a word; any other failure is told in one line.
 */
import type { Writable } from 'node:stream';
import { escapeControls } from '../machines/index.js';
import { forJson } from './cut.js';
import { explain } from './explain.js';
import { Readers } from './readers.js';

/** Takes lines, without their line breaks. */
export interface Lines {
  /** A line of the transcript. */
  out(line: string): void;
  /** An object, as one line of JSON on stdout. */
  json(object: object): void;
  /** Text of many lines, such as a help or a diagram, on stdout; resolves once it is written. */
  document(text: string, form?: 'short' | 'json'): Promise<void>;
  /** An error, or the address. Line breaks at its end, as OpenSSL's reasons have, are left out. */
  err(line: string): void;
  /** A line that the next one replaces: only where stderr is a terminal. */
  live?: (line: string) => void;
  /** A line of trace or summary about one session. */
  about(session: string, line: string): void;
  /** The readers of these lines. */
  readers: Readers;
}

/** The line that tells why a run ends, as in the book. */
export function fatalLine(reason: string): string {
  return `Fatal error: ${reason}`;
}

/** Lines with the time before each: of a transcript, a trace, an error. JSON has its own. */
export function timedIf(isTimed: boolean | undefined, lines: Lines): Lines {
  if (isTimed !== true) return lines;
  const now = (): string => new Date().toISOString();
  return {
    ...lines,
    out: (line) => lines.out(`${now()} ${line}`),
    err: (line) => lines.err(`${now()} ${line}`),
    about: (session, line) => lines.about(`${now()} ${session}`, line),
  };
}

/** Begins the line of a terminal anew. */
const CLEAR = '\r\x1b[K';

/** The process's stdout and stderr. `onGone` is called where a reader is gone. */
export function stdio(onGone: () => void): Lines {
  const streams: Writable[] = [process.stdout, process.stderr];

  let isLive = false;
  const write = (stream: Writable, escaped: string): void => {
    if (isLive) process.stderr.write(CLEAR);
    isLive = false;
    if (!stream.destroyed) stream.write(`${escaped}\n`);
  };
  const live = (line: string): void => {
    process.stderr.write(`${CLEAR}${escapeControls(line)}`);
    isLive = true;
  };
  const err = (line: string): void => write(process.stderr, escapeControls(line.trimEnd()));

  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') {
        onGone();
        return;
      }
      const came = `could not (${error.message})`;
      const remedy = 'send the output elsewhere';
      err(fatalLine(explain({ expected: 'to write output', came, remedy })));
      process.exit(1);
    });
  }

  return {
    out: (line) => write(process.stdout, escapeControls(line)),
    json: (object) => {
      const line = JSON.stringify(object, forJson);
      write(process.stdout, escapeControls(line, 'json'));
    },
    document: (text, form) =>
      new Promise((resolve) => {
        // A stream tells of its failure after it has called back.
        process.stdout.write(escapeLines(text, form), () => setImmediate(resolve));
      }),
    err,
    ...(process.stderr.isTTY && { live }),
    about: (session, line) => write(process.stderr, escapeControls(`${session} ${line}`)),
    readers: new Readers(streams),
  };
}

/** Escapes all but the ends of lines. */
function escapeLines(text: string, form: 'short' | 'json' = 'short'): string {
  return text
    .split('\n')
    .map((line) => escapeControls(line, form))
    .join('\n');
}
