/** What every server here is started with, and how it talks to the bench. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The conversation that a server holds with each client. */
export interface Conversation {
  rounds: number;
  /** 0 for "Hello {n}" as text; otherwise so many bytes, the same in every round. */
  bytes: number;
}

/** Long enough that no measurement meets them, in ms. */
export const REPLY_TIMEOUT = 300_000;
export const CLOSE_TIMEOUT = 10_000;
export const MAX_PAYLOAD = 64 * 1024 * 1024;

/** Reads the arguments: rounds, bytes. */
export function conversationOf(args: readonly string[]): Conversation {
  const [rounds = 10, bytes = 0] = args.map(Number);
  return { rounds, bytes };
}

/** Tells the bench where to connect; collects garbage when it asks; ends when it closes stdin. */
export async function serveBench(port: number): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => {
    globalThis.gc?.();
    globalThis.gc?.();
    process.stdout.write('collected\n');
  });
  process.stderr.write(`Listening on ws://127.0.0.1:${port}/\n`);
  await once(lines, 'close');
  process.exit(0);
}
