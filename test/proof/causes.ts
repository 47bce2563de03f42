/**
 * What a peer does so that a session is told a fact. Where there are several ways, the paths over
 * sockets take them in turn, and the session must say exactly what goes with each.
 */
import type { Fact } from '../../explore/stepper.js';
import { closed, endedWithoutClose } from '../support/facts.js';
import { OPCODE } from '../support/frames.js';
import type { RawPeer } from '../support/rawPeer.js';
import { isViolation } from './wire.js';

/** The largest message a session under proof takes; a larger one breaks a rule. */
export const MAX_PAYLOAD = 100;

/** One way to bring a fact about. */
export interface Cause {
  name: string;
  fact: Fact;
  make(peer: RawPeer): void;
}

function lost(code: string): Fact {
  const failure = { blame: 'transport', code, expected: '', came: '', remedy: '' };
  return { type: 'socket.failed', ...{ failure } };
}

function violated(code: string, closeCode: number): Fact {
  const failure = { blame: 'remote', code, expected: '', came: '', remedy: '', closeCode };
  return { type: 'socket.failed', ...{ failure } };
}

const RESET: Cause = {
  name: 'a reset',
  fact: lost('ERR_TRANSPORT'),
  make: (peer) => peer.reset(),
};

const LOSSES: Cause[] = [
  RESET,
  {
    name: 'a FIN inside a frame',
    fact: lost('ERR_TRUNCATED'),
    make: (peer) => {
      peer.socket.write(Buffer.of(0x81));
      peer.fin();
    },
  },
  {
    name: 'a FIN inside a fragmented message',
    fact: lost('ERR_TRUNCATED'),
    make: (peer) => {
      peer.write({ opcode: OPCODE.text, payload: 'half', fin: false });
      peer.fin();
    },
  },
  ...[1002, 1011, 4001].map((code) => ({
    name: `a Close frame ${code}`,
    fact: lost('ERR_PEER_CLOSED'),
    make: (peer: RawPeer) => peer.close(code),
  })),
];

const VIOLATIONS: Cause[] = [
  {
    name: 'a message that is too big',
    fact: violated('ERR_TOO_BIG', 1009),
    make: (peer) => peer.send('x'.repeat(MAX_PAYLOAD + 1)),
  },
  {
    name: 'text that is not UTF-8',
    fact: violated('ERR_INVALID_TEXT', 1007),
    make: (peer) => peer.write({ opcode: OPCODE.text, payload: Buffer.of(0xff) }),
  },
  {
    name: 'a reserved bit',
    fact: violated('ERR_PROTOCOL', 1002),
    make: (peer) => peer.write({ opcode: OPCODE.text, reserved: 4 }),
  },
  {
    name: 'a frame masked the wrong way',
    fact: violated('ERR_PROTOCOL', 1002),
    make: (peer) => peer.write({ opcode: OPCODE.text, payload: 'x', masked: !peer.masked }),
  },
];

const CLOSES: Cause[] = [
  { name: 'a Close frame 1000', fact: closed(1000), make: (peer) => peer.close(1000) },
  { name: 'a Close frame 1001', fact: closed(1001), make: (peer) => peer.close(1001) },
  { name: 'a Close frame without a code', fact: closed(1005), make: (peer) => peer.close() },
];

const FIN: Cause = {
  name: 'a FIN between messages',
  fact: endedWithoutClose,
  make: (peer) => peer.fin(),
};

/** The ways to bring about what a peer can; none where a fact does not come from an open peer. */
export function causesOf(fact: Fact, isDeaf: boolean): Cause[] {
  if (fact.type === 'socket.ended') {
    return (fact as Fact & { closeFrame: boolean }).closeFrame ? CLOSES : [FIN];
  }
  if (fact.type === 'socket.failed') {
    if (isViolation(fact)) return VIOLATIONS;
    return isDeaf ? [RESET] : LOSSES;
  }
  return [];
}

/** Takes the ways in turn, and counts how often each was taken. */
export class Turns {
  readonly taken = new Map<string, number>();
  readonly #next = new Map<Cause[], number>();

  take(causes: Cause[]): Cause | undefined {
    const turn = this.#next.get(causes) ?? 0;
    this.#next.set(causes, turn + 1);
    const cause = causes[turn % causes.length];
    if (cause) this.taken.set(cause.name, (this.taken.get(cause.name) ?? 0) + 1);
    return cause;
  }
}
