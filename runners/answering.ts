/** The far ends of checks on a server: answered beside its sessions, unless `--no-check`. */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { type AnswererActor, answer, Ends } from '../adapters/checks.js';
import type { Served } from './sessions.js';

/** One connection of a check. It has no output, so no reader of it can be behind. */
class Answering implements Served {
  readonly #actor: AnswererActor;

  constructor(actor: AnswererActor) {
    this.#actor = actor;
  }

  requestStop(): void {
    if (this.#actor.getSnapshot().status === 'active') {
      this.#actor.send({ type: 'app.stopRequested' });
    }
  }

  cut(): boolean {
    return false;
  }

  wait(): void {}

  caughtUp(): void {}
}

/** Returns what answers each connection of a check. */
export function answering(): (ws: WebSocket, request: IncomingMessage) => Served {
  const ends = new Ends();
  return (ws, request) => {
    const actor = answer(ws, request, ends);
    actor.start();
    return new Answering(actor);
  };
}
