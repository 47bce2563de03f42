/**
 * The producer: sends the records of this process to the inspector of another process.
 *
 * Rule 1. The work of this process comes first. When the inspector is missing, leaves or falls behind, the
 *         producer says so once, in one sentence, and sends nothing more.
 * Rule 2. `BEHIND_BYTES` bounds the memory for unsent records.
 * Rule 3. `close` sends the last records, within the time that its caller gives.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { escapeControls, sentenceOf } from '../machines/index.js';
import type { InspectorRecord, Sink } from './records.js';

const BATCH_MS = 50;
const BATCH_CHARS = 128 * 1024;
const BEHIND_BYTES = 16 * 1024 * 1024;
const CONNECT_MS = 2_000;

/** Sends records to the inspector of another process. */
export class Producer implements Sink {
  readonly #onTrouble: (message: string) => void;
  readonly #ws: WebSocket;
  #batch: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** Dials at once. Calls `onTrouble` at most once, when it stops sending. */
  constructor(url: string, onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
    this.#ws = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: CONNECT_MS });
    this.#ws.on('error', (error) =>
      this.#giveUp(
        sentenceOf({
          expected: `an inspector at ${originOf(url)}`,
          came: `could not reach it (${escapeControls(error.message)})`,
          remedy: 'check the URL, and that the other process runs',
        }),
      ),
    );
    this.#ws.on('close', (_, reason) =>
      this.#giveUp(
        sentenceOf({
          expected: `the inspector at ${originOf(url)} to stay`,
          came: `it went (${escapeControls(reason.toString()) || 'without a word'})`,
          remedy: 'this run goes on without it',
        }),
      ),
    );
  }

  /** Resolves when the inspector has answered, or the connection has failed. */
  async ready(): Promise<void> {
    await once(this.#ws, 'open').catch(() => undefined);
  }

  write(_: InspectorRecord, line: string): void {
    if (this.#isOver) return;
    this.#batch.push(line);
    this.#size += line.length;
    if (this.#size >= BATCH_CHARS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS).unref();
  }

  async close(within: number): Promise<void> {
    this.#flush();
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#ws.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#ws, 'close').catch(() => undefined);
    const deadline = setTimeout(() => this.#ws.terminate(), within);
    this.#ws.close(1000);
    await closed;
    clearTimeout(deadline);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#ws.readyState === WebSocket.OPEN && this.#batch.length > 0) {
      this.#ws.send(this.#batch.join('\n'));
      this.#batch = [];
      this.#size = 0;
    }
    if (this.#ws.bufferedAmount + this.#size <= BEHIND_BYTES) return;
    this.#giveUp(
      sentenceOf({
        expected: 'the inspector to keep up',
        came: 'it does not',
        remedy: 'nothing more is sent to it, and this run goes on',
      }),
    );
    this.#ws.terminate();
  }

  #giveUp(message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#batch = [];
    clearTimeout(this.#timer);
    this.#onTrouble(message);
  }
}

/** The part of the URL without the token. */
function originOf(url: string): string {
  return new URL(url).host;
}
