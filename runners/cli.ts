#!/usr/bin/env node
/**
 * The frame of every command: the process, its signals, and its exit status.
 *
 * Rule 1. The exit status is 0 after a graceful end and 1 after anything else: wrong usage, a fatal
 *         error, a session that ended in error. It is 130 or 143 where SIGINT or SIGTERM ended the
 *         work early, and 141 where the reader of the output was gone.
 * Rule 2. The first signal ends the work through its machines; a later one ends the process at once.
 *         `wayOut.ts` has the rules of the end.
 * Rule 3. A mistake of ours is shown with its stack; a mistake of the user's is one line.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, type OnSignal, type Work } from './command.js';
import { messageOf } from './explain.js';
import { withInspectValues } from './inspection.js';
import { fatalLine, stdio } from './output.js';
import { programOf } from './program.js';
import { askedFor } from './signals.js';
import { type Deadline, WayOut } from './wayOut.js';

/** The status of a process that a signal ended, or a reader that closed the pipe (SIGPIPE). */
const ENDED_BY = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const;

type Ending = keyof typeof ENDED_BY;

const stopping = new AbortController();
let stoppedBy: Ending | undefined;
let stoppedAt: number | undefined;

/** Ends the work through its machines, or the process at once for a later signal. */
function stopFor(reason: Ending): void {
  const now = performance.now();
  const asked = askedFor(now, stoppedAt);
  if (asked === 'end at once' && reason !== 'SIGPIPE') exit(ENDED_BY[reason], reason);
  if (asked !== 'end') return;
  stoppedBy = reason;
  stoppedAt = now;
  stopping.abort();
}

const lines = stdio(() => stopFor('SIGPIPE'));

/** How long a lookup of a name may take at the end of a process that a signal ends, in ms. */
const LOOKUP_MS = 1_000;

function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}

/**
 * Exits. Node's own exit waits for a lookup of a name, which nobody can cancel: during a lookup the
 * process dies of the signal that ends it, and without one it leaves later signals to the system.
 */
function exit(status: number, signal?: Ending): never {
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  if (signal !== undefined && isLookingUp()) process.kill(process.pid, signal);
  process.exit(status);
}

/** Does a command's work; its status becomes that of the process. */
async function perform(work: Work, onSignal: OnSignal, deadline?: Deadline): Promise<void> {
  const wayOut = new WayOut(stopping.signal, deadline);
  if (onSignal !== 'die') {
    process.on('SIGINT', () => stopFor('SIGINT'));
    process.on('SIGTERM', () => stopFor('SIGTERM'));
  }
  const status = await statusOf(work, wayOut);
  const isWritten = await wayOut.write(lines);
  const isEarly = stoppedBy === 'SIGPIPE' || onSignal === 'end early';
  if (stoppedBy !== undefined && isEarly) {
    for (let ms = 0; ms < LOOKUP_MS && isLookingUp(); ms += 10) await sleep(10);
    exit(ENDED_BY[stoppedBy], stoppedBy);
  }
  exit(isWritten ? status : 1);
}

async function statusOf(work: Work, wayOut: WayOut): Promise<number> {
  try {
    return await work(lines, stopping.signal, wayOut);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    lines.err(fatalLine(error.message));
    return 1;
  }
}

/** Shows a mistake of ours, or of a module that `diagram` has imported, with its stack. */
function crash(error: unknown): void {
  const name = error instanceof Error ? `${error.name}: ` : '';
  lines.err(fatalLine(`unexpected ${name}${messageOf(error)}`));
  const { stack } = Object(error) as Partial<Error>;
  for (const [frame] of String(stack).matchAll(/^ +at .*$/gm)) lines.err(frame);
  process.exit(1);
}

process.on('uncaughtException', crash);

await programOf(lines, perform).parseAsync(withInspectValues(process.argv));
