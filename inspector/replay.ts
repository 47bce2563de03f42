/** Replay: serves a recording to the same page, which then has a slider. */
import { readFileSync, statSync } from 'node:fs';
import { servePage } from './pageServer.js';
import { RecordingError, readRecording } from './recording.js';

/** The most bytes of a recording that is served. */
const LARGEST = 128 * 1024 * 1024;

/** A served recording. */
export interface ReplayServer {
  url: string;
  records: number;
  /** Whether the last line of the file was cut off. */
  isCut: boolean;
  close(): Promise<void>;
}

/**
 * Serves the recording in a file on a port of 127.0.0.1; port 0 is any free one. Rejects with a
 * `RecordingError` where the file is no recording, and otherwise with the system's error.
 */
export async function serveReplay(path: string, port = 0): Promise<ReplayServer> {
  const { size } = statSync(path);
  if (size > LARGEST) {
    throw new RecordingError({
      expected: `a recording of at most ${LARGEST} bytes`,
      came: `${path} has ${size}`,
      remedy: 'record fewer sessions',
    });
  }
  const { lines, isCut } = readRecording(readFileSync(path, 'utf8'), path);
  const { url, close } = await servePage({
    port,
    mode: 'replay',
    file: {
      path: '/recording',
      type: 'application/x-ndjson; charset=utf-8',
      body: Buffer.from(`${lines.join('\n')}\n`),
    },
    isHeld: true,
  });
  return { url, records: lines.length, isCut, close };
}
