/**
 * The local inspector: it has the page, keeps the fleet, and passes records on to who watches.
 *
 * Rule 1. Records come from this process, and from other command lines that were given the URL to join
 *         by, which has a token of its own: who may watch cannot tell.
 * Rule 2. It knows nothing of XState or of sockets under inspection: it is given records.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Fleet } from './fleet.js';
import { isOwnPage, newToken, pathBehind, refuse } from './gate.js';
import { History } from './history.js';
import { type PageServer, servePage } from './pageServer.js';
import { type InspectorRecord, RecordError, readRecord, type Sink } from './records.js';
import { keyOf } from './session.js';
import { Viewers } from './viewers.js';

/** The most pages, and the most other command lines, at a time. */
const MAX_VIEWERS = 16;
const MAX_PRODUCERS = 256;

/** How long other processes may take to tell the rest, at the end, in ms. */
const PATIENCE_MS = 1_000;

/** The most bytes in a message: nothing from a page, a batch of records from a command line. */
const VIEWER_PAYLOAD = 1;
const PRODUCER_PAYLOAD = 2 * 1024 * 1024;

/** The inspector of one process, and of those that join it. */
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

  /** Resolves when the first page has come. */
  readonly viewed = new Promise<void>((resolve) => {
    this.#onViewer = resolve;
  });

  /** Starts to serve; rejects with the system's error where it cannot listen. 0 is any free port. */
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

  async close(): Promise<void> {
    await this.#producersGone();
    for (const ws of this.#producers) ws.close(1001, 'the inspector is over');
    await this.#viewers.close();
    for (const ws of this.#producers) ws.terminate();
    await this.#server?.close();
  }

  /** The other end of a conversation ends at about the same time: what it has to tell is waited for. */
  #producersGone(): Promise<void> {
    const gone = [...this.#producers].map(
      (ws) => new Promise((resolve) => ws.once('close', resolve)),
    );
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, PATIENCE_MS);
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
        refuse(socket, refusal);
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
      refuse(socket, refusal);
    }
  }

  #refusalOfPage(request: IncomingMessage): number | undefined {
    if (!isOwnPage(request)) return 403;
    return this.#viewers.count >= MAX_VIEWERS ? 503 : undefined;
  }

  #refusalOfProducer(request: IncomingMessage): number | undefined {
    if (pathBehind(this.#joinToken, request) !== '/join') return 404;
    // A browser cannot but name the origin of its page: whoever joins is none.
    if (request.headers.origin !== undefined) return 403;
    return this.#producers.size >= MAX_PRODUCERS ? 503 : undefined;
  }

  /**
   * Takes the records of another process: they must be well formed, of a run of its own, and there must be
   * room for them. Else this process, and nobody else, is shown out (1008) with one sentence.
   */
  #join(ws: WebSocket): void {
    let last: InspectorRecord | undefined;
    let isOut = false;
    const take = (line: string): void => {
      const record = readRecord(line);
      if (!this.#isNext(record, last)) {
        throw new RecordError('expected the records of one run, in order, but got others');
      }
      const refusal = this.#fleet.refusalOf(record);
      if (refusal !== undefined) throw new RecordError(refusal);
      last = record;
      this.write(record, JSON.stringify(record));
    };
    this.#producers.add(ws);
    ws.on('message', (data, isBinary) => {
      // Messages still come until the other end has answered the Close frame.
      if (isOut) return;
      try {
        if (isBinary) throw new RecordError('expected records as text, but got bytes');
        for (const line of data.toString().split('\n')) take(line);
      } catch (error) {
        isOut = true;
        ws.close(1008, error instanceof RecordError ? error.message : 'expected readable records');
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
