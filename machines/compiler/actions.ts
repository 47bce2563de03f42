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
import { type Args, type Run, Timer } from './run.js';
import { Timers } from './timers.js';

/** What an action does to a macrostep. */
type Perform = (run: Run) => void;

/** Ways to perform an operation without a detour, for an actor that runs. */
export const DETOUR = 0;
/** Emit what the function returns. */
export const EMITTING = 1;
/** Set one key of the context to what the function returns. */
export const ASSIGNING = 2;
/** Arm the timer, after what the function returns. */
export const ARMING = 3;
export const CLEARING = 4;

export type UserFunction = (args: object, params: unknown) => unknown;

/**
 * An action, resolved. `perform` is all there is to it. What is on the path of every message has a
 * shortcut beside it: a call less of a function that the engine cannot foresee, which is what such
 * a call costs most by.
 */
export class Operation {
  readonly perform: Perform;
  shortcut = DETOUR;
  fn: UserFunction | undefined = undefined;
  /** The parameters of the function. */
  given: unknown = undefined;
  key = '';
  timer: Timer | undefined = undefined;
  spawn: (() => never) | undefined = undefined;

  constructor(perform: Perform) {
    this.perform = perform;
  }
}

/** What resolving needs to know of the machine. */
export interface Surroundings {
  readonly machine: AnyStateMachine;
  /** The timers, by their ids: one for each `after`. */
  readonly timers: Map<string, Timer>;
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

  get isFixed(): boolean {
    return typeof this.given !== 'function';
  }

  of({ context, event }: Run): unknown {
    const { given } = this;
    return typeof given === 'function' ? given({ context, event }) : given;
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
  return new Operation((run) => {
    const { args } = run;
    const resolved = params.of(run);
    if (run.scope === undefined) run.act(() => fn?.(args, resolved));
    else {
      const action = { type, info: args, params: resolved as never, exec: fn as never };
      run.scope.actionExecutor(action);
    }
  });
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
  own?: (timers: Timers) => void,
): void {
  const { type, execute } = builtIn;
  const exec = (): void => {
    const timers = Timers.of(scope);
    if (own === undefined || timers === undefined) execute(scope, params);
    else scope.defer(() => own(timers));
  };
  scope.actionExecutor({ type, info: run.args, params: params as never, exec });
}

// ----------------------------------------------------------------------- XState's own actions

function assigning(assignment: BuiltIn['assignment'], params: Params, stateId: string): Operation {
  const spawn = (): never => refuse(stateId, 'it spawns an actor');
  if (typeof assignment === 'function') {
    return new Operation((run) => {
      const { context, event, self, system } = run;
      run.update(assignment({ context, event, spawn, self, system }, params.of(run)));
    });
  }
  const entries = Object.entries(assignment);
  const assign = new Operation((run) => {
    const { context, event, self, system } = run;
    const args = { context, event, spawn, self, system };
    const resolved = params.of(run);
    const values = entries.map(([key, value]) => {
      return [key, typeof value === 'function' ? value(args, resolved) : value];
    });
    run.update(Object.fromEntries(values));
  });
  const [[key, value] = ['', undefined]] = entries;
  if (entries.length === 1 && typeof value === 'function' && params.isFixed) {
    assign.shortcut = ASSIGNING;
    assign.key = key;
    assign.fn = value as UserFunction;
    assign.given = params.given;
    assign.spawn = spawn;
  }
  return assign;
}

/** Makes an expression a function of the run. */
function evaluator<T>(expression: Expression<T>, params: Params): (run: Run) => T {
  if (typeof expression !== 'function') return () => expression;
  const fn = expression as (args: Args, params: unknown) => T;
  return (run) => fn(run.args, params.of(run));
}

function emitting(builtIn: BuiltIn, params: Params): Operation {
  const eventOf = evaluator(builtIn.event, params);
  const emit = new Operation((run) => {
    const event = eventOf(run);
    if (run.scope === undefined) run.emit(event);
    else postpone(run, run.scope, builtIn, { event });
  });
  if (typeof builtIn.event === 'function' && params.isFixed) {
    emit.shortcut = EMITTING;
    emit.fn = builtIn.event as UserFunction;
    emit.given = params.given;
  }
  return emit;
}

function raising(around: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const { id, delay } = builtIn;
  const delays = around.machine.implementations.delays as Record<string, unknown>;
  const wait = typeof delay === 'string' ? delays[delay] : delay;
  const eventOf = evaluator(builtIn.event, params);
  const delayOf = evaluator(wait as Expression<number | undefined>, params);
  const timer = isTimer(builtIn) ? timerOf(around, builtIn.id) : undefined;
  const raise = new Operation((run) => {
    const event = eventOf(run);
    const ms = delayOf(run);
    // A delay that is no number is none, as in XState.
    if (typeof ms !== 'number') run.raise(event);
    if (run.scope !== undefined) {
      const isOwn = timer !== undefined && typeof ms === 'number';
      const own = isOwn ? (timers: Timers) => timers.arm(timer, ms) : undefined;
      return postpone(run, run.scope, builtIn, { event, id, delay: ms }, own);
    }
    if (typeof ms !== 'number') return;
    if (timer !== undefined) run.arm(timer, ms);
    else {
      const { self, system } = run;
      run.call(() => system.scheduler.schedule(self, self, event, ms, id));
    }
  });
  if (timer !== undefined && typeof wait === 'function' && params.isFixed) {
    raise.shortcut = ARMING;
    raise.fn = wait as UserFunction;
    raise.given = params.given;
    raise.timer = timer;
  }
  return raise;
}

/** Whether a delayed event comes from an `after`. */
function isTimer(builtIn: BuiltIn): builtIn is BuiltIn & { id: string } {
  const { event, id } = builtIn;
  return typeof event === 'object' && event.type === id && id.startsWith('xstate.after.');
}

function timerOf({ timers }: Surroundings, id: string): Timer {
  const timer = timers.get(id) ?? new Timer(timers.size, id);
  timers.set(id, timer);
  return timer;
}

function cancelling(around: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const { timers } = around;
  const idOf = evaluator(builtIn.sendId, params);
  const cancel = new Operation((run) => {
    const sendId = idOf(run);
    const timer = timers.get(sendId);
    if (run.scope !== undefined) {
      const own = timer && ((of: Timers) => of.clear(timer));
      return postpone(run, run.scope, builtIn, { sendId }, own);
    }
    if (timer !== undefined) run.clear(timer);
    else {
      const { self, system } = run;
      run.call(() => system.scheduler.cancel(self, sendId));
    }
  });
  const { sendId } = builtIn;
  if (typeof sendId === 'string' && sendId.startsWith('xstate.after.')) {
    cancel.shortcut = CLEARING;
    cancel.timer = timerOf(around, sendId);
  }
  return cancel;
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
