/**
 * The relay: the local inspector. It serves the page, keeps the fleet, and passes records on to viewers.
 *
 * Rule 1. Records come from this process, and from producers: other processes that join by URL. The URL to join
 *         has a token of its own. So a viewer cannot write records.
 * Rule 2. The relay knows records only: neither XState nor the sockets of sessions.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { sentenceOf } from '../machines/index.js';
import { Fleet } from './fleet.js';
import { isOwnPage, newToken, pathBehind, refuseUpgrade } from './gate.js';
import { History } from './history.js';
import { type PageServer, servePage } from './pageServer.js';
import { type InspectorRecord, RecordError, readRecord, type Sink } from './records.js';
import { keyOf } from './sessionView.js';
import { Viewers } from './viewers.js';

/** The most pages, and the most other processes, at a time. */
const MAX_VIEWERS = 16;
const MAX_PRODUCERS = 256;

/** The most bytes in a message: of a page, which sends none, and of a producer, which sends batches. */
const VIEWER_PAYLOAD = 1;
const PRODUCER_PAYLOAD = 2 * 1024 * 1024;

/** The fleet has no room for a record; the message is the fleet's. */
class NoRoom extends Error {}

/** The inspector of one process, and of its producers. */
export class Relay implements Sink {
  readonly #fleet = new Fleet();
  readonly #history = new History();
  readonly #viewers = new Viewers(this.#fleet, this.#history);
  readonly #producers = new Set<WebSocket>();
  readonly #joinToken = newToken();
  readonly #watching = new WebSocketServer({
    noServer: true,
    maxPayload: VIEWER_PAYLOAD,
    perMessageDeflate: false,
  });
  readonly #joining = new WebSocketServer({
    noServer: true,
    maxPayload: PRODUCER_PAYLOAD,
    perMessageDeflate: false,
  });
  #server: PageServer | undefined;
  #onViewer: () => void = () => {};

  /** Resolves when the first page watches. */
  readonly viewed = new Promise<void>((resolve) => {
    this.#onViewer = resolve;
  });

  /** Starts to serve; port 0 is any free one. Rejects with the system's error where it cannot listen. */
  async listen(port: number): Promise<void> {
    this.#server = await servePage({
      port,
      mode: 'live',
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
    });
  }

  /** The URL of the page, for people. */
  get url(): string {
    return this.#listening.url;
  }

  /** The URL for `--inspect-connect`. */
  get joinUrl(): string {
    return `ws://127.0.0.1:${this.#listening.port}/${this.#joinToken}/join`;
  }

  get #listening(): PageServer {
    if (this.#server === undefined) throw new Error('the relay does not listen yet');
    return this.#server;
  }

  write(record: InspectorRecord, line: string): void {
    for (const key of this.#fleet.apply(record)) this.#history.drop(key);
    const isKept = 'session' in record && this.#fleet.sessions.has(keyOf(record));
    if (isKept) this.#history.add(keyOf(record), line);
    this.#viewers.write(line);
  }

  /**
   * Hands over the last records. All waits end together, after `within` ms. The producers have the first half
   * of that time, in which the viewers read on.
   */
  async close(within: number): Promise<void> {
    const gone = this.#producersGone(within / 2);
    const deadline = setTimeout(() => this.#viewers.terminate(), within);
    await gone;
    for (const ws of this.#producers) ws.close(1001, 'the inspector is over');
    await this.#viewers.close();
    clearTimeout(deadline);
    for (const ws of this.#producers) ws.terminate();
    await this.#server?.close();
  }

  /** Waits for the producers: the other end of a conversation ends at about the same time. */
  #producersGone(within: number): Promise<void> {
    const gone = [...this.#producers].map(
      (ws) => new Promise((resolve) => ws.once('close', resolve)),
    );
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, within);
      void Promise.all(gone).then(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (pathBehind(this.#listening.token, request) === '/watch') {
      const refusal = this.#refusalOfPage(request);
      if (refusal !== undefined) {
        refuseUpgrade(socket, refusal);
        return;
      }
      this.#watching.handleUpgrade(request, socket, head, (ws) => {
        this.#viewers.add(ws);
        this.#onViewer();
      });
      return;
    }
    const refusal = this.#refusalOfProducer(request);
    if (refusal === undefined) {
      this.#joining.handleUpgrade(request, socket, head, (ws) => this.#join(ws));
    } else {
      refuseUpgrade(socket, refusal);
    }
  }

  #refusalOfPage(request: IncomingMessage): number | undefined {
    if (!isOwnPage(request)) return 403;
    return this.#viewers.count >= MAX_VIEWERS ? 503 : undefined;
  }

  #refusalOfProducer(request: IncomingMessage): number | undefined {
    if (pathBehind(this.#joinToken, request) !== '/join') return 404;
    // Browsers always send Origin; a producer never does.
    if (request.headers.origin !== undefined) return 403;
    return this.#producers.size >= MAX_PRODUCERS ? 503 : undefined;
  }

  /**
   * Takes the records of a producer. The records must be well formed, belong to one new run, and find room.
   * Otherwise the relay closes this producer alone, with 1008 and one sentence.
   */
  #join(ws: WebSocket): void {
    let last: InspectorRecord | undefined;
    let isOut = false;
    const take = (line: string): void => {
      const record = readRecord(line);
      if (!this.#isNext(record, last)) {
        throw new RecordError('the records of one run, in order', 'got others');
      }
      const refusal = this.#fleet.refusalOf(record);
      if (refusal !== undefined) throw new NoRoom(sentenceOf(refusal));
      last = record;
      this.write(record, JSON.stringify(record));
    };
    this.#producers.add(ws);
    ws.on('message', (data, isBinary) => {
      // More messages may come until the producer has answered the Close frame.
      if (isOut) return;
      try {
        if (isBinary) throw new RecordError('records as text', 'got bytes');
        for (const line of data.toString().split('\n')) take(line);
      } catch (error) {
        isOut = true;
        const isTold = error instanceof RecordError || error instanceof NoRoom;
        ws.close(1008, isTold ? error.message : 'expected readable records');
      }
    });
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      this.#producers.delete(ws);
      if (last === undefined || last.kind === 'ended') return;
      const { seq, ts, run } = last;
      const lost = { seq: seq + 1, ts, run, kind: 'lost' } as const;
      this.write(lost, JSON.stringify(lost));
    });
  }

  #isNext(record: InspectorRecord, last: InspectorRecord | undefined): boolean {
    if (last === undefined) return record.kind === 'run' && !this.#fleet.runs.has(record.run);
    const isOfRun = record.run === last.run && record.seq > last.seq;
    return isOfRun && record.kind !== 'run' && last.kind !== 'ended';
  }
}
