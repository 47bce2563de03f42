/**
 * Binds a probe's actor to an open `ws` socket: callbacks become facts with their time, commands become
 * calls. It tells more than the binding of a session: pings, frames, and the end of TCP behind a Close frame.
 *
 * Rule 1. A binding decides nothing.
 * Rule 2. The listeners stand before the actor starts.
 */
import { WebSocket } from 'ws';
import type { ProbeCommand, ProbeFact, ProbeSend } from '../machines/checks/index.js';
import type { BackPressure } from './backPressure.js';
import { howGone, onBytes, onCloseFrame } from './endOfStream.js';
import { FrameCount } from './frameCount.js';

/** An actor of a probe, or of an answerer, as an adapter sees it. */
export interface ProbeActor {
  send(fact: ProbeFact): void;
  on(type: '*', listener: (emitted: ProbeCommand | { type: string }) => void): unknown;
  getSnapshot(): { status: string };
}

/** A fact before it has its time. */
type Untimed<F> = F extends ProbeFact ? Omit<F, 'at'> : never;

/** Wires a probe's actor to its socket, both ways. Reading pauses where `backPressure` is given. */
export function bindProbe(actor: ProbeActor, ws: WebSocket, backPressure?: BackPressure): void {
  const began = performance.now();
  const frames = new FrameCount();
  let error: Error | undefined;
  const tell = (fact: Untimed<ProbeFact>): void => {
    const at = Math.round((performance.now() - began) * 10) / 10;
    if (actor.getSnapshot().status === 'active') actor.send({ ...fact, at } as ProbeFact);
  };
  ws.binaryType = 'nodebuffer';
  onBytes(ws, (chunk) => frames.feed(chunk));
  ws.on('message', (bytes: Buffer, isBinary: boolean) => {
    const data = isBinary ? bytes : bytes.toString();
    tell({ type: 'socket.received', data, frames: frames.next() });
  });
  ws.on('ping', (data) => tell({ type: 'socket.pinged', data: data.toString() }));
  ws.on('pong', (data) => tell({ type: 'socket.ponged', data: data.toString() }));
  onCloseFrame(ws, (code, reason) => tell({ type: 'socket.closed', code, reason }));
  ws.on('error', (reported) => {
    error = reported;
  });
  ws.on('close', () => {
    tell({ type: 'socket.gone', ...howGone(ws, error) });
  });
  actor.on('*', (emitted) => obey(ws, emitted as ProbeCommand, backPressure));
}

function obey(ws: WebSocket, command: ProbeCommand, backPressure?: BackPressure): void {
  if (ws.readyState === WebSocket.CLOSED) return;
  switch (command.type) {
    case 'socket.send':
      sendInFrames(ws, command, () => backPressure?.adjust());
      backPressure?.adjust();
      break;
    case 'socket.ping':
      ws.ping(command.data, undefined, () => {});
      break;
    case 'socket.close':
      ws.close(command.code, command.reason);
      backPressure?.close();
      break;
    case 'socket.terminate':
      ws.terminate();
      break;
  }
}

/** Sends a message in so many frames; a message with fewer bytes has as many frames as bytes. */
function sendInFrames(
  ws: WebSocket,
  { data, frames, ping }: ProbeSend,
  onWritten: () => void,
): void {
  const binary = typeof data !== 'string';
  const bytes = Buffer.from(data as string);
  const size = Math.max(1, Math.ceil(bytes.length / frames));
  for (let start = 0; start === 0 || start < bytes.length; start += size) {
    const fin = start + size >= bytes.length;
    ws.send(bytes.subarray(start, start + size), { binary, fin }, onWritten);
    if (start === 0 && ping !== undefined) ws.ping(ping, undefined, onWritten);
  }
}
