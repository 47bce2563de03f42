/**
 * The near end of a check: opens connections to the far end, and runs a probe on each.
 *
 * Rule 1. Every connection is ended: by its probe, or by `stop`.
 * Rule 2. An opening that fails rejects with an `Unopened`, which has the fault.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ClientOptions, WebSocket } from 'ws';
import type { AnyStateMachine, InputFrom, OutputFrom } from 'xstate';
import { sendsCloseFrame } from '../adapters/announcement.js';
import { probe } from '../adapters/checks.js';
import { type DialOptions, dial, requestStop } from '../adapters/ws.js';
import { CHECK_PROTOCOL, type FarEnd } from '../machines/checks/index.js';
import type { Fault, OpeningOutput, Phases } from '../machines/index.js';

/** A connection that did not open. */
export class Unopened extends Error {
  readonly fault: Fault | null;
  readonly phases: Phases;

  constructor({ fault, phases }: OpeningOutput) {
    super(fault?.message ?? 'the check was stopped');
    this.fault = fault;
    this.phases = phases;
  }
}

/** The first connection: what opened, and what each end saw of the handshake. */
export interface Opened {
  output: OpeningOutput;
  /** The headers of our request, by their names in lower case. */
  sent: { readonly [name: string]: string };
}

export class NearEnd {
  readonly url: string;
  farEnd: FarEnd = 'other';
  /** The first message of a far end that does not return ours, quoted; null for none. */
  greeting: string | null = null;
  readonly #options: DialOptions;
  readonly #stop: AbortSignal;
  #subprotocols: string[] = [CHECK_PROTOCOL];
  /** What ends the connections under way. */
  readonly #ends = new Set<() => void>();

  constructor(url: string, options: DialOptions, stop: AbortSignal) {
    this.url = url;
    this.#options = options;
    this.#stop = stop;
    stop.addEventListener('abort', () => {
      for (const end of this.#ends) end();
    });
  }

  /**
   * Opens the first connection, finds out whether the far end is of lockstep, and drops the connection. A
   * server that knows no subprotocol of ours is asked for none.
   */
  async meet(): Promise<Opened> {
    try {
      return await this.#look();
    } catch (error) {
      const isOurOffer = error instanceof Unopened && error.fault?.setting === 'subprotocols';
      if (!isOurOffer || this.#subprotocols.length === 0) throw error;
      this.#subprotocols = [];
      return this.#look();
    }
  }

  #look(): Promise<Opened> {
    let sent = {};
    return this.#open(
      (ws, answer, output) => {
        // Many servers choose whatever subprotocol is offered. Only ours has the header of lockstep, too.
        const isOurs = ws.protocol === CHECK_PROTOCOL && sendsCloseFrame(answer.headers);
        this.farEnd = isOurs ? 'ours' : 'other';
        if (!isOurs) this.#subprotocols = [];
        ws.on('error', () => {}).close(1000);
        return Promise.resolve({ output, sent });
      },
      (request) => {
        sent = Object.fromEntries(
          Object.entries(request.getHeaders()).map(([name, value]) => [name, String(value)]),
        );
      },
    );
  }

  /**
   * Opens a connection and runs a probe on it; resolves with its output. `options` of ws win. `onOpen` is
   * called once the probe runs.
   */
  run<M extends AnyStateMachine>(
    machine: M,
    input: InputFrom<M>,
    options: ClientOptions = {},
    onOpen: () => void = () => {},
  ): Promise<OutputFrom<M>> {
    const use = (ws: WebSocket): Promise<OutputFrom<M>> => {
      const actor = probe(ws, machine, input);
      return new Promise((resolve) => {
        actor.subscribe({
          complete: () => resolve((actor.getSnapshot() as { output: OutputFrom<M> }).output),
        });
        actor.start();
        onOpen();
      });
    };
    return this.#open(use, undefined, options);
  }

  #open<T>(
    use: (ws: WebSocket, answer: IncomingMessage, output: OpeningOutput) => Promise<T>,
    see: (request: ClientRequest) => void = () => {},
    options: ClientOptions = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let opened: OpeningOutput | undefined;
      const { ws } = this.#options;
      const opening = dial(
        this.url,
        (socket, answer) => {
          const end = (): void => socket.terminate();
          this.#ends.add(end);
          socket.once('close', () => this.#ends.delete(end));
          resolve(use(socket, answer, opened as OpeningOutput));
        },
        {
          ...this.#options,
          subprotocols: [...(this.#options.subprotocols ?? []), ...this.#subprotocols],
          ws: {
            ...ws,
            ...options,
            finishRequest: (request, socket) => {
              see(request);
              if (ws?.finishRequest) ws.finishRequest(request, socket);
              else request.end();
            },
          },
        },
      );
      const end = (): void => requestStop(opening);
      this.#ends.add(end);
      opening.on('opening.ended', ({ output }) => {
        this.#ends.delete(end);
        opened = output;
        if (output.outcome !== 'opened') reject(new Unopened(output));
      });
      opening.start();
      if (this.#stop.aborted) end();
    });
  }
}
