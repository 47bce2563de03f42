/** A stream whose reader reads when it is told to: until then it is behind. */
import { Writable } from 'node:stream';

export interface SlowReader {
  stream: Writable;
  /** What it has read. */
  lines: string[];
  /** Reads all that waits, and from then on what comes. */
  read(): void;
}

export function slowReader(): SlowReader {
  let isReading = false;
  let resume = (): void => {};
  const lines: string[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write: (chunk: string, _, done) => {
      const take = (): void => {
        lines.push(chunk.trimEnd());
        done();
      };
      if (isReading) take();
      else resume = take;
    },
  });
  const read = (): void => {
    isReading = true;
    resume();
  };
  return { stream, lines, read };
}
