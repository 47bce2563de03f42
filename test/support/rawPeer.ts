/**
 * Peers on bare TCP sockets. They do the handshake and then only what a test tells them to, so they
 * can fall silent, cut a frame in half, reset, and break every rule.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { closeFrame, FrameReader, frame, OPCODE, type ReadFrame } from './frames.js';
import type { TestContext } from './suite.js';

/** One end of an open WebSocket connection, worked by hand. */
export class RawPeer {
  readonly socket: Socket;
  /** Whether it ends TCP when it should: after both Close frames as a server, else on a FIN. */
  isPolite = true;
  /** Whether this end masks: clients do. */
  readonly masked: boolean;
  readonly #frames: ReadFrame[] = [];
  readonly #reader = new FrameReader();
  #wake: () => void = () => {};
  #ended: 'open' | 'fin' | 'reset' = 'open';
  #closeSent = false;

  constructor(socket: Socket, isClient: boolean, head: Buffer) {
    this.socket = socket;
    socket.setNoDelay();
    this.masked = isClient;
    this.#read(head);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('end', () => {
      if (this.isPolite) socket.end();
      this.#end('fin');
    });
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => this.#end('reset'));
  }

  /** Sends a whole message as one frame. */
  send(payload: string | Uint8Array): void {
    const opcode = typeof payload === 'string' ? OPCODE.text : OPCODE.binary;
    this.write({ opcode, payload });
  }

  /** Writes any frame, masked as this end should, unless told otherwise. */
  write(parts: Partial<Parameters<typeof frame>[0]> & { opcode: number }): void {
    this.socket.write(frame({ masked: this.masked, ...parts }));
  }

  /** Sends a Close frame. */
  close(code?: number, reason?: string): void {
    this.socket.write(closeFrame(this.masked, code, reason));
    this.#closeSent = true;
  }

  /** Sends a FIN, as a peer that simply leaves. */
  fin(): void {
    this.socket.end();
  }

  /** Sends an RST. */
  reset(): void {
    resetTcp(this.socket);
    // The handle is gone, and no event tells of it.
    this.#end('reset');
  }

  /** The next frame, in words: `text "…"`, `close 1000`, …; or `fin`, `reset`. */
  async next(): Promise<string> {
    const read = await this.nextFrame();
    return typeof read === 'string' ? read : inWords(read);
  }

  /** The next frame as it was read; or `fin`, `reset`. */
  async nextFrame(): Promise<ReadFrame | 'fin' | 'reset'> {
    while (this.#frames.length === 0 && this.#ended === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() ?? (this.#ended as 'fin' | 'reset');
  }

  #read(chunk: Buffer): void {
    for (const read of this.#reader.read(chunk)) {
      this.#frames.push(read);
      const isClosed = this.#closeSent && read.opcode === OPCODE.close;
      if (isClosed && this.isPolite && !this.masked) this.socket.end();
    }
    this.#wake();
  }

  #end(how: 'fin' | 'reset'): void {
    if (this.#ended === 'open') this.#ended = how;
    this.#wake();
  }
}

function inWords({ opcode, payload }: ReadFrame): string {
  switch (opcode) {
    case OPCODE.text:
      return `text ${JSON.stringify(payload.toString())}`;
    case OPCODE.binary:
      return `binary ${payload.toString('hex')}`;
    case OPCODE.close: {
      if (payload.length === 0) return 'close';
      const reason = payload.subarray(2).toString();
      return `close ${payload.readUInt16BE(0)}${reason === '' ? '' : ` ${reason}`}`;
    }
    default:
      return `opcode ${opcode} ${payload.toString('hex')}`;
  }
}

/** Sends an RST, and no FIN before it: Node's `resetAndDestroy` sends both. */
export function resetTcp(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { _handle: { reset(): void } | null };
  handle?.reset();
  socket.destroy();
}

/**
 * Dials a WebSocket server by hand; `extra` are bytes to send in the handshake's own segment, `headers`
 * lines of it.
 */
export async function rawClient(
  url: string,
  { after }: TestContext,
  extra: Uint8Array = new Uint8Array(),
  headers: readonly string[] = [],
): Promise<RawPeer> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.concat([Buffer.from(handshakeRequest(url, headers)), extra]));
  const { head, lines } = await readHead(socket);
  if (!lines[0]?.includes(' 101 ')) throw new Error(`expected status 101, got ${lines[0]}`);
  return new RawPeer(socket, true, head);
}

/** The request of a handshake, with these header lines behind its own. */
export function handshakeRequest(url: string, headers: readonly string[] = []): string {
  const { host, pathname, search } = new URL(url);
  return headOf([
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Version: 13',
    ...headers,
  ]);
}

/** Writes the lines of an HTTP head, with the empty line behind them. */
export function headOf(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Listens for one WebSocket client; `extra` are bytes to send in the handshake's own segment. */
export async function rawServer(
  context: TestContext,
  extra: Uint8Array = new Uint8Array(),
): Promise<{ url: string; peer: Promise<RawPeer> }> {
  const { url, connection } = await holdingServer(context);
  return { url, peer: connection.then(({ open }) => open(extra)) };
}

/** A client's connection whose handshake has been read and not yet been answered. */
export interface HeldHandshake {
  socket: Socket;
  /** The lines of the request. */
  lines: string[];
  /** Answers; `extra` are bytes behind the answer, `headers` lines in it. */
  open(extra?: Uint8Array, headers?: readonly string[]): RawPeer;
}

/** Listens for one WebSocket client, and leaves its handshake unanswered. */
export async function holdingServer({
  after,
}: TestContext): Promise<{ url: string; connection: Promise<HeldHandshake> }> {
  const server = createServer({ allowHalfOpen: true });
  after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = async (): Promise<HeldHandshake> => {
    const [socket] = (await once(server, 'connection')) as [Socket];
    after(() => socket.destroy());
    return heldHandshake(socket);
  };
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, connection: accepted() };
}

/** Reads the handshake of a client's connection, and leaves it unanswered. */
export async function heldHandshake(socket: Socket): Promise<HeldHandshake> {
  const { head: rest, lines } = await readHead(socket);
  const key = /^sec-websocket-key: *(.*)$/im.exec(lines.join('\n'))?.[1];
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const answer = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  const open = (extra: Uint8Array = new Uint8Array(), headers: readonly string[] = []): RawPeer => {
    socket.write(Buffer.concat([Buffer.from(headOf([...answer, ...headers])), extra]));
    return new RawPeer(socket, false, rest);
  };
  return { socket, lines, open };
}

/** The next bytes; rejects where the stream ends instead. */
function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the stream ended before the HTTP head did'));
    socket.once('data', (chunk) => {
      socket.off('end', ended).off('close', ended).off('error', reject);
      resolve(chunk);
    });
    socket.once('end', ended).once('close', ended).once('error', reject);
  });
}

/** Reads an HTTP head: its lines, and the bytes that came behind it. */
export async function readHead(socket: Socket): Promise<{ lines: string[]; head: Buffer }> {
  let bytes = Buffer.alloc(0);
  while (true) {
    bytes = Buffer.concat([bytes, await nextChunk(socket)]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) continue;
    socket.pause();
    queueMicrotask(() => socket.resume());
    return {
      lines: bytes.subarray(0, end).toString().split('\r\n'),
      head: bytes.subarray(end + 4),
    };
  }
}
