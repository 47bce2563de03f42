/** The arguments of every server in the bench, and its protocol with the bench. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The parameters of a server's conversations. */
export interface Conversation {
  rounds: number;
  /** The size of every message in bytes; 0 means the text "Hello {n}". */
  bytes: number;
}

/** Deadlines in ms, too long for any measurement to reach. */
export const REPLY_TIMEOUT = 300_000;
export const CLOSE_TIMEOUT = 10_000;
export const MAX_PAYLOAD = 64 * 1024 * 1024;

/** Reads the arguments: rounds, bytes. */
export function conversationOf(args: readonly string[]): Conversation {
  const [rounds = 10, bytes = 0] = args.map(Number);
  return { rounds, bytes };
}

/** Prints the address, collects garbage for each line on stdin, and ends with stdin. */
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
