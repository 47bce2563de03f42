/**
 * Actions, resolved: names to functions, XState's own to what they do to a macrostep.
 *
 * Rule 1. An action is looked up once, when compiling; only its parameters may depend on the event.
 * Rule 2. One that starts, stops or addresses other actors is refused.
 */
import {
  type AnyActorScope,
  type AnyStateMachine,
  assign,
  cancel,
  type EventObject,
  emit,
  raise,
} from 'xstate';
import { resolveGuard } from './guards.js';
import { refuse } from './refuse.js';
import type { Args, Run } from './run.js';
import { ActorTimers, type Timed } from './timers.js';

/** What an action does to a macrostep. */
type Perform = (run: Run) => void;

/** A function of the machine, told its arguments and the parameters it has there. */
export type UserFunction = (args: object, params: unknown) => unknown;

/** A value, or the function that returns it. */
export type Value = unknown;

/** What an operation comes to, where it is plain: what routes are made of. */
export type Plain =
  | { readonly kind: 'emit'; readonly event: Value }
  | { readonly kind: 'assign'; readonly entries: Entries; readonly spawn: () => never }
  | { readonly kind: 'update'; readonly fn: UserFunction; readonly spawn: () => never }
  | { readonly kind: 'arm'; readonly timer: EventObject; readonly delay: Value }
  | { readonly kind: 'clear'; readonly timer: EventObject }
  | { readonly kind: 'call'; readonly fn: UserFunction }
  | { readonly kind: 'finish'; readonly outputOf: (args: Args) => unknown };

/** Keys of the context, and what they are set to. */
export type Entries = readonly (readonly [key: string, value: Value])[];

/** An action, resolved. `perform` is all there is to it; a plain one can also be made code of. */
export class Operation {
  readonly perform: Perform;
  readonly plain: Plain | undefined;
  /** The parameters of the functions of a plain one. */
  readonly given: unknown;

  constructor(perform: Perform, plain?: Plain, given?: unknown) {
    this.perform = perform;
    this.plain = plain;
    this.given = given;
  }
}

/** What resolving needs to know of the machine. */
export interface Surroundings {
  readonly machine: AnyStateMachine;
  /** The events of the timers, by their ids: one for each `after`. */
  readonly timers: Map<string, EventObject>;
}

type Expression<T> = T | ((args: Args, params: unknown) => T);

/** What XState's own actions are: functions that are never called, with what they mean beside them. */
interface BuiltIn {
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

type Assigner = (args: object, params: unknown) => object;
type Custom = (args: Args, params: unknown) => void;

/** The parameters of an action: fixed, or a function of the context and the event. */
class Params {
  readonly given: unknown;

  constructor(given: unknown) {
    this.given = given;
  }

  get #isFixed(): boolean {
    return typeof this.given !== 'function';
  }

  of({ context, event }: Run): unknown {
    const { given } = this;
    return typeof given === 'function' ? given({ context, event }) : given;
  }

  /** An operation with these parameters; as plain as said where they are fixed. */
  plain(perform: Perform, plain: Plain | undefined): Operation {
    return this.#isFixed ? new Operation(perform, plain, this.given) : new Operation(perform);
  }
}

/** Resolves an action as a machine has it: a name, a name with parameters, or a function. */
export function resolveAction(around: Surroundings, action: unknown, stateId: string): Operation {
  if (typeof action === 'function') {
    const name = action.name || '(anonymous)';
    return resolveFunction(around, action, new Params(undefined), name, stateId);
  }
  const { type, params } = (typeof action === 'string' ? { type: action } : action) as Named;
  const found = (around.machine.implementations.actions as Record<string, unknown>)[type];
  return resolveFunction(around, found, new Params(params), type, stateId);
}

interface Named {
  type: string;
  params?: unknown;
}

function resolveFunction(
  around: Surroundings,
  fn: unknown,
  params: Params,
  type: string,
  stateId: string,
): Operation {
  if (typeof fn !== 'function' || !('resolve' in fn)) {
    return custom(fn as Custom | undefined, params, type);
  }
  const builtIn = fn as unknown as BuiltIn;
  switch (builtIn.type) {
    case 'xstate.assign':
      return assigning(builtIn.assignment, params, stateId);
    case 'xstate.emit':
      return emitting(builtIn, params);
    case 'xstate.raise':
      return raising(around, builtIn, params);
    case 'xstate.cancel':
      return cancelling(around, builtIn, params);
    case 'xstate.log':
      return logging(builtIn, params);
    default:
      if ('collect' in fn) return enqueueing(around, builtIn, params, stateId);
      return refuse(stateId, `its action "${builtIn.type}" is about other actors`);
  }
}

// An action that is not implemented does nothing, as in XState.
function custom(fn: Custom | undefined, params: Params, type: string): Operation {
  const perform = (run: Run): void => {
    const { args } = run;
    const resolved = params.of(run);
    if (run.scope === undefined) run.act(() => fn?.(args, resolved));
    else {
      const action = { type, info: args, params: resolved as never, exec: fn as never };
      run.scope.actionExecutor(action);
    }
  };
  return params.plain(perform, fn && { kind: 'call', fn: fn as UserFunction });
}

/**
 * Has XState keep one of its own actions for later: the actor has not started. `own` is what is done
 * with the timers of a machine instead: all of an actor's are kept in one place, the first ones too.
 */
function postpone(
  run: Run,
  scope: AnyActorScope,
  builtIn: BuiltIn,
  params: object,
  own?: (timers: Timed) => void,
): void {
  const { type, execute } = builtIn;
  const exec = (): void => {
    const timers = ActorTimers.of(scope);
    if (own === undefined || timers === undefined) execute(scope, params);
    else scope.defer(() => own(timers));
  };
  scope.actionExecutor({ type, info: run.args, params: params as never, exec });
}

// ----------------------------------------------------------------------- XState's own actions

function assigning(assignment: BuiltIn['assignment'], params: Params, stateId: string): Operation {
  const spawn = (): never => refuse(stateId, 'it spawns an actor');
  if (typeof assignment === 'function') {
    const update = (run: Run): void => {
      const { context, event, self, system } = run;
      run.update(assignment({ context, event, spawn, self, system }, params.of(run)));
    };
    return params.plain(update, { kind: 'update', fn: assignment, spawn });
  }
  const entries = Object.entries(assignment);
  const assign = (run: Run): void => {
    const { context, event, self, system } = run;
    const args = { context, event, spawn, self, system };
    const resolved = params.of(run);
    const values = entries.map(([key, value]) => {
      return [key, typeof value === 'function' ? value(args, resolved) : value];
    });
    run.update(Object.fromEntries(values));
  };
  return params.plain(assign, { kind: 'assign', entries, spawn });
}

/** Makes an expression a function of the run. */
function evaluator<T>(expression: Expression<T>, params: Params): (run: Run) => T {
  if (typeof expression !== 'function') return () => expression;
  const fn = expression as (args: Args, params: unknown) => T;
  return (run) => fn(run.args, params.of(run));
}

function emitting(builtIn: BuiltIn, params: Params): Operation {
  const eventOf = evaluator(builtIn.event, params);
  const emit = (run: Run): void => {
    const event = eventOf(run);
    if (run.scope === undefined) run.emit(event);
    else postpone(run, run.scope, builtIn, { event });
  };
  return params.plain(emit, { kind: 'emit', event: builtIn.event });
}

function raising(around: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const { id, delay } = builtIn;
  const delays = around.machine.implementations.delays as Record<string, unknown>;
  const wait = typeof delay === 'string' ? delays[delay] : delay;
  const eventOf = evaluator(builtIn.event, params);
  const delayOf = evaluator(wait as Expression<number | undefined>, params);
  const timer = isTimer(builtIn) ? timerOf(around, builtIn.id) : undefined;
  const raise = (run: Run): void => {
    const event = eventOf(run);
    const ms = delayOf(run);
    // A delay that is no number is none, as in XState.
    if (typeof ms !== 'number') run.raise(event);
    if (run.scope !== undefined) {
      const isOwn = timer !== undefined && typeof ms === 'number';
      const own = isOwn ? (timers: Timed) => timers.arm(timer, ms) : undefined;
      postpone(run, run.scope, builtIn, { event, id, delay: ms }, own);
      return;
    }
    if (typeof ms !== 'number') return;
    if (timer !== undefined) run.arm(timer, ms);
    else {
      const { self, system } = run;
      run.call(() => system.scheduler.schedule(self, self, event, ms, id));
    }
  };
  const isPlain = typeof wait === 'number' || typeof wait === 'function';
  return params.plain(raise, timer && isPlain ? { kind: 'arm', timer, delay: wait } : undefined);
}

/** Whether a delayed event comes from an `after`. */
function isTimer(builtIn: BuiltIn): builtIn is BuiltIn & { id: string } {
  const { event, id } = builtIn;
  return typeof event === 'object' && event.type === id && id.startsWith('xstate.after.');
}

function timerOf({ timers }: Surroundings, id: string): EventObject {
  const timer = timers.get(id) ?? { type: id };
  timers.set(id, timer);
  return timer;
}

function cancelling(around: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const { timers } = around;
  const idOf = evaluator(builtIn.sendId, params);
  const cancel = (run: Run): void => {
    const sendId = idOf(run);
    const timer = timers.get(sendId);
    if (run.scope !== undefined) {
      const own = timer && ((of: Timed) => of.clear(timer));
      postpone(run, run.scope, builtIn, { sendId }, own);
      return;
    }
    if (timer !== undefined) run.clear(timer);
    else {
      const { self, system } = run;
      run.call(() => system.scheduler.cancel(self, sendId));
    }
  };
  const { sendId } = builtIn;
  const isOwn = typeof sendId === 'string' && sendId.startsWith('xstate.after.');
  return params.plain(
    cancel,
    isOwn ? { kind: 'clear', timer: timerOf(around, sendId) } : undefined,
  );
}

function logging(builtIn: BuiltIn, params: Params): Operation {
  const { label } = builtIn;
  const evaluate = evaluator(builtIn.value, params);
  return new Operation((run) => {
    const value = evaluate(run);
    if (run.scope !== undefined) return postpone(run, run.scope, builtIn, { value, label });
    const { logger } = run.self as unknown as { logger: (...args: unknown[]) => void };
    run.act(() => (label === undefined || label === '' ? logger(value) : logger(label, value)));
  });
}

function enqueueing(
  around: Surroundings,
  builtIn: BuiltIn,
  params: Params,
  stateId: string,
): Operation {
  return new Operation((run) => {
    const actions: unknown[] = [];
    const queue = (create: unknown) => {
      return (...args: unknown[]): void => {
        actions.push((create as (...args: unknown[]) => unknown)(...args));
      };
    };
    const refused = (): never => refuse(stateId, 'it enqueues an action about other actors');
    const enqueue = Object.assign(
      queue((action: unknown) => action),
      {
        assign: queue(assign),
        cancel: queue(cancel),
        emit: queue(emit),
        raise: queue(raise),
        sendParent: refused,
        sendTo: refused,
        spawnChild: refused,
        stopChild: refused,
      },
    );
    const { args } = run;
    const check = (guard: unknown): boolean => {
      return Boolean(resolveGuard(around.machine, guard, stateId)(args, run.row));
    };
    builtIn.collect({ ...args, enqueue, check }, params.of(run));
    for (const action of actions) resolveAction(around, action, stateId).perform(run);
  });
}
