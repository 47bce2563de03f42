/** What the contract suite asks of an adapter, and the connections to a raw peer that it makes with it. */
import type { OpeningActor, SessionActor } from '../../adapters/sessionActor.js';
import type { Command } from '../../machines/index.js';
import { frame, OPCODE } from './frames.js';
import { type RawPeer, rawClient, rawServer } from './rawPeer.js';
import { ScriptedSession } from './scriptedSession.js';
import type { TestContext } from './suite.js';

/** The most bytes of a message that an adapter under test may let in. */
export const MAX_PAYLOAD = 100;

/** What a platform may be unable to do, and an adapter then cannot make up for. */
export type Capability =
  /** Accepts connections: servers do. */
  | 'accepts'
  /** Dials. */
  | 'dials'
  /** Reports the stages of an opening. */
  | 'reportsStages'
  /** Says why an opening failed. */
  | 'explainsOpenings'
  /** Reports that a message was written, not only that it was taken. */
  | 'reportsWrites'
  /** Stops reading while a peer does not read. */
  | 'pausesReading'
  /** Sends every close code that RFC 6455 lets an endpoint send. */
  | 'sendsEveryCloseCode'
  /** Drops the TCP connection at once. */
  | 'terminates'
  /** Reports a Close frame before TCP has ended. */
  | 'reportsCloseFrames'
  /** Tells the end of TCP between messages from a cut and from a reset. */
  | 'reportsEndOfTcp'
  /** Says which rule the peer broke, while the connection still stands. */
  | 'reportsBrokenRules'
  /** Limits the size of a message. */
  | 'limitsMessages';

/** The session of a test, as a harness has it. Start it as an actor, in the tick in which it is bound. */
export interface SessionUnderTest extends SessionActor {
  /** The opening before it, of a session that dials; it has started. */
  readonly opening: OpeningActor;
  start(): void;
}

/** The harness of an adapter. */
export interface AdapterUnderTest {
  /** The adapter's name, for the titles of tests. */
  name: string;
  /** For each capability that the platform lacks, the reason. */
  lacks: { readonly [capability in Capability]?: string };
  /** Listens on loopback, and binds the session to the first connection; resolves with the URL. */
  accept?(session: SessionUnderTest, maxPayload: number, context: TestContext): Promise<string>;
  /** Dials for the opening, and binds the session to the socket when it is handed over. */
  dial?(
    session: SessionUnderTest,
    url: string,
    options: { maxPayload: number; subprotocols: string[] },
    context: TestContext,
  ): void;
}

/** An open connection between a session under test and a peer that the test works by hand. */
export interface Connection {
  session: ScriptedSession;
  peer: RawPeer;
  can(capability: Capability): boolean;
}

/** How a connection is opened. */
export interface Opening {
  /** The message that the peer sends in the segment of its handshake. */
  early?: string | undefined;
  /** The commands that the session emits inside `start()`; of a session that was accepted. */
  atStart?: readonly Command[] | undefined;
}

export type Role = 'accepted' | 'dialled';

/** The facts of an opening that succeeds. */
export function openingFacts(role: Role, { lacks }: AdapterUnderTest): string[] {
  if (role === 'accepted') return [];
  const attempted = ['tcp', 'upgrade'].map((stage) => `socket.attempted ${stage} 127.0.0.1:PORT`);
  return [...(lacks.reportsStages === undefined ? attempted : []), 'socket.opened'];
}

/** Opens a connection; resolves once the session is bound to it. */
export async function connect(
  role: Role,
  adapter: AdapterUnderTest,
  context: TestContext,
  { early, atStart }: Opening = {},
): Promise<Connection> {
  const session = new ScriptedSession(atStart);
  const can = (capability: Capability): boolean => adapter.lacks[capability] === undefined;
  const extra = (masked: boolean): Uint8Array =>
    early === undefined ? new Uint8Array() : frame({ opcode: OPCODE.text, payload: early, masked });
  if (role === 'accepted') {
    const url = await adapter.accept?.(session, MAX_PAYLOAD, context);
    if (url === undefined) throw new Error(`${adapter.name} does not accept`);
    const peer = await rawClient(url, context, extra(true));
    await session.started();
    return { session, peer, can };
  }
  const server = await rawServer(context, extra(false));
  adapter.dial?.(session, server.url, { maxPayload: MAX_PAYLOAD, subprotocols: [] }, context);
  const peer = await server.peer;
  await session.has(openingFacts(role, adapter).length);
  return { session, peer, can };
}
