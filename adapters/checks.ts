/**
 * Checks on `ws` sockets: `probe` runs a probe of an experiment on an open socket, and `answer` is the far
 * end of a check.
 *
 * Rule 1. Both return actors that have not started, bound to the socket: `start()` in the same tick.
 * Rule 2. The ends of named connections are remembered for a while: another connection may ask for them.
 */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { type AnyStateMachine, createActor, type InputFrom } from 'xstate';
import {
  type CompiledLogic,
  compile,
  createCompiledActor,
  type MachineActor,
} from '../compiler/index.js';
import { answerer, HIDDEN, type Remembered } from '../machines/checks/index.js';
import { addressOf } from './address.js';
import { BackPressure } from './backPressure.js';
import { deadlineClock } from './clock.js';
import { bindProbe, type ProbeActor } from './probeBinding.js';
import { pathOf } from './visitor.js';

/** The far end of one connection of a check. */
export type AnswererActor = MachineActor<typeof answerer>;

/** The most ends that are remembered; the oldest make room. */
const KEPT_ENDS = 1_000;

/** The ends of the connections that were given a name. */
export class Ends {
  readonly #ends = new Map<string, Remembered>();

  remember(name: string, end: Remembered): void {
    this.#ends.delete(name);
    this.#ends.set(name, end);
    if (this.#ends.size <= KEPT_ENDS) return;
    const [oldest] = this.#ends.keys();
    this.#ends.delete(oldest as string);
  }

  recall(name: string): Remembered | null {
    return this.#ends.get(name) ?? null;
  }
}

/** Headers whose values anybody may see. A proxy may add others with secrets: of these the name is told. */
const PUBLIC =
  /^(?:host|origin|via|forwarded|x-forwarded-.+|x-real-ip|connection|upgrade|user-agent|lockstep|cf-ray|x-amzn-trace-id|sec-websocket-(?:version|protocol|extensions))$/;

/** The headers of a request, with `…` for values that may be secret. A header that came several times has its values joined. */
function shownHeaders({ headers }: IncomingMessage): { [name: string]: string } {
  const shown = Object.entries(headers).map(([name, value]) => {
    return [name, PUBLIC.test(name) ? String(value) : HIDDEN] as const;
  });
  return Object.fromEntries(shown);
}

let compiledAnswerer: CompiledLogic<typeof answerer> | undefined;

/** Binds the far end of a check to an open socket. `ends` is shared by all connections of a server. */
export function answer(ws: WebSocket, request: IncomingMessage, ends: Ends): AnswererActor {
  compiledAnswerer ??= compile(answerer);
  const input = {
    peer: addressOf(request.socket),
    path: pathOf(request.url ?? ''),
    headers: shownHeaders(request),
  };
  const actor = createCompiledActor(compiledAnswerer, { input, clock: deadlineClock });
  actor.on('answerer.ended', ({ name, end }) => {
    if (name !== null) ends.remember(name, end);
  });
  actor.on('registry.recall', ({ name }) => {
    actor.send({ type: 'registry.recalled', name, end: ends.recall(name) });
  });
  // Anybody may ask, and never read.
  bindProbe(actor as ProbeActor, ws, new BackPressure(ws));
  return actor;
}

/** Binds a probe to an open socket. */
export function probe<M extends AnyStateMachine>(
  ws: WebSocket,
  machine: M,
  input: InputFrom<M>,
): MachineActor<M> {
  const actor = createActor<AnyStateMachine>(machine, { input });
  bindProbe(actor as unknown as ProbeActor, ws);
  return actor as unknown as MachineActor<M>;
}
