/** Assignments to keys of a context, as the code of fast paths performs them. */
import type { MachineContext } from 'xstate';
import type { Assignments } from './operation.js';
import type { Setter, Shape } from './shape.js';
import type { FastPathActor } from './terms.js';

/** An assignment, with the setter for contexts of the shape that came last. */
export class Assignment {
  shape: Shape | null = null;
  /** Undefined if the context has no shape, or the shape lacks a key. */
  set: Setter | undefined = undefined;
  readonly #keys: readonly string[];

  constructor(assignments: Assignments) {
    this.#keys = assignments.map(([key]) => key);
  }

  /** Finds the setter for an actor's context. */
  adapt(actor: FastPathActor, context: MachineContext): void {
    if (actor.shape === undefined) actor.shape = actor.shapeOf(context);
    if (this.shape === actor.shape) return;
    this.shape = actor.shape;
    this.set = this.shape?.setterOf(this.#keys);
  }
}
