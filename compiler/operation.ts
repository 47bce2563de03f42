/**
 * Operations: resolved actions, and the other things that a microstep does.
 *
 * Rule 1. `perform` is the whole meaning of an operation.
 * Rule 2. An operation may also have a plain form: data of which the fast paths make code. Both do
 *         the same.
 */
import type { EventObject } from 'xstate';
import type { Args, Macrostep } from './macrostep.js';

/** A function of the machine; it is called with arguments and parameters. */
export type UserFunction = (args: object, params: unknown) => unknown;

/** A value, or the function that returns it. */
export type Value = unknown;

/** Keys of the context, and their new values. */
export type Assignments = readonly (readonly [key: string, value: Value])[];

/** The plain form of an operation. */
export type PlainOperation =
  | { readonly kind: 'emit'; readonly event: Value }
  | { readonly kind: 'assign'; readonly assignments: Assignments; readonly spawn: () => never }
  | { readonly kind: 'update'; readonly fn: UserFunction; readonly spawn: () => never }
  | { readonly kind: 'arm'; readonly timer: EventObject; readonly delay: Value }
  | { readonly kind: 'clear'; readonly timer: EventObject }
  | { readonly kind: 'call'; readonly fn: UserFunction }
  | { readonly kind: 'finish'; readonly outputOf: (args: Args) => unknown };

/** The plain operation of one kind. */
export type PlainOf<K extends PlainOperation['kind']> = Extract<PlainOperation, { kind: K }>;

export class Operation {
  readonly perform: (macrostep: Macrostep) => void;
  readonly plain: PlainOperation | undefined;
  /** The parameters of the functions in the plain form. */
  readonly params: unknown;

  constructor(perform: Operation['perform'], plain?: PlainOperation, params?: unknown) {
    this.perform = perform;
    this.plain = plain;
    this.params = params;
  }
}
