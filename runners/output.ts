/**
 * Where a runner's lines go: stdout and stderr, or, in the demo, one of them with a name before each.
 *
 * Rule 1. Nothing is lost: who writes faster than the reader reads is told so, and waits.
 * Rule 2. A reader that is gone ends the run without a word; any other failure is said in one line.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Takes lines, which come without their ends. */
export interface Lines {
  /** The transcript, or JSON. */
  out(line: string): void;
  /** Errors and the address. */
  err(line: string): void;
  /** A line of trace or summary about one session. */
  about(session: string, line: string): void;
  /** Resolves once the readers have caught up; undefined where they have. */
  catchUp(): Promise<unknown> | undefined;
}

/** The process's stdout and stderr. `onGone` is told, once, that nobody reads any more. */
export function stdio(onGone: () => void): Lines {
  const streams: Writable[] = [process.stdout, process.stderr];
  let behind: Promise<unknown> | undefined;

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
    catchUp: () => {
      const full = streams.filter((stream) => stream.writableNeedDrain && !stream.destroyed);
      if (full.length === 0) return undefined;
      behind ??= Promise.all(full.map(drained)).finally(() => {
        behind = undefined;
      });
      return behind;
    },
  };
}

/** Resolves when a stream takes more, or never will. */
function drained(stream: Writable): Promise<unknown> {
  const controller = new AbortController();
  const { signal } = controller;
  const events = ['drain', 'close'].map((event) => once(stream, event, { signal }));
  return Promise.any(events).finally(() => controller.abort());
}
