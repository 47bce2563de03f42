/**
 * The one seam of the live parts: while it is installed, the news that a message was written is held
 * back, for each socket apart, until the test lets it go. On loopback it would otherwise always come
 * before the reply.
 */
import { WebSocket } from 'ws';
import type { Side } from '../../explore/network.js';

type Callback = (error?: Error) => void;

/** The writes of one socket that its session has not been told of. */
class Gate {
  readonly #written: (() => void)[] = [];
  readonly #releases: (() => void)[] = [];

  /** A write is over. */
  arrive(tell: () => void): void {
    this.#written.push(tell);
    this.#match();
  }

  /** Lets the oldest write be told of, as soon as it is over. */
  release(): void {
    this.#releases.push(() => this.#written.shift()?.());
    this.#match();
  }

  #match(): void {
    while (this.#written.length > 0 && this.#releases.length > 0) this.#releases.shift()?.();
  }
}

/** Holds writes back, at both ends, until `uninstall`. */
export class HeldWrites {
  readonly #send = WebSocket.prototype.send;
  #gates = { listener: new Gate(), dialler: new Gate() };

  constructor() {
    const send = this.#send as (this: WebSocket, ...given: unknown[]) => void;
    const gateOf = (ws: WebSocket): Gate => this.#gates[ws.url ? 'dialler' : 'listener'];
    // What is sent, perhaps options, and last what is called when it was written.
    WebSocket.prototype.send = function (this: WebSocket, ...given: unknown[]): void {
      const tell = given.pop() as Callback;
      const gate = gateOf(this);
      const written: Callback = (error) => {
        if (error) tell(error);
        else gate.arrive(() => tell());
      };
      send.call(this, ...given, written);
    } as typeof WebSocket.prototype.send;
  }

  /** Lets the oldest write of one end be told of, as soon as it is over. */
  release(end: Side): void {
    this.#gates[end].release();
  }

  /** Begins a new run: what was held in the last one is never told. */
  begin(): void {
    this.#gates = { listener: new Gate(), dialler: new Gate() };
  }

  uninstall(): void {
    WebSocket.prototype.send = this.#send;
  }
}
