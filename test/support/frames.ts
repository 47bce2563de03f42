/** Frames by hand (RFC 6455, 5.2), so that a scripted peer can also write what no library would. */

export const OPCODE = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

export interface FrameParts {
  opcode: number;
  payload?: string | Uint8Array;
  fin?: boolean;
  /** Clients must mask, servers must not. */
  masked: boolean;
  /** The three reserved bits, as a number from 0 to 7. */
  reserved?: number;
}

/** Writes one frame. */
export function frame(parts: FrameParts): Buffer {
  const { opcode, payload = '', fin = true, masked, reserved = 0 } = parts;
  const data = Buffer.from(payload as string);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = masked ? 0x80 : 0;
  if (data.length < 126) head.push(maskBit | data.length);
  else if (data.length < 65_536) head.push(maskBit | 126, data.length >> 8, data.length & 0xff);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(data.length));
    head.push(maskBit | 127, ...length);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const mask = Buffer.of(1, 2, 3, 4);
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ (mask[i % 4] as number);
  return Buffer.concat([Buffer.from(head), mask, data]);
}

/** Writes a Close frame; without a code its body is empty. */
export function closeFrame(masked: boolean, code?: number, reason = ''): Buffer {
  const body = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) body.writeUInt16BE(code);
  return frame({
    opcode: OPCODE.close,
    payload: Buffer.concat([body, Buffer.from(reason)]),
    masked,
  });
}

/** A frame as it was read, its payload without the mask. */
export interface ReadFrame {
  opcode: number;
  payload: Buffer;
  /** Whether it ends its message. */
  fin: boolean;
  /** The three reserved bits, as a number from 0 to 7. */
  reserved: number;
}

/** The head of a frame: where its mask and payload begin, and where it ends. */
interface FrameHead {
  opcode: number;
  fin: boolean;
  reserved: number;
  masked: boolean;
  maskAt: number;
  start: number;
  end: number;
}

/** Parses the head of the first frame of a buffer; undefined while the head is not whole. */
function parseHead(bytes: Buffer): FrameHead | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const masked = (bytes.readUInt8(1) & 0x80) !== 0;
  let length = bytes.readUInt8(1) & 0x7f;
  let maskAt = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    maskAt = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    maskAt = 10;
  }
  const start = maskAt + (masked ? 4 : 0);
  return {
    opcode: first & 0x0f,
    fin: (first & 0x80) !== 0,
    reserved: (first >> 4) & 7,
    masked,
    maskAt,
    start,
    end: start + length,
  };
}

/** The bytes that the first frame of a buffer still lacks, as far as its head tells. */
function missingBytes(bytes: Buffer): number {
  return Math.max(0, (parseHead(bytes)?.end ?? 0) - bytes.length);
}

/** Reads the first whole frame of a buffer: the frame and what is left, or undefined. */
export function readFrame(bytes: Buffer): { frame: ReadFrame; rest: Buffer } | undefined {
  const head = parseHead(bytes);
  if (head === undefined || bytes.length < head.end) return undefined;
  const { opcode, fin, reserved, masked, maskAt, start, end } = head;
  const payload = Buffer.from(bytes.subarray(start, end));
  if (masked) {
    for (let i = 0; i < payload.length; i++) {
      payload[i] = (payload[i] as number) ^ (bytes[maskAt + (i % 4)] as number);
    }
  }
  return { frame: { opcode, payload, fin, reserved }, rest: bytes.subarray(end) };
}

/** Reads the frames of a stream. It keeps the bytes of a frame that is not whole. */
export class FrameReader {
  #chunks: Buffer[] = [];
  /** The bytes that the frame under way lacks, as far as its head tells. */
  #missing = 0;

  /** Takes the next bytes; returns the frames that they complete. */
  read(chunk: Buffer): ReadFrame[] {
    this.#chunks.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return [];
    const frames: ReadFrame[] = [];
    let bytes: Buffer = Buffer.concat(this.#chunks);
    for (let read = readFrame(bytes); read; read = readFrame(bytes)) {
      frames.push(read.frame);
      bytes = read.rest;
    }
    this.#chunks = [bytes];
    this.#missing = missingBytes(bytes);
    return frames;
  }
}
