/** Handovers: the places where the code of a fast path gives its macrostep to the table. */
import type { EventObject, MachineContext } from 'xstate';
import type { FastPathActor, Microstep, TableRow } from './terms.js';

/** A place within a microstep, or between two: then `microstep` is undefined. */
export interface Place {
  readonly microstep: Microstep | undefined;
  /** The index of the next operation. */
  readonly next: number;
  readonly isEventless: boolean;
  /** The number of changes when the microstep began. */
  readonly changesBefore: number;
  /** The event that the operation before has raised. */
  readonly raised: EventObject | undefined;
}

/** A place, with the state of the macrostep there. */
export interface Handover extends Place {
  /** The row in which the current microstep began; between two, the row that is reached. */
  readonly row: TableRow;
  readonly changes: number;
  /** The number of times that the macrostep asked for eventless transitions. */
  readonly eventlessCount: number;
  readonly isDone: boolean;
}

/** Finishes the microstep by its operations; the table completes the macrostep. */
export function handOver(
  actor: FastPathActor,
  event: EventObject,
  context: MachineContext,
  effects: unknown[],
  handover: Handover,
  output: unknown,
): void {
  const macrostep = actor.macrostepFrom(handover.row, event, context);
  macrostep.changes = handover.changes;
  macrostep.isDone = handover.isDone;
  macrostep.output = output;
  macrostep.adoptEffects(effects);
  if (handover.raised !== undefined) macrostep.raise(handover.raised);
  let isSettled = false;
  if (handover.microstep !== undefined) {
    const { operations, isChange, next } = handover.microstep;
    for (const operation of operations.slice(handover.next)) operation.perform(macrostep);
    if (isChange) macrostep.changes++;
    macrostep.configuration = next;
    isSettled = handover.isEventless && macrostep.changes === handover.changesBefore;
  }
  actor.completeByTable(macrostep, isSettled, handover.eventlessCount);
}
