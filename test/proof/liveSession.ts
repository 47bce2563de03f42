/** A session on a real socket, stepped fact by fact: what it says, and which transitions it takes. */
import type { AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import type { ClientActor, OpeningActor, PingsActor, ServerActor } from '../../adapters/ws.js';
import { pathOf } from '../../chart/names.js';
import { type Asked, Microsteps } from '../../explore/microsteps.js';
import { isCommand, Trace } from '../../runners/transcript.js';
import { type Emitted, emittedLine } from '../support/play.js';

/** What came of one fact. */
export interface LiveStep extends Asked {
  fact: { type: string };
  said: string[];
  emitted: Emitted[];
  snapshot: AnyMachineSnapshot;
}

/** Follows one actor; give it `inspect`, then `follow` it, then start it. */
export class LiveSession {
  /** The start, and then one for each fact so far. */
  readonly steps: LiveStep[] = [];
  readonly #microsteps: Microsteps;
  readonly #trace = new Trace((line) => {
    if (!/^[<%]/.test(line)) this.#said.push(line);
  });
  readonly #waiting = new Set<() => void>();
  #said: string[] = [];
  #emitted: Emitted[] = [];

  constructor(machine: AnyStateMachine) {
    this.#microsteps = new Microsteps(machine);
  }

  readonly inspect = (event: InspectionEvent): void => {
    this.#trace.inspect(event);
    this.#microsteps.add(event);
    if (event.type !== '@xstate.snapshot') return;
    const snapshot = event.snapshot as AnyMachineSnapshot;
    this.steps.push({
      fact: event.event,
      said: this.#said,
      emitted: this.#emitted,
      ...this.#microsteps.drain(this.steps.at(-1)?.snapshot, snapshot),
      snapshot,
    });
    this.#said = [];
    this.#emitted = [];
    for (const check of this.#waiting) check();
  };

  follow(actor: ServerActor | ClientActor | OpeningActor | PingsActor): void {
    (actor as ServerActor).on('*', (event: Emitted) => {
      this.#emitted.push(event);
      this.#trace.emitted(event, pathOf(actor.getSnapshot().value));
      if (!isCommand(event) && !('fault' in event)) {
        this.#said.push(emittedLine(event));
      }
    });
  }

  /** Resolves once so many facts have been told. */
  told(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.steps.length <= count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** The longest a run may take over sockets, in ms, before it counts as stuck. */
const LIMIT = 10_000;

/** What a run over sockets comes to; undefined where it is stuck. */
export async function withinLimit<T>(run: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIMIT);
  });
  try {
    return await Promise.race([run, stuck]);
  } finally {
    clearTimeout(timer);
  }
}

/** A line without the reason of a fault, and without the URL of a redirect: real ones have their own. */
export function withoutReason(line: string): string {
  return line
    .replace(/^(! ERR_\w+) .*/, '$1')
    .replace(/ERR_HANDSHAKE$/, 'ERR_CONNECT')
    .replace(/^(\* opening\.redirected \d+) .*/, '$1');
}
