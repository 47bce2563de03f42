/**
 * XState's built-in actions, as XState represents them: functions that are never called, with their
 * meaning in properties. Here is everything that resolving them has in common.
 */
import type { AnyActorScope, AnyStateMachine, EventObject } from 'xstate';
import type { Args, Macrostep } from './macrostep.js';
import { Operation, type PlainOperation } from './operation.js';
import { ActorTimers, type TimerOwner } from './timers.js';

/** The passes over one machine share this. */
export interface Compilation {
  readonly machine: AnyStateMachine;
  /** The events of the timers, by their ids: one for each `after`. */
  readonly timers: Map<string, EventObject>;
}

/** A value, or the function that returns it. */
export type Expression<T> = T | ((args: Args, params: unknown) => T);

type Assigner = (args: object, params: unknown) => object;

/** A built-in action. Its `type` says which of the properties it has. */
export interface BuiltInAction {
  type: string;
  resolve?: unknown;
  execute(scope: AnyActorScope, params: unknown): void;
  assignment: Assigner | Record<string, unknown>;
  event: Expression<EventObject>;
  id?: string;
  delay?: Expression<number | undefined> | string;
  sendId: Expression<string>;
  value: Expression<unknown>;
  label?: string;
  collect(args: object, params: unknown): void;
}

/** The parameters of an action: a value, or a function of the context and the event. */
export class Params {
  readonly #params: unknown;

  constructor(params: unknown) {
    this.#params = params;
  }

  of({ context, event }: Macrostep): unknown {
    const params = this.#params;
    return typeof params === 'function' ? params({ context, event }) : params;
  }

  /** Makes an operation; it has the plain form only if the parameters are a value. */
  operation(perform: Operation['perform'], plain: PlainOperation | undefined): Operation {
    const isFixed = typeof this.#params !== 'function';
    return isFixed ? new Operation(perform, plain, this.#params) : new Operation(perform);
  }
}

/** Makes an expression a function of the macrostep. */
export function evaluator<T>(
  expression: Expression<T>,
  params: Params,
): (macrostep: Macrostep) => T {
  if (typeof expression !== 'function') return () => expression;
  const fn = expression as (args: Args, params: unknown) => T;
  return (macrostep) => fn(macrostep.args, params.of(macrostep));
}

/**
 * Gives a built-in action to XState, which keeps it until the actor starts. `withTimers` replaces
 * its execution then: all timers of an actor live in one place, also those of the initial states.
 */
export function postpone(
  macrostep: Macrostep,
  scope: AnyActorScope,
  action: BuiltInAction,
  params: object,
  withTimers?: (timers: TimerOwner) => void,
): void {
  const { type, execute } = action;
  const exec = (): void => {
    const timers = ActorTimers.of(scope);
    if (withTimers === undefined || timers === undefined) execute(scope, params);
    else scope.defer(() => withTimers(timers));
  };
  scope.actionExecutor({ type, info: macrostep.args, params: params as never, exec });
}
