/**
 * Binds a session's actor to a `ws` socket: callbacks become facts, commands become calls.
 *
 * Rule 1. A binding decides nothing. A condition on a session's state would belong in the machine.
 * Rule 2. The listeners stand before the actor starts: its first commands come inside `start()`.
 * Rule 3. Exceptions become facts: an exception in a listener never reaches the machine.
 */
import { WebSocket } from 'ws';
import type {
  ClientNotice,
  Command,
  Payload,
  ServerNotice,
  SessionFact,
  SocketEnded,
  SocketFailed,
  SocketSent,
} from '../machines/index.js';
import { BackPressure, HIGH_WATER_MARK } from './backPressure.js';
import { type EndListener, isCut, onEnd } from './endOfStream.js';
import { refusalByWs } from './misuse.js';
import type { SessionActor } from './sessionActor.js';
import { Silence } from './silence.js';

/** `socket.sent` carries no data and comes with every message, so all share one object. */
const SENT: SocketSent = { type: 'socket.sent' };

/** Tells ws to send bytes as text. */
const TEXT = { binary: false };

/** The property of a session's actor that holds its binding. */
const BINDING = Symbol('binding');

interface Bound {
  [BINDING]?: Binding;
}

/** Wires a session's actor to its socket, both ways. */
export class Binding implements EndListener {
  readonly #actor: SessionActor;
  readonly #ws: WebSocket;
  #backPressure: BackPressure | undefined = undefined;
  readonly #onWritten: (error?: Error | null) => void;
  /** Messages that ws has taken and not yet reported as written. */
  #unwritten = 0;
  #isOver = false;
  /** Whether the actor is taking a message right now. */
  #isReceiving = false;
  readonly silence = new Silence();
  /** The end of the stream, while writes before it are not yet reported. */
  #end: SocketEnded | SocketFailed | undefined = undefined;

  constructor(actor: SessionActor, ws: WebSocket) {
    this.#actor = actor;
    this.#ws = ws;
    (actor as Bound)[BINDING] = this;
    this.#onWritten = (error) => this.#written(error);

    ws.binaryType = 'nodebuffer';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.silence.heardMessage();
      this.#isReceiving = true;
      this.#tell({ type: 'socket.received', data: isBinary ? data : data.toString() });
      this.#isReceiving = false;
    });
    onEnd(ws, this);
    this.#actor.on('*', (emitted) => this.#obey(emitted));
  }

  get backPressure(): BackPressure {
    this.#backPressure ??= new BackPressure(this.#ws);
    return this.#backPressure;
  }

  // ------------------------------------------------------------------------------- facts

  #tell(fact: SessionFact): void {
    if (!this.#isOver) this.#actor.send(fact);
  }

  ended(fact: SocketEnded | SocketFailed, isGone: boolean): void {
    const stands = fact.type === 'socket.failed' && fact.failure.closeCode !== undefined;
    // Writes before a Close frame come first, if they succeed at all.
    if (stands || isGone || this.#unwritten === 0) this.#tell(fact);
    else this.#end = fact;
  }

  #written(error?: Error | null): void {
    this.#unwritten--;
    // A failed write is the end of the connection, which `ended` tells.
    if (error || (this.#ws.readyState !== WebSocket.OPEN && isCut(this.#ws))) return;
    if (this.#backPressure?.isPaused) this.#backPressure.adjust();
    this.#tell(SENT);
    if (this.#end && this.#unwritten === 0) this.#tell(this.#end);
  }

  // ---------------------------------------------------------------------------- commands

  #obey(emitted: Command | ServerNotice | ClientNotice): void {
    try {
      switch (emitted.type) {
        case 'socket.send':
          if (this.#ws.bufferedAmount > HIGH_WATER_MARK) this.backPressure.adjust();
          this.#unwritten++;
          this.#send(emitted.data);
          break;
        case 'socket.close':
          this.#ws.close(emitted.code, emitted.reason);
          this.backPressure.close();
          break;
        case 'socket.terminate':
          this.#ws.terminate();
          break;
        case 'session.ended':
          this.#isOver = true;
          break;
        default:
      }
    } catch (error) {
      this.#tell({ type: 'socket.failed', failure: refusalByWs(error) });
    }
  }

  #send(data: Payload): void {
    // A reply is sent while its message is received, and that time is noted already.
    if (!this.#isReceiving) this.silence.spoke();
    // Encoded here: Node writes a frame's head and bytes faster together than a head and a string.
    if (typeof data !== 'string') this.#ws.send(data, this.#onWritten);
    else this.#ws.send(Buffer.from(data), TEXT, this.#onWritten);
  }
}

/**
 * Stops reading from a session's socket until the caller calls the returned function. Use it where
 * you cannot keep up. The session's deadlines go on. A closing session reads again.
 */
export function holdReading(actor: object): () => void {
  const backPressure = (actor as Bound)[BINDING]?.backPressure;
  if (backPressure === undefined) return () => {};
  backPressure.hold(1);
  let isHeld = true;
  return () => {
    if (isHeld) backPressure.hold(-1);
    isHeld = false;
  };
}
