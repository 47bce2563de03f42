/** Writes whole messages to a socket in frames, once the socket is open. */
import { WebSocket } from 'ws';
import type { Payload } from '../machines/index.js';

/** The writes that wait for a socket to open, in order. The 'open' event itself makes them all. */
const waitingToOpen = new WeakMap<WebSocket, (() => void)[]>();

/** Calls back once the socket is open or has failed to open; at once if it no longer connects. */
function whenOpen(ws: WebSocket, call: () => void): void {
  if (ws.readyState !== WebSocket.CONNECTING) {
    call();
    return;
  }
  const waiting = waitingToOpen.get(ws);
  if (waiting) {
    waiting.push(call);
    return;
  }
  const calls = [call];
  waitingToOpen.set(ws, calls);
  const release = (): void => {
    for (const each of calls.splice(0)) each();
  };
  ws.prependOnceListener('open', release);
  ws.once('close', release);
}

/** Writes a message in frames of at most `frameSize` bytes; resolves with the error, if any. */
export function written(
  ws: WebSocket,
  data: Payload,
  frameSize: number,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const done = (error?: Error | null): void => resolve(error ?? undefined);
    whenOpen(ws, () => write(ws, data, frameSize, done));
  });
}

function write(
  ws: WebSocket,
  data: Payload,
  frameSize: number,
  done: (error?: Error | null) => void,
): void {
  const binary = typeof data !== 'string';
  const length = binary ? data.length : Buffer.byteLength(data);
  if (length <= frameSize) {
    ws.send(data, { binary }, done);
    return;
  }
  // Frames go out in one go, so that no other message comes between them (RFC 6455, 5.4).
  const bytes = binary ? data : Buffer.from(data);
  for (let start = 0; start < length; start += frameSize) {
    const end = start + frameSize;
    const fin = end >= length;
    ws.send(bytes.subarray(start, end), { binary, fin }, fin ? done : undefined);
  }
}
