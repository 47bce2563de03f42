/** `lockstep replay`: serves a recording to the inspector's page. */
import type { Command } from 'commander';
import { noBrowser } from './browser.js';
import { CommandError, type Perform } from './command.js';
import { reasonOf, shownPath, whyNotListening } from './explain.js';
import type { Lines } from './output.js';
import { port } from './sharedOptions.js';
import { aborted } from './signals.js';
import type { WayOut } from './wayOut.js';

interface ReplayFlags {
  port: number;
  open?: true;
}

export function addReplay(program: Command, perform: Perform): void {
  program
    .command('replay')
    .description('Show what --inspect-file recorded, step by step.')
    .argument('<file>', 'a recording')
    .option('--port <number>', 'where to serve the page; 0 for any', port, 0)
    .option('--open', 'open the page in a browser')
    .action((file: string, flags: ReplayFlags) =>
      perform((lines, stop, wayOut) => runReplay(file, flags, lines, stop, wayOut), 'end as usual'),
    );
}

/** Serves a recording until `stop`. Throws a `CommandError`. */
export async function runReplay(
  path: string,
  { port, open }: ReplayFlags,
  lines: Lines,
  stop: AbortSignal,
  wayOut: WayOut,
): Promise<number> {
  const { RecordingError, serveReplay } = await import('../inspector/index.js');
  const replay = await serveReplay(path, port).catch((error: NodeJS.ErrnoException) => {
    throw error instanceof RecordingError
      ? new CommandError(error.message)
      : whyNoReplay(error, path, port);
  });
  if (replay.isCut) {
    lines.err(`The last line of ${path} is cut off: the run that wrote it did not end in order`);
  }
  lines.err(`Replaying ${replay.records} records at ${replay.url}`);
  if (open) void noBrowser(replay.url, `open ${replay.url} yourself`).then(lines.err);
  await aborted(stop);
  await wayOut.take(replay.close());
  return 0;
}

/** Why nothing is replayed: the port, where the system would not listen on it, or else the file. */
export function whyNoReplay(error: NodeJS.ErrnoException, path: string, port: number): Error {
  const { syscall } = error;
  if (syscall === undefined) return error;
  if (syscall === 'listen') {
    return new CommandError({
      expected: `to serve the replay on port ${port}`,
      came: whyNotListening(error),
      remedy: 'choose another --port, or leave it out',
    });
  }
  return new CommandError({
    expected: `to read a recording from ${shownPath(path)}`,
    came: `could not (${reasonOf(error)})`,
    remedy: 'check the path',
  });
}
