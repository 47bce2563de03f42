/**
 * One client of the load: a TCP socket that answers frames with as little work as possible, so that
 * the server is the bottleneck. It masks with zeros, since any mask will do (RFC 6455, 5.3). It
 * returns large messages piece by piece.
 */
import { connect, type Socket } from 'node:net';

/** The callbacks of a peer. */
export interface PeerListener {
  /** Bytes of a message have come. */
  onBytes?(bytes: number): void;
  /** A whole message has come. */
  onMessage?(peer: Peer): void;
  /** The connection is gone. */
  onGone?(): void;
}

const CLOSE = 8;

export class Peer {
  /** The time of the last reply, in ms. The listener sets it. */
  since = 0;
  /** Whether the peer holds replies back until `resume`. */
  isPaused = false;
  #held: Buffer[] = [];
  readonly #socket: Socket;
  readonly #listener: PeerListener;
  #isOpen = false;
  #pending: Buffer | undefined = undefined;
  /** Bytes of the current message that have not come yet. */
  #missing = 0;

  constructor(port: number, listener: PeerListener) {
    this.#listener = listener;
    this.#socket = connect(port, '127.0.0.1', () => {
      this.#socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bG9ja3N0ZXAgYmVuY2ggIQ==\r\n\r\n`,
      );
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => listener.onGone?.());
  }

  resume(): void {
    this.isPaused = false;
    this.since = performance.now();
    for (const bytes of this.#held) this.#socket.write(bytes);
    this.#held = [];
  }

  #write(bytes: Buffer): void {
    if (this.isPaused) this.#held.push(Buffer.from(bytes));
    else this.#socket.write(bytes);
  }

  #read(chunk: Buffer): void {
    let bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = undefined;
    if (!this.#isOpen) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        this.#pending = bytes;
        return;
      }
      this.#isOpen = true;
      bytes = bytes.subarray(end + 4);
    }
    while (bytes.length > 0) {
      if (this.#missing > 0) {
        const part = bytes.subarray(0, this.#missing);
        this.#write(part);
        this.#advance(part.length);
        bytes = bytes.subarray(part.length);
        continue;
      }
      const size = headSize(bytes);
      if (size === undefined) {
        this.#pending = Buffer.from(bytes);
        return;
      }
      const length = lengthOf(bytes, size);
      const whole = bytes.subarray(size, size + length);
      this.#write(reply(bytes, size, whole));
      if (((bytes[0] as number) & 0x0f) === CLOSE) {
        // Bun and ws end the TCP stream. x/net may wait for the peer's FIN.
        this.#socket.end();
        return;
      }
      this.#missing = length;
      this.#advance(whole.length);
      bytes = bytes.subarray(size + whole.length);
    }
  }

  #advance(bytes: number): void {
    this.#missing -= bytes;
    this.#listener.onBytes?.(bytes);
    if (this.#missing === 0) this.#listener.onMessage?.(this);
  }
}

/** The size of a frame's head in bytes; undefined until the head is complete. */
function headSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 0x7f;
  const size = short === 126 ? 4 : short === 127 ? 10 : 2;
  return bytes.length < size ? undefined : size;
}

function lengthOf(bytes: Buffer, size: number): number {
  if (size === 2) return (bytes[1] as number) & 0x7f;
  return size === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

/** The frame that returns a payload, or the first part of it. */
function reply(head: Buffer, size: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(size + 4 + payload.length);
  head.copy(frame, 0, 0, size);
  frame[1] = (head[1] as number) | 0x80;
  frame.fill(0, size, size + 4);
  payload.copy(frame, size + 4);
  return frame;
}
