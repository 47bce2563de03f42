/** Middles with a clock: what a proxy does after a time, or slowly. Times are in ms. */
import { Transform } from 'node:stream';
import { OPCODE, type ReadFrame } from '../support/frames.js';
import type { Cut, Direction, Link, Middle } from './relay.js';

/** Passes the handshake, and after it nothing. */
export function holeAfterHandshake(): Middle {
  return { opened: (link) => link.cut('silence') };
}

/** What an idle timeout takes for a sign of life. */
export interface IdleTimeout {
  ms: number;
  by: Cut;
  /** Whether pings and pongs are signs of life; they are unless this is false. */
  heedsPings?: boolean;
  /** The one direction whose frames are signs of life; both are by default. */
  heeds?: Direction;
}

/** Cuts a connection that has been silent for so long. */
export function idleTimeout({ ms, by, heedsPings = true, heeds }: IdleTimeout): Middle {
  let timer: NodeJS.Timeout | undefined;
  const isHeeded = ({ opcode }: ReadFrame, direction: Direction): boolean =>
    (heedsPings || (opcode !== OPCODE.ping && opcode !== OPCODE.pong)) &&
    (heeds === undefined || heeds === direction);
  return {
    opened: (link) => {
      timer = setTimeout(() => link.cut(by), ms);
    },
    frame: (read, direction, link) => {
      if (isHeeded(read, direction)) timer?.refresh();
      link.pass(direction, read);
    },
    closed: () => clearTimeout(timer),
  };
}

/** Cuts a connection at this age, however busy it is. */
export function lifetime(ms: number, by: Cut): Middle {
  let timer: NodeJS.Timeout | undefined;
  return {
    opened: (link) => {
      timer = setTimeout(() => link.cut(by), ms);
    },
    closed: () => clearTimeout(timer),
  };
}

/** Holds frames back until this many bytes wait in their direction, or for so long. */
export function heldBack(bytes: number, ms: number): Middle {
  const held = { toServer: new Buffered(bytes, ms), toClient: new Buffered(bytes, ms) };
  return {
    frame: (read, direction, link) => held[direction].take(read, direction, link),
    closed: () => {
      for (const buffered of Object.values(held)) buffered.stop();
    },
  };
}

/** The frames that wait in one direction. */
class Buffered {
  readonly #limit: number;
  readonly #ms: number;
  #frames: ReadFrame[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, ms: number) {
    this.#limit = limit;
    this.#ms = ms;
  }

  take(read: ReadFrame, direction: Direction, link: Link): void {
    this.#frames.push(read);
    this.#bytes += read.payload.length;
    const release = (): void => {
      this.stop();
      for (const frame of this.#frames) link.pass(direction, frame);
      this.#frames = [];
      this.#bytes = 0;
    };
    // A connection that ends has nothing to wait for.
    if (this.#bytes >= this.#limit || read.opcode === OPCODE.close) release();
    else this.#timer ??= setTimeout(release, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Writes so many bytes at a time, each in a turn of the event loop of its own. */
export function trickled(bytes: number): Middle {
  return {
    pace: (socket) => {
      const pieces = new Transform({
        transform: (chunk: Buffer, _, done) => {
          const push = (at: number): void => {
            pieces.push(chunk.subarray(at, at + bytes));
            if (at + bytes < chunk.length) setImmediate(push, at + bytes);
            else setImmediate(done);
          };
          push(0);
        },
      });
      pieces.pipe(socket);
      return pieces;
    },
  };
}
