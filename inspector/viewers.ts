/**
 * The viewers: the pages that watch. Each gets the present fleet, then the history, then new records.
 *
 * Rule 1. A viewer only reads. The relay closes a viewer that sends anything (1008).
 * Rule 2. Records go out in batches, every `BATCH_MS` or `BATCH_CHARS`, whichever comes first.
 * Rule 3. While a viewer has more than `BEHIND_BYTES` unread, it gets nothing. Then it gets the fleet and the
 *         history again, like a new viewer.
 */
import { WebSocket } from 'ws';
import type { Fleet } from './fleet.js';
import type { History } from './history.js';

const BATCH_MS = 50;
const BATCH_CHARS = 64 * 1024;
const BEHIND_BYTES = 1024 * 1024;

interface Viewer {
  ws: WebSocket;
  isBehind: boolean;
  /** The rest of the history, which has not been sent. */
  history: Iterator<string>;
}

/** All viewers of one relay. */
export class Viewers {
  readonly #fleet: Fleet;
  readonly #history: History;
  readonly #viewers = new Set<Viewer>();
  #batch: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fleet: Fleet, history: History) {
    this.#fleet = fleet;
    this.#history = history;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** Takes a record as JSON, after the fleet has applied it. */
  write(line: string): void {
    if (this.#viewers.size === 0) return;
    this.#batch.push(line);
    this.#size += line.length;
    if (this.#size >= BATCH_CHARS) this.#flush();
    else this.#schedule();
  }

  /** Adds a page. */
  add(ws: WebSocket): void {
    this.#flush();
    const viewer: Viewer = { ws, isBehind: false, history: [].values() };
    this.#viewers.add(viewer);
    ws.on('message', () => ws.close(1008, 'viewers only read'));
    ws.on('error', () => ws.terminate());
    ws.on('close', () => this.#viewers.delete(viewer));
    this.#welcome(viewer);
  }

  /** Sends the last records, and closes. Resolves once all viewers have read them, or are terminated. */
  async close(): Promise<void> {
    this.#flush();
    clearTimeout(this.#timer);
    const closed = [...this.#viewers].map((viewer) => {
      const { ws, isBehind } = viewer;
      if (isBehind) ws.send(this.#snapshot());
      const history = isBehind ? [...this.#history.lines()].values() : viewer.history;
      for (let piece = pieceOf(history); piece; piece = pieceOf(history)) ws.send(piece);
      ws.send('{"over":true}');
      ws.close(1001, 'the process is over');
      return new Promise((resolve) => ws.on('close', resolve));
    });
    await Promise.all(closed);
  }

  /** Ends all connections at once. */
  terminate(): void {
    for (const { ws } of this.#viewers) ws.terminate();
  }

  #welcome(viewer: Viewer): void {
    viewer.isBehind = false;
    viewer.ws.send(this.#snapshot());
    const history = [...this.#history.lines()].values();
    viewer.history = history;
    sendHistory(viewer, history);
  }

  #snapshot(): string {
    return `{"snapshot":${JSON.stringify(this.#fleet.state())}}`;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#batch;
    this.#batch = [];
    this.#size = 0;
    const message = lines.length > 0 ? `{"records":[${lines.join()}]}` : '';
    for (const viewer of this.#viewers) this.#send(viewer, message);
    if ([...this.#viewers].some((one) => one.isBehind)) this.#schedule();
  }

  #send(viewer: Viewer, message: string): void {
    const { ws } = viewer;
    if (ws.readyState !== WebSocket.OPEN) return;
    if (viewer.isBehind) {
      if (ws.bufferedAmount > 0) return;
      this.#welcome(viewer);
    } else if (ws.bufferedAmount > BEHIND_BYTES) {
      viewer.isBehind = message !== '';
    } else if (message !== '') {
      ws.send(message);
    }
  }
}

/** Sends the history in pieces, each after the one before is written. A newer history replaces it. */
function sendHistory(viewer: Viewer, history: Iterator<string>): void {
  const { ws, isBehind } = viewer;
  if (viewer.history !== history || isBehind || ws.readyState !== WebSocket.OPEN) return;
  const piece = pieceOf(history);
  if (piece === undefined) return;
  ws.send(piece, (error) => {
    if (!error) sendHistory(viewer, history);
  });
}

function pieceOf(history: Iterator<string>): string | undefined {
  const lines: string[] = [];
  for (let size = 0; size < BATCH_CHARS; ) {
    const { done, value } = history.next();
    if (done) break;
    lines.push(value);
    size += value.length;
  }
  return lines.length > 0 ? `{"history":[${lines.join()}]}` : undefined;
}
