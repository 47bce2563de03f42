/**
 * Actions, resolved: names to functions, XState's own to what they do to a macrostep.
 *
 * Rule 1. An action is looked up once, when compiling; only its parameters may depend on the event.
 * Rule 2. One that starts, stops or addresses other actors is refused.
 */
import {
  type AnyStateMachine,
  assign,
  cancel,
  type EventObject,
  emit,
  type MachineContext,
  raise,
} from 'xstate';
import { resolveGuard } from './guards.js';
import { refuse } from './refuse.js';
import { type ActionInfo, Clearing, type Operation, type Run, Timer } from './run.js';

/** What resolving needs to know of the machine. */
export interface Surroundings {
  readonly machine: AnyStateMachine;
  /** The places of the timers, by their ids: one for each `after`. */
  readonly slots: Map<string, number>;
}

type Expression<T> = T | ((args: ActionInfo, params: unknown) => T);

/** What XState's own actions are: functions that are never called, with what they mean beside them. */
interface BuiltIn {
  type: string;
  resolve?: unknown;
  execute(scope: Run['scope'], params: unknown): void;
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
type Custom = (info: ActionInfo, params: unknown) => void;
type Params = (run: Run) => unknown;

/** Resolves an action as a machine has it: a name, a name with parameters, or a function. */
export function resolveAction(around: Surroundings, action: unknown, stateId: string): Operation {
  if (typeof action === 'function') {
    return resolveFunction(around, action, () => undefined, action.name || '(anonymous)', stateId);
  }
  const { type, params } = (typeof action === 'string' ? { type: action } : action) as Named;
  const found = (around.machine.implementations.actions as Record<string, unknown>)[type];
  return resolveFunction(around, found, paramsOf(params), type, stateId);
}

interface Named {
  type: string;
  params?: unknown;
}

function paramsOf(params: unknown): Params {
  if (typeof params !== 'function') return () => params;
  return ({ context, event }) => params({ context, event });
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
  return (run) => {
    const { info } = run;
    const resolved = params(run);
    if (run.timers !== undefined) fn?.(info, resolved);
    else run.scope.actionExecutor({ type, info, params: resolved as never, exec: fn as never });
  };
}

/** Has XState keep one of its own actions for later: the actor has not started. */
function postpone(run: Run, builtIn: BuiltIn, params: object): void {
  const { scope, info } = run;
  const exec = (): void => builtIn.execute(scope, params);
  scope.actionExecutor({ type: builtIn.type, info, params: params as never, exec });
}

// ----------------------------------------------------------------------- XState's own actions

function assigning(assignment: BuiltIn['assignment'], params: Params, stateId: string): Operation {
  const spawn = (): never => refuse(stateId, 'it spawns an actor');
  const argsOf = ({ context, event, scope: { self, system } }: Run): object => {
    return { context, event, spawn, self, system };
  };
  if (typeof assignment === 'function') {
    return (run) => {
      const update = assignment(argsOf(run), params(run));
      run.assign(Object.assign({ ...run.context }, update));
    };
  }
  const entries = Object.entries(assignment);
  return (run) => {
    const args = argsOf(run);
    const resolved = params(run);
    const context: MachineContext = { ...run.context };
    for (const [key, value] of entries) {
      context[key] = typeof value === 'function' ? value(args, resolved) : value;
    }
    run.assign(context);
  };
}

function evaluate<T>(expression: Expression<T>, run: Run, params: Params): T {
  if (typeof expression !== 'function') return expression;
  return (expression as (args: ActionInfo, params: unknown) => T)(run.info, params(run));
}

function emitting(builtIn: BuiltIn, params: Params): Operation {
  return (run) => {
    const event = evaluate(builtIn.event, run, params);
    if (run.timers !== undefined) run.defer(event);
    else postpone(run, builtIn, { event });
  };
}

function raising(around: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const { event: expression, id, delay } = builtIn;
  const delays = around.machine.implementations.delays as Record<string, unknown>;
  const wait = (typeof delay === 'string' ? delays[delay] : delay) as Expression<
    number | undefined
  >;
  const timer = timerOf(around, builtIn);
  return (run) => {
    const event = evaluate(expression, run, params);
    const ms = evaluate(wait, run, params);
    // A delay that is no number is none, as in XState.
    if (typeof ms !== 'number') run.raise(event);
    if (run.timers === undefined) return postpone(run, builtIn, { event, id, delay: ms });
    if (typeof ms !== 'number') return;
    if (timer !== undefined) {
      run.defer(timer);
      run.defer(ms);
    } else {
      const { self, system } = run.scope;
      run.defer(() => system.scheduler.schedule(self, self, event, ms, id));
    }
  };
}

/** The timer of a delayed event that comes from an `after`; undefined for others. */
function timerOf({ slots }: Surroundings, { event, id }: BuiltIn): Timer | undefined {
  if (typeof event !== 'object' || event.type !== id || !id.startsWith('xstate.after.'))
    return undefined;
  return new Timer(slotOf(slots, id), event);
}

function slotOf(slots: Map<string, number>, id: string): number {
  const slot = slots.get(id) ?? slots.size;
  slots.set(id, slot);
  return slot;
}

function cancelling({ slots }: Surroundings, builtIn: BuiltIn, params: Params): Operation {
  const clearings = new Map<string, Clearing>();
  return (run) => {
    const sendId = evaluate(builtIn.sendId, run, params);
    if (run.timers === undefined) return postpone(run, builtIn, { sendId });
    const known = clearings.get(sendId);
    if (known !== undefined) return run.defer(known);
    const slot = slots.get(sendId);
    if (slot !== undefined) {
      const clearing = new Clearing(slot, sendId);
      clearings.set(sendId, clearing);
      run.defer(clearing);
    } else {
      const { self, system } = run.scope;
      run.defer(() => system.scheduler.cancel(self, sendId));
    }
  };
}

function logging(builtIn: BuiltIn, params: Params): Operation {
  const { label } = builtIn;
  return (run) => {
    const value = evaluate(builtIn.value, run, params);
    if (run.timers !== undefined) builtIn.execute(run.scope, { value, label });
    else postpone(run, builtIn, { value, label });
  };
}

function enqueueing(
  around: Surroundings,
  builtIn: BuiltIn,
  params: Params,
  stateId: string,
): Operation {
  return (run) => {
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
    const { context, event, self, system } = run.info;
    const check = (guard: unknown): boolean => {
      const resolved = resolveGuard(around.machine, guard, stateId);
      return Boolean(resolved({ context, event }, run.active));
    };
    builtIn.collect({ context, event, enqueue, check, self, system }, params(run));
    for (const action of actions) resolveAction(around, action, stateId)(run);
  };
}
