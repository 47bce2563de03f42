/**
 * Guards, resolved: names to functions, `and`, `or` and `not` to their operands.
 *
 * Rule 1. A guard is looked up once, when compiling; only its parameters may depend on the event.
 * Rule 2. What a guard cannot be resolved to is refused, not taken for false.
 */
import {
  type AnyStateMachine,
  and,
  type EventObject,
  type MachineContext,
  matchesState,
  not,
  or,
  type StateValue,
} from 'xstate';
import type { Configuration } from './configuration.js';
import { refuse } from './refuse.js';

/** What a guard may look at. */
export interface GuardArgs {
  context: MachineContext;
  event: EventObject;
}

/** A guard, ready to be called. It may return anything that is true or false. */
export type Guard = (args: GuardArgs, active: Configuration) => unknown;

/** What XState's own guards are: functions that are never called, with what they mean beside them. */
interface BuiltIn {
  check?: unknown;
  guards?: readonly unknown[];
  stateValue?: StateValue;
}

const AND = (and([]) as BuiltIn).check;
const OR = (or([]) as BuiltIn).check;
const NOT = (not(() => true) as BuiltIn).check;

/**
 * Resolves a guard as a machine has it: a name, a name with parameters, or a function. `by` are the
 * names that have led to it: a guard may be given as the name of another.
 */
export function resolveGuard(
  machine: AnyStateMachine,
  guard: unknown,
  stateId: string,
  by: readonly string[] = [],
): Guard {
  if (typeof guard === 'function') return resolveFunction(machine, guard, undefined, stateId);
  const { type, params } = (typeof guard === 'string' ? { type: guard } : guard) as Named;
  const found = (machine.implementations.guards as Record<string, unknown>)[type];
  if (typeof found === 'function') return resolveFunction(machine, found, params, stateId);
  if (found === undefined || by.includes(type)) {
    refuse(stateId, `its guard "${type}" is not implemented`);
  }
  return resolveGuard(machine, found, stateId, [...by, type]);
}

interface Named {
  type: string;
  params?: unknown;
}

function resolveFunction(
  machine: AnyStateMachine,
  fn: object,
  params: unknown,
  stateId: string,
): Guard {
  const { check, guards = [], stateValue } = fn as BuiltIn;
  if (check === undefined) {
    return withParams(fn as (args: GuardArgs, params: unknown) => unknown, params);
  }
  if (stateValue !== undefined) return isIn(machine, stateValue);
  const operands = guards.map((one) => resolveGuard(machine, one, stateId));
  if (check === AND) return (args, active) => operands.every((one) => one(args, active));
  if (check === OR) return (args, active) => operands.some((one) => one(args, active));
  if (check === NOT) return (args, active) => !operands.some((one) => one(args, active));
  return refuse(stateId, 'it has a guard of an unknown kind');
}

/** A guard that is a function and its parameters: what most are. */
export interface PlainGuard {
  readonly fn: (args: GuardArgs, params: unknown) => unknown;
  readonly params: unknown;
}

/** Whether a guard is that plain: it can then be called without a detour. */
export function plainGuard(machine: AnyStateMachine, guard: unknown): PlainGuard | undefined {
  if (typeof guard !== 'string' && !(typeof guard === 'object' && guard !== null)) return undefined;
  const { type, params } = (typeof guard === 'string' ? { type: guard } : guard) as Named;
  const fn = (machine.implementations.guards as Record<string, unknown>)[type];
  if (typeof fn !== 'function' || 'check' in fn || typeof params === 'function') return undefined;
  return { fn: fn as PlainGuard['fn'], params };
}

/** What a guard that throws makes of its event. */
export function guardError(
  of: { guardName: string | undefined; source: { id: string } },
  { type }: EventObject,
  error: unknown,
): Error {
  const name = of.guardName === undefined ? '' : `'${of.guardName}' `;
  // The words are XState's: the error is part of the snapshot.
  return new Error(
    `Unable to evaluate guard ${name}in transition for event '${type}' in state node '${of.source.id}':\n${(error as Error).message}`,
  );
}

function withParams(fn: (args: GuardArgs, params: unknown) => unknown, params: unknown): Guard {
  if (typeof params !== 'function') return (args) => fn(args, params);
  // As in XState, the parameters are computed from arguments of their own.
  return (args) => fn(args, params({ context: args.context, event: args.event }));
}

function isIn(machine: AnyStateMachine, stateValue: StateValue): Guard {
  if (typeof stateValue === 'string' && stateValue.startsWith('#')) {
    const node = machine.getStateNodeById(stateValue);
    return (_, active) => active.nodes.includes(node);
  }
  return (_, active) => matchesState(stateValue, active.value);
}
