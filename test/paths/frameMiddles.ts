/** Middles that change frames: what a proxy does that reads WebSocket, well or badly. */
import { OPCODE, type ReadFrame } from '../support/frames.js';
import type { Cut, Direction, Link, Middle } from './relay.js';

const isControl = ({ opcode }: ReadFrame): boolean => opcode >= OPCODE.close;

/** Passes every message as one frame. Control frames between its fragments come before it. */
export function fragmentsJoined(): Middle {
  const begun: Record<Direction, ReadFrame[]> = { toServer: [], toClient: [] };
  return {
    frame: (read, direction, link) => {
      if (isControl(read)) return link.pass(direction, read);
      const fragments = begun[direction];
      fragments.push(read);
      if (!read.fin) return;
      const payload = Buffer.concat(fragments.map((fragment) => fragment.payload));
      link.pass(direction, { ...(fragments[0] as ReadFrame), payload, fin: true });
      begun[direction] = [];
    },
  };
}

/** Splits every frame of data into fragments of so many bytes. */
export function fragmentsSplit(size: number): Middle {
  return {
    frame: (read, direction, link) => {
      if (isControl(read) || read.payload.length <= size) return link.pass(direction, read);
      for (let at = 0; at < read.payload.length; at += size) {
        const isFirst = at === 0;
        link.write(direction, {
          opcode: isFirst ? read.opcode : OPCODE.continuation,
          reserved: isFirst ? read.reserved : 0,
          payload: read.payload.subarray(at, at + size),
          fin: read.fin && at + size >= read.payload.length,
        });
      }
    },
  };
}

/** Ends both connections by FIN where a Close frame should pass. */
export function closeEaten(): Middle {
  return {
    frame: (read, direction, link) => {
      if (read.opcode === OPCODE.close) link.cut('fin');
      else link.pass(direction, read);
    },
  };
}

/** Puts this code in the place of the code and reason of every Close frame. */
export function closeReplaced(code: number): Middle {
  return {
    frame: (read, direction, link) => {
      if (read.opcode === OPCODE.close) link.close(direction, code);
      else link.pass(direction, read);
    },
  };
}

/** Answers pings itself: no ping reaches the other end. */
export function pingsAnswered(): Middle {
  return {
    frame: (read, direction, link) => {
      if (read.opcode !== OPCODE.ping) return link.pass(direction, read);
      const back = direction === 'toServer' ? 'toClient' : 'toServer';
      link.write(back, { opcode: OPCODE.pong, payload: read.payload });
    },
  };
}

/** Drops the frames of one kind, such as pings, or all those of one direction. */
export function dropped(isDropped: (read: ReadFrame, direction: Direction) => boolean): Middle {
  return {
    frame: (read, direction, link) => {
      if (!isDropped(read, direction)) link.pass(direction, read);
    },
  };
}

/** Flips the lowest bit of the last byte of each frame of data. Text stays well-formed UTF-8. */
export function flipped(flippedDirection: Direction): Middle {
  return {
    frame: (read, direction, link) => {
      const last = read.payload.length - 1;
      if (direction === flippedDirection && !isControl(read) && last >= 0) {
        read.payload.writeUInt8(read.payload.readUInt8(last) ^ 1, last);
      }
      link.pass(direction, read);
    },
  };
}

/** Refuses messages of more bytes: by a Close frame with 1009, RST, FIN or silence. */
export function sizeLimit(largest: number, by: Cut): Middle {
  const sizes: Record<Direction, number> = { toServer: 0, toClient: 0 };
  return {
    frame: (read, direction, link) => {
      if (isControl(read)) return link.pass(direction, read);
      sizes[direction] += read.payload.length;
      if (sizes[direction] > largest) return refuse(direction, by, link);
      if (read.fin) sizes[direction] = 0;
      link.pass(direction, read);
    },
  };
}

function refuse(direction: Direction, by: Cut, link: Link): void {
  if (by === 'close') {
    link.close(direction === 'toServer' ? 'toClient' : 'toServer', 1009, 'too big for the path');
  }
  link.cut(by === 'close' ? 'fin' : by);
}
