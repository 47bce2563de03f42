/**
 * The microsteps that XState tells an inspector of: which transitions were taken, and which refused.
 *
 * Rule 1. What is taken is what XState selected, never guessed from states. XState has no public API for
 *         that; this file alone knows how (pinned by a test, 5.33).
 */
import type { AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import { refusedIn, type Transition, transitionsOf } from './transitions.js';

/** What became of the transitions that XState asked for one fact. */
export interface Asked {
  taken: Transition[];
  /** Those whose guards did not pass. */
  refused: Transition[];
}

interface Microstep {
  type: string;
  taken: Transition[];
  snapshot: AnyMachineSnapshot;
}

/** Collects the microsteps of one actor of a machine. */
export class Microsteps {
  readonly #machine: AnyStateMachine;
  #steps: Microstep[] = [];

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
  }

  /** Takes an inspection event; all but microsteps are passed over. */
  add(event: InspectionEvent): void {
    if (event.type !== '@xstate.microstep') return;
    const known = transitionsOf(this.#machine);
    const taken = event._transitions
      .map((one) => known.get(one))
      .filter((one) => one !== undefined);
    // XState asks for transitions without a fact in the name of the last fact.
    const type = taken[0]?.cause === '' ? '' : event.event.type;
    this.#steps.push({ type, taken, snapshot: event.snapshot as AnyMachineSnapshot });
  }

  /** Forgets microsteps that nobody drained: those of an actor's creation, or of a step that threw. */
  clear(): void {
    this.#steps = [];
  }

  /** The transitions asked between two snapshots; `before` is undefined at the start. Then forgets them. */
  drain(before: AnyMachineSnapshot | undefined, after: AnyMachineSnapshot): Asked {
    const refused: Transition[] = [];
    let from = before;
    for (const { type, taken, snapshot } of this.#steps) {
      refused.push(...(from ? refusedIn(from, type, taken) : taken.flatMap((one) => one.before)));
      from = snapshot;
    }
    // After every fact XState asks for transitions that need none, until it takes none.
    if (after.status === 'active') refused.push(...refusedIn(after, '', []));
    const taken = this.#steps.flatMap((step) => step.taken);
    this.clear();
    return { taken, refused };
  }
}
