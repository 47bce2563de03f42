/**
 * The source of the page's records: the relay's WebSocket, or the recording that is served with the page.
 *
 * Rule 1. The page reads the messages of `viewers.ts`, and never sends any.
 */
import type { FleetState } from '../fleet.js';
import type { InspectorRecord } from '../records.js';
import { connection, isReplay, log, paintSoon, trouble } from './store.js';

/** A message of the relay, with one of these fields. */
interface RelayMessage {
  snapshot?: FleetState;
  history?: InspectorRecord[];
  records?: InspectorRecord[];
  over?: true;
}

/** Called with every new record, after the log has it. */
export type RecordListener = (record: InspectorRecord) => void;

const listeners = new Set<RecordListener>();

/** Adds a listener to new records. Returns the function that removes it. */
export function onRecord(listener: RecordListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Starts to read. */
export function startSource(): void {
  if (isReplay) void readRecording();
  else watch();
}

function watch(): void {
  const url = new URL('watch', location.href);
  url.protocol = 'ws:';
  url.hash = '';
  const ws = new WebSocket(url);
  let isTold = false;
  ws.addEventListener('message', ({ data }) => {
    const text = String(data);
    const message = JSON.parse(text) as RelayMessage;
    if (message.over) isTold = true;
    take(message, text.length);
  });
  ws.addEventListener('close', () => {
    connection.value = isTold ? 'over' : 'lost';
    paintSoon();
  });
}

function take({ snapshot, history = [], records = [] }: RelayMessage, chars: number): void {
  if (snapshot) {
    log.reset(snapshot);
    connection.value = 'live';
  }
  for (const record of history) log.addHistory(record, chars / history.length);
  for (const record of records) {
    log.add(record, chars / records.length);
    for (const listen of listeners) listen(record);
  }
  paintSoon();
}

/** Lines that are read before the page may paint. */
const TURN_LINES = 500;

async function readRecording(): Promise<void> {
  const response = await fetch('recording');
  if (!response.ok || !response.body) {
    trouble.value = `expected the recording, but got status ${response.status}`;
    connection.value = 'failed';
    return;
  }
  const text = await response.text();
  let start = 0;
  for (let lines = 1; start < text.length; lines++) {
    const end = text.indexOf('\n', start);
    log.add(JSON.parse(text.slice(start, end === -1 ? text.length : end)) as InspectorRecord);
    start = end === -1 ? text.length : end + 1;
    if (lines % TURN_LINES !== 0) continue;
    paintSoon();
    await new Promise((resolve) => setTimeout(resolve));
  }
  connection.value = 'replay';
  paintSoon();
}
