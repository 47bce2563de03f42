/**
 * Actions, resolved: names to functions, XState's built-in actions to operations on a macrostep.
 *
 * Rule 1. An action is looked up once, when compiling. Only its parameters may depend on the event.
 * Rule 2. An action that starts, stops or addresses other actors is refused.
 */
import { assign, cancel, emit, raise } from 'xstate';
import { type BuiltInAction, type Compilation, evaluator, Params, postpone } from './builtIns.js';
import { cancelling, raising } from './delayedActions.js';
import { resolveGuard } from './guards.js';
import type { Args, Macrostep } from './macrostep.js';
import { Operation, type UserFunction } from './operation.js';
import { unsupported } from './unsupported.js';

type CustomAction = (args: Args, params: unknown) => void;

interface NamedAction {
  type: string;
  params?: unknown;
}

/** Resolves an action as a machine has it: a name, a name with parameters, or a function. */
export function resolveAction(
  compilation: Compilation,
  action: unknown,
  stateId: string,
): Operation {
  if (typeof action === 'function') {
    const name = action.name || '(anonymous)';
    return resolveFunction(compilation, action, new Params(undefined), name, stateId);
  }
  const { type, params } = (typeof action === 'string' ? { type: action } : action) as NamedAction;
  const found = (compilation.machine.implementations.actions as Record<string, unknown>)[type];
  return resolveFunction(compilation, found, new Params(params), type, stateId);
}

function resolveFunction(
  compilation: Compilation,
  fn: unknown,
  params: Params,
  type: string,
  stateId: string,
): Operation {
  if (typeof fn !== 'function' || !('resolve' in fn)) {
    return custom(fn as CustomAction | undefined, params, type);
  }
  const action = fn as unknown as BuiltInAction;
  switch (action.type) {
    case 'xstate.assign':
      return assigning(action.assignment, params, stateId);
    case 'xstate.emit':
      return emitting(action, params);
    case 'xstate.raise':
      return raising(compilation, action, params);
    case 'xstate.cancel':
      return cancelling(compilation, action, params);
    case 'xstate.log':
      return logging(action, params);
    default:
      if ('collect' in fn) return enqueueing(compilation, action, params, stateId);
      return unsupported(stateId, `its action "${action.type}" is about other actors`);
  }
}

// As in XState, an action without an implementation does nothing.
function custom(fn: CustomAction | undefined, params: Params, type: string): Operation {
  const perform = (macrostep: Macrostep): void => {
    const { args } = macrostep;
    const resolved = params.of(macrostep);
    if (macrostep.scope === undefined) macrostep.execute(() => fn?.(args, resolved));
    else {
      const action = { type, info: args, params: resolved as never, exec: fn as never };
      macrostep.scope.actionExecutor(action);
    }
  };
  return params.operation(perform, fn && { kind: 'call', fn: fn as UserFunction });
}

function assigning(
  assignment: BuiltInAction['assignment'],
  params: Params,
  stateId: string,
): Operation {
  const spawn = (): never => unsupported(stateId, 'it spawns an actor');
  if (typeof assignment === 'function') {
    const update = (macrostep: Macrostep): void => {
      const { context, event, self, system } = macrostep;
      const args = { context, event, spawn, self, system };
      macrostep.update(assignment(args, params.of(macrostep)));
    };
    return params.operation(update, { kind: 'update', fn: assignment, spawn });
  }
  const assignments = Object.entries(assignment);
  const assign = (macrostep: Macrostep): void => {
    const { context, event, self, system } = macrostep;
    const args = { context, event, spawn, self, system };
    const resolved = params.of(macrostep);
    const values = assignments.map(([key, value]) => {
      return [key, typeof value === 'function' ? value(args, resolved) : value];
    });
    macrostep.update(Object.fromEntries(values));
  };
  return params.operation(assign, { kind: 'assign', assignments, spawn });
}

function emitting(action: BuiltInAction, params: Params): Operation {
  const eventOf = evaluator(action.event, params);
  const emit = (macrostep: Macrostep): void => {
    const event = eventOf(macrostep);
    if (macrostep.scope === undefined) macrostep.emit(event);
    else postpone(macrostep, macrostep.scope, action, { event });
  };
  return params.operation(emit, { kind: 'emit', event: action.event });
}

function logging(action: BuiltInAction, params: Params): Operation {
  const { label } = action;
  const evaluate = evaluator(action.value, params);
  return new Operation((macrostep) => {
    const value = evaluate(macrostep);
    if (macrostep.scope !== undefined) {
      return postpone(macrostep, macrostep.scope, action, { value, label });
    }
    const { logger } = macrostep.self as unknown as { logger: (...args: unknown[]) => void };
    macrostep.execute(() => {
      if (label === undefined || label === '') logger(value);
      else logger(label, value);
    });
  });
}

function enqueueing(
  compilation: Compilation,
  action: BuiltInAction,
  params: Params,
  stateId: string,
): Operation {
  return new Operation((macrostep) => {
    const actions: unknown[] = [];
    const { args, configuration } = macrostep;
    const check = (guard: unknown): boolean => {
      return Boolean(resolveGuard(compilation.machine, guard, stateId)(args, configuration));
    };
    const enqueue = enqueuer(actions, stateId);
    action.collect({ ...args, enqueue, check }, params.of(macrostep));
    for (const one of actions) resolveAction(compilation, one, stateId).perform(macrostep);
  });
}

/** Makes the `enqueue` of `enqueueActions`, which adds actions to the list. */
function enqueuer(actions: unknown[], stateId: string): object {
  const queue = (create: unknown) => {
    return (...args: unknown[]): void => {
      actions.push((create as (...args: unknown[]) => unknown)(...args));
    };
  };
  const refused = (): never => unsupported(stateId, 'it enqueues an action about other actors');
  return Object.assign(
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
}
