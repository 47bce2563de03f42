/**
 * Where a runner's lines go: stdout and stderr, or, in the demo, one of them with a name before each.
 *
 * Rule 1. Nothing is lost: who writes faster than the readers read waits for them (readers.ts).
 * Rule 2. A reader that is gone ends the run without a word; any other failure is said in one line.
 */
import type { Writable } from 'node:stream';
import { Readers } from './readers.js';

/** Takes lines, which come without their ends. */
export interface Lines {
  /** The transcript, or JSON. */
  out(line: string): void;
  /** Errors and the address. */
  err(line: string): void;
  /** A line of trace or summary about one session. */
  about(session: string, line: string): void;
  /** Who reads them. */
  readers: Readers;
}

/** The process's stdout and stderr. `onGone` is told, once, that nobody reads any more. */
export function stdio(onGone: () => void): Lines {
  const streams: Writable[] = [process.stdout, process.stderr];

  const write = (stream: Writable, line: string): void => {
    if (!stream.destroyed) stream.write(`${line}\n`);
  };

  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') {
        onGone();
        return;
      }
      process.stderr.write(
        `Fatal error: expected to write output, but could not: ${error.message}\n`,
      );
      process.exit(1);
    });
  }

  return {
    out: (line) => write(process.stdout, line),
    err: (line) => write(process.stderr, line),
    about: (session, line) => write(process.stderr, `${session} ${line}`),
    readers: new Readers(streams),
  };
}
