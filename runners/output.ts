/**
 * The way out: everything that a command prints goes through `Lines`, to stdout and stderr or, in the
 * demo, to one of them with a name before each line.
 *
 * Rule 1. Text is escaped here, whatever its source: no character drives the terminal or forges a line.
 * Rule 2. One call is one line, but for a document.
 * Rule 3. Nothing is lost: who writes faster than the reader reads is told so, and waits.
 * Rule 4. A reader that is gone ends the run without a word; any other failure is said in one line.
 */
import type { Writable } from 'node:stream';
import { escapeControls } from '../machines/index.js';
import { Readers } from './readers.js';

/** Takes lines, which come without their ends. */
export interface Lines {
  /** A line of the transcript. */
  out(line: string): void;
  /** An object, as one line of JSON on stdout. */
  json(object: object): void;
  /** Text of many lines, such as a help or a diagram, on stdout; resolves once it is written. */
  document(text: string, form?: 'short' | 'json'): Promise<void>;
  /** An error, or the address. Line breaks at its end, as OpenSSL's reasons have, are left out. */
  err(line: string): void;
  /** A line of trace or summary about one session. */
  about(session: string, line: string): void;
  /** Who reads them. */
  readers: Readers;
}

/** The process's stdout and stderr. `onGone` is told, once, that nobody reads any more. */
export function stdio(onGone: () => void): Lines {
  const streams: Writable[] = [process.stdout, process.stderr];

  const write = (stream: Writable, escaped: string): void => {
    if (!stream.destroyed) stream.write(`${escaped}\n`);
  };
  const err = (line: string): void => write(process.stderr, escapeControls(line.trimEnd()));

  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') {
        onGone();
        return;
      }
      err(`Fatal error: expected to write output, but could not: ${error.message}`);
      process.exit(1);
    });
  }

  return {
    out: (line) => write(process.stdout, escapeControls(line)),
    json: (object) => {
      const line = JSON.stringify(object, bytesAsBase64);
      write(process.stdout, escapeControls(line, 'json'));
    },
    document: (text, form) =>
      new Promise((resolve) => {
        // A stream tells of its failure after it has called back.
        process.stdout.write(escapeLines(text, form), () => setImmediate(resolve));
      }),
    err,
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

/** JSON has no bytes: they become `{"base64": …}`. */
function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  // Buffers have been turned into plain objects by the time `value` comes: ask the holder.
  const raw = (this as Record<string, unknown>)[key];
  return raw instanceof Uint8Array ? { base64: Buffer.from(raw).toString('base64') } : value;
}
