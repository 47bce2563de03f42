/**
 * The scenarios of the contract of adapters: what a session orders, what happens on the wire, and the
 * facts that an adapter owes for it. `contract.ts` plays them.
 *
 * Rule 1. `facts` is the whole list after the opening. `otherwise` is the list that an adapter owes
 *         whose platform lacks the capability in `needs`.
 * Rule 2. Every list ends with the fact that ends the connection.
 */
import * as assert from 'uvu/assert';
import type { Command } from '../../machines/index.js';
import {
  type Capability,
  type Connection,
  MAX_PAYLOAD,
  type Opening,
} from '../support/adapterUnderTest.js';
import { OPCODE } from '../support/frames.js';
import type { HeldHandshake, RawPeer } from '../support/rawPeer.js';

/** One thing that happens on an open connection. */
export interface Scenario extends Opening {
  act(connection: Connection): unknown;
  /** The facts that the adapter owes, after those of the opening. */
  facts: readonly string[];
  /** The capability that these facts need, and the facts that an adapter owes without it. */
  needs?: Capability;
  otherwise?: readonly string[];
}

export type Scenarios = Readonly<Record<string, Scenario>>;

export const send = (data: string | Uint8Array): Command => ({ type: 'socket.send', data });
export const close = (code: number, reason = ''): Command => ({
  type: 'socket.close',
  code,
  reason,
});
export const TERMINATE: Command = { type: 'socket.terminate' };

const SENT = 'socket.sent';
const LOST = 'socket.failed transport ERR_TRANSPORT';
const TRUNCATED = 'socket.failed transport ERR_TRUNCATED';
const CLOSED = 'socket.ended 1000';
const LEFT = 'socket.ended 1006 without a Close frame';

/** The peer ends the connection, and waits for nothing. */
export const leave = (peer: RawPeer): void => peer.close(1000);

export const commands: Scenarios = {
  'socket.send with text': {
    act: async ({ session, peer }) => {
      session.command(send('aé€😀'));
      assert.is(await peer.next(), 'text "aé€😀"');
      leave(peer);
    },
    facts: [SENT, CLOSED],
  },
  'socket.send with bytes': {
    act: async ({ session, peer }) => {
      session.command(send(Uint8Array.of(0, 255)));
      assert.is(await peer.next(), 'binary 00ff');
      leave(peer);
    },
    facts: [SENT, CLOSED],
  },
  'three socket.send at once': {
    act: async ({ session, peer }) => {
      for (const data of ['a', '', 'c']) session.command(send(data));
      assert.is(await peer.next(), 'text "a"');
      assert.is(await peer.next(), 'text ""');
      assert.is(await peer.next(), 'text "c"');
      leave(peer);
    },
    facts: [SENT, SENT, SENT, CLOSED],
  },
  'socket.send inside the fact that it answers': {
    act: async ({ session, peer }) => {
      session.answer = ({ type }) => (type === 'socket.received' ? send('b') : undefined);
      peer.send('a');
      assert.is(await peer.next(), 'text "b"');
      leave(peer);
    },
    facts: ['socket.received "a"', SENT, CLOSED],
  },
  'socket.close': {
    act: async ({ session, peer }) => {
      session.command(close(1000, 'bye'));
      assert.is(await peer.next(), 'close 1000 bye');
      peer.close(1000, 'bye');
    },
    facts: ['socket.ended 1000 "bye"'],
  },
  'socket.close with a code that tells of trouble': {
    act: async ({ session, peer, can }) => {
      session.command(close(1008, 'ERR_X'));
      const code = can('sendsEveryCloseCode') ? 1008 : 4008;
      assert.is(await peer.next(), `close ${code} ERR_X`);
      leave(peer);
    },
    facts: [CLOSED],
  },
  'socket.close that no peer answers, then socket.terminate': {
    act: async ({ session, peer }) => {
      peer.isPolite = false;
      session.command(close(1000));
      assert.is(await peer.next(), 'close 1000');
      session.command(TERMINATE);
    },
    facts: [LOST],
  },
  'socket.terminate': {
    act: async ({ session, peer, can }) => {
      session.command(TERMINATE);
      if (can('terminates')) assert.match(await peer.next(), /^(fin|reset)$/);
    },
    facts: [LOST],
  },
  'a command that the library refuses by throwing': {
    // RFC 6455, 5.5: a reason has 123 bytes at most.
    act: ({ session }) => session.command(close(1000, 'x'.repeat(124))),
    facts: ['socket.failed local ERR_MISUSE'],
  },
};

export const messages: Scenarios = {
  'text of every width in UTF-8': {
    act: ({ peer }) => {
      for (const text of ['aé€😀', '', '\0']) peer.send(text);
      leave(peer);
    },
    facts: ['"aé€😀"', '""', '"\\u0000"'].map((text) => `socket.received ${text}`).concat(CLOSED),
  },
  bytes: {
    act: ({ peer }) => {
      peer.send(Uint8Array.of(0, 255));
      peer.send(new Uint8Array());
      leave(peer);
    },
    facts: ['socket.received bytes 00ff', 'socket.received bytes ', CLOSED],
  },
  'a message in fragments around a ping': {
    act: ({ peer }) => {
      peer.write({ opcode: OPCODE.text, payload: 'one ', fin: false });
      peer.write({ opcode: OPCODE.ping });
      peer.write({ opcode: OPCODE.continuation, payload: 'message' });
      leave(peer);
    },
    facts: ['socket.received "one message"', CLOSED],
  },
  'a message in the segment of the handshake': {
    early: 'hello',
    act: ({ peer }) => leave(peer),
    facts: ['socket.received "hello"', CLOSED],
  },
  'a burst of 500 messages and a Close frame behind it': {
    act: ({ peer }) => {
      for (let n = 0; n < 500; n++) peer.send(`message ${n}`);
      leave(peer);
    },
    facts: [...Array.from({ length: 500 }, (_, n) => `socket.received "message ${n}"`), CLOSED],
  },
};

/** How a peer ends a connection, and what an adapter tells that sees only code 1006 where there is no Close frame. */
export const ends: Scenarios = {
  'a Close frame 1000': {
    act: ({ peer }) => peer.close(1000, 'bye'),
    facts: ['socket.ended 1000 "bye"'],
  },
  'a Close frame 1001': { act: ({ peer }) => peer.close(1001), facts: ['socket.ended 1001'] },
  'a Close frame without a code': {
    act: ({ peer }) => peer.close(),
    facts: ['socket.ended 1005'],
  },
  'a Close frame with another code': {
    act: ({ peer }) => peer.close(4001, 'no more'),
    facts: ['socket.failed remote ERR_PEER_CLOSED'],
  },
  'a Close frame while TCP stays open': {
    act: async ({ session, peer, can }) => {
      peer.isPolite = false;
      peer.close(1000);
      assert.is(await peer.next(), 'close 1000');
      if (!can('reportsCloseFrames')) peer.fin();
      await session.ended();
    },
    facts: [CLOSED],
  },
  'a FIN between messages': {
    act: ({ peer }) => peer.fin(),
    facts: [LEFT],
    needs: 'reportsEndOfTcp',
    otherwise: [LOST],
  },
  'a FIN behind a message and a ping': {
    act: ({ peer }) => {
      peer.send('one');
      peer.write({ opcode: OPCODE.ping });
      peer.fin();
    },
    facts: ['socket.received "one"', LEFT],
    needs: 'reportsEndOfTcp',
    otherwise: ['socket.received "one"', LOST],
  },
  'a FIN inside the head of a frame': {
    act: ({ peer }) => {
      peer.socket.write(Buffer.of(0x81));
      peer.fin();
    },
    facts: [TRUNCATED],
    needs: 'reportsEndOfTcp',
    otherwise: [LOST],
  },
  'a FIN inside the payload of a frame': {
    act: ({ peer }) => {
      const half = peer.masked ? '81850000000068656c' : '810568656c';
      peer.socket.write(Buffer.from(half, 'hex'));
      peer.fin();
    },
    facts: [TRUNCATED],
    needs: 'reportsEndOfTcp',
    otherwise: [LOST],
  },
  'a FIN between two frames of one message': {
    act: ({ peer }) => {
      peer.write({ opcode: OPCODE.text, payload: 'half', fin: false });
      peer.fin();
    },
    facts: [TRUNCATED],
    needs: 'reportsEndOfTcp',
    otherwise: [LOST],
  },
  'a reset': { act: ({ peer }) => peer.reset(), facts: [LOST] },
};

/** A rule that the peer breaks, the code that it is owed, and the end. */
function broken(
  breakRule: (peer: RawPeer) => void,
  code: string,
  closeCode: number,
  needs: Capability = 'reportsBrokenRules',
  otherwise: readonly string[] = [LOST],
): Scenario {
  const act = async ({ session, peer, can }: Connection): Promise<void> => {
    session.answer = (fact) =>
      fact.type === 'socket.failed' && fact.failure.closeCode !== undefined
        ? close(fact.failure.closeCode, fact.failure.code)
        : undefined;
    breakRule(peer);
    if (can(needs)) assert.is(await peer.next(), `close ${closeCode}`);
    peer.fin();
  };
  const facts = [`socket.failed remote ${code} owed ${closeCode}`, LOST];
  return { act, facts, needs, otherwise };
}

export const brokenRules: Scenarios = {
  'a message over the limit': broken(
    (peer) => peer.send('x'.repeat(MAX_PAYLOAD + 1)),
    'ERR_TOO_BIG',
    1009,
    'limitsMessages',
    [`socket.received "${'x'.repeat(MAX_PAYLOAD + 1)}"`, LOST],
  ),
  'fragments over the limit together': broken(
    (peer) => {
      peer.write({ opcode: OPCODE.text, payload: 'x'.repeat(60), fin: false });
      peer.write({ opcode: OPCODE.continuation, payload: 'x'.repeat(60) });
    },
    'ERR_TOO_BIG',
    1009,
    'limitsMessages',
    [`socket.received "${'x'.repeat(120)}"`, LOST],
  ),
  'text that is not UTF-8': broken(
    (peer) => peer.write({ opcode: OPCODE.text, payload: Buffer.of(0xff) }),
    'ERR_INVALID_TEXT',
    1007,
  ),
  'a frame masked the wrong way': broken(
    (peer) => peer.write({ opcode: OPCODE.text, payload: 'x', masked: !peer.masked }),
    'ERR_PROTOCOL',
    1002,
  ),
  'a frame with a reserved bit': broken(
    (peer) => peer.write({ opcode: OPCODE.text, payload: 'x', reserved: 4 }),
    'ERR_PROTOCOL',
    1002,
  ),
};

/** More than the system buffers for a peer that does not read. */
const HELD = new Uint8Array(16 * 1024 * 1024);

/** Begins a write that the peer does not take. */
function holdWrite({ session, peer }: Connection): void {
  peer.socket.pause();
  session.command(send(HELD));
}

export const heldWrites: Scenarios = {
  'a message that overtakes the fact of a write': {
    act: async (connection) => {
      const { session, peer } = connection;
      const before = session.facts.length;
      holdWrite(connection);
      peer.send('early');
      await session.has(before + 1);
      peer.socket.resume();
      await session.has(before + 2);
      leave(peer);
    },
    facts: ['socket.received "early"', SENT, CLOSED],
    needs: 'reportsWrites',
    otherwise: [SENT, 'socket.received "early"', CLOSED],
  },
  'a Close frame that overtakes the fact of a write': {
    act: (connection) => {
      holdWrite(connection);
      leave(connection.peer);
      connection.peer.socket.resume();
    },
    facts: [SENT, CLOSED],
  },
  'a FIN that overtakes the fact of a write': {
    act: (connection) => {
      holdWrite(connection);
      connection.peer.fin();
      connection.peer.socket.resume();
    },
    facts: [SENT, LEFT],
    needs: 'reportsEndOfTcp',
    otherwise: [SENT, LOST],
  },
  'a reset before a message is written': {
    act: (connection) => {
      holdWrite(connection);
      connection.peer.reset();
    },
    facts: [LOST],
    needs: 'reportsWrites',
    otherwise: [SENT, LOST],
  },
  'socket.terminate before a message is written': {
    act: (connection) => {
      holdWrite(connection);
      connection.session.command(TERMINATE);
    },
    facts: [LOST],
    needs: 'reportsWrites',
    otherwise: [SENT, LOST],
  },
  'a message from a peer that takes none, while more than 1 MiB waits': {
    act: async (connection) => {
      const { session, peer } = connection;
      const before = session.facts.length;
      holdWrite(connection);
      session.command(send('next'));
      peer.send('early');
      peer.socket.resume();
      await session.has(before + 3);
      leave(peer);
    },
    facts: [SENT, SENT, 'socket.received "early"', CLOSED],
    needs: 'pausesReading',
    otherwise: ['socket.received "early"', SENT, SENT, CLOSED],
  },
};

export const scenariosOfAccepting: Scenarios = {
  'socket.send inside start()': {
    atStart: [send('Hello')],
    act: async ({ peer }) => {
      assert.is(await peer.next(), 'text "Hello"');
      leave(peer);
    },
    facts: [SENT, CLOSED],
  },
};

/** What a server makes of the handshake that the adapter sends it. */
export interface Dial {
  subprotocols?: string[];
  act(handshake: HeldHandshake): void;
  facts: readonly string[];
  needs: Capability;
  otherwise: readonly string[];
}

const ATTEMPTED = [
  'socket.attempted tcp 127.0.0.1:PORT',
  'socket.attempted upgrade 127.0.0.1:PORT',
];
export const UNOPENED = 'socket.failed transport ERR_CONNECT';

export const dials: Readonly<Record<string, Dial>> = {
  'an answer with another status': {
    act: ({ socket }) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
    facts: [...ATTEMPTED, 'socket.failed remote ERR_HANDSHAKE'],
    needs: 'explainsOpenings',
    otherwise: [...ATTEMPTED, UNOPENED],
  },
  'a server that hangs up': {
    act: ({ socket }) => socket.destroy(),
    facts: [...ATTEMPTED, LOST],
    needs: 'explainsOpenings',
    otherwise: [...ATTEMPTED, UNOPENED],
  },
  'the subprotocol that the server chooses': {
    subprotocols: ['a', 'b'],
    act: ({ open }) => leave(open(undefined, ['Sec-WebSocket-Protocol: b'])),
    facts: [...ATTEMPTED, 'socket.opened "b"', CLOSED],
    needs: 'dials',
    otherwise: [],
  },
};
