/**
 * A proxy of ours between a client and a server: it passes the handshake, and then frame after frame. A
 * middle says what it does otherwise.
 *
 * Rule 1. Without a middle a relay is transparent: heads, frames, fragments, FIN and RST pass as they came.
 * Rule 2. A middle belongs to one connection, so that it may keep a state of its own.
 * Rule 3. Frames to the server are masked anew. Their payloads are plain in between.
 * Rule 4. A relay holds whole frames, and applies no back-pressure: it is for tests.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { closeFrame, FrameReader, frame, type ReadFrame } from '../support/frames.js';
import { portOf } from '../support/portOf.js';
import { headOf, readHead, resetTcp } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';

/** A way through a relay. */
export type Direction = 'toServer' | 'toClient';

/** The ways in which a relay can cut a connection. */
export type Cut = 'fin' | 'reset' | 'close' | 'silence';

/** What stands in the middle of one connection. Without a method, the relay acts as if transparent. */
export interface Middle {
  /** Rewrites the lines of the request. */
  request?(lines: string[]): string[];
  /** Takes a frame in place of the relay, which would pass it on. */
  frame?(read: ReadFrame, direction: Direction, link: Link): void;
  /** Called once the handshake has passed. */
  opened?(link: Link): void;
  /** Called once a socket of the connection is closed. */
  closed?(): void;
  /** Stands before each socket, and hands the bytes to it at a pace of its own. */
  pace?(socket: Socket): Writable;
}

/** Listens in front of the server on this port; returns the port to dial instead. */
export function relay(
  farPort: number,
  context: TestContext,
  middleOf: () => Middle = () => ({}),
): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const far = connect({ host: '127.0.0.1', port: farPort, allowHalfOpen: true });
    for (const socket of [client, far]) {
      socket.setNoDelay();
      context.after(() => socket.destroy());
    }
    new Link(client, far, middleOf());
  });
  return portOf(server, context);
}

/** Listens, accepts and reads; answers nothing, and dials nobody. Returns the port. */
export function blackHole(context: TestContext): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.resume().on('error', () => {});
    context.after(() => client.destroy());
  });
  return portOf(server, context);
}

/** One end of a link. */
interface End {
  socket: Socket;
  /** Where bytes for the socket are written: the socket, or the pace before it. */
  out: Writable;
  reader: FrameReader;
}

/** A connection through the relay. */
export class Link {
  readonly #middle: Middle;
  readonly #client: End;
  readonly #far: End;
  /** Whether the relay has cut the connection, so that nothing passes any more. */
  #isCut = false;

  constructor(client: Socket, far: Socket, middle: Middle) {
    this.#middle = middle;
    const endOf = (socket: Socket): End => ({
      socket,
      out: middle.pace?.(socket) ?? socket,
      reader: new FrameReader(),
    });
    this.#client = endOf(client);
    this.#far = endOf(far);
    this.#wireErrors(this.#client, this.#far);
    this.#wireErrors(this.#far, this.#client);
    this.#passHandshake().catch(() => this.cut('reset'));
  }

  /** Writes a frame in this direction. */
  write(direction: Direction, parts: Omit<Parameters<typeof frame>[0], 'masked'>): void {
    this.#writeBytes(direction, frame({ ...parts, masked: direction === 'toServer' }));
  }

  /** Passes a frame on as it was read. */
  pass(direction: Direction, read: ReadFrame): void {
    this.write(direction, read);
  }

  /** Sends a Close frame in this direction. */
  close(direction: Direction, code: number, reason = ''): void {
    this.#writeBytes(direction, closeFrame(direction === 'toServer', code, reason));
  }

  /** Cuts the connection, at both ends. */
  cut(by: Cut): void {
    if (this.#isCut) return;
    if (by === 'close') {
      this.close('toClient', 1001, 'cut by the path');
      this.close('toServer', 1001, 'cut by the path');
    }
    this.#isCut = true;
    if (by === 'silence') return;
    for (const { socket, out } of [this.#client, this.#far]) {
      if (by === 'reset') resetTcp(socket);
      else out.end();
    }
  }

  async #passHandshake(): Promise<void> {
    const { lines, head } = await readHead(this.#client.socket);
    this.#client.socket.pause();
    this.#far.out.write(headOf(this.#middle.request?.(lines) ?? lines));
    const answer = await readHead(this.#far.socket);
    this.#client.out.write(headOf(answer.lines));
    const isOpen = answer.lines[0]?.includes(' 101 ') === true;
    if (isOpen) this.#middle.opened?.(this);
    this.#wire(this.#client, 'toServer', this.#far, isOpen, head);
    this.#wire(this.#far, 'toClient', this.#client, isOpen, answer.head);
    this.#client.socket.resume();
  }

  #wire(from: End, direction: Direction, to: End, isOpen: boolean, head: Buffer): void {
    const take = (bytes: Buffer): void => {
      if (!isOpen) this.#writeBytes(direction, bytes);
      else for (const read of from.reader.read(bytes)) this.#take(read, direction);
    };
    take(head);
    from.socket.on('data', take);
    from.socket.on('end', () => {
      if (!this.#isCut) to.out.end();
    });
  }

  #wireErrors(from: End, to: End): void {
    from.socket.on('error', () => {
      if (!this.#isCut) resetTcp(to.socket);
    });
    from.socket.on('close', () => this.#middle.closed?.());
    from.out.on('error', () => {});
  }

  #take(read: ReadFrame, direction: Direction): void {
    if (this.#isCut) return;
    if (this.#middle.frame === undefined) this.pass(direction, read);
    else this.#middle.frame(read, direction, this);
  }

  #writeBytes(direction: Direction, bytes: Uint8Array | string): void {
    if (this.#isCut) return;
    const { out } = direction === 'toServer' ? this.#far : this.#client;
    if (out.writable) out.write(bytes);
  }
}
