/**
 * Guards, resolved: names to functions, `and`, `or` and `not` to their operands.
 *
 * Rule 1. A guard is looked up once, when compiling. Only its parameters may depend on the event.
 * Rule 2. A guard without an implementation is refused, not taken for false.
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
import { unsupported } from './unsupported.js';

/** The arguments of a guard. */
export interface GuardArgs {
  context: MachineContext;
  event: EventObject;
}

/** A guard, resolved. Any truthy result means true. */
export type Guard = (args: GuardArgs, active: Configuration) => unknown;

/** XState's built-in guards: functions that are never called, with their meaning in properties. */
interface BuiltInGuard {
  check?: unknown;
  guards?: readonly unknown[];
  stateValue?: StateValue;
}

const AND = (and([]) as BuiltInGuard).check;
const OR = (or([]) as BuiltInGuard).check;
const NOT = (not(() => true) as BuiltInGuard).check;

/**
 * Resolves a guard as a machine has it: a name, a name with parameters, or a function. A name may
 * stand for another name; `aliases` are the names followed so far.
 */
export function resolveGuard(
  machine: AnyStateMachine,
  guard: unknown,
  stateId: string,
  aliases: readonly string[] = [],
): Guard {
  if (typeof guard === 'function') return resolveFunction(machine, guard, undefined, stateId);
  const { type, params } = (typeof guard === 'string' ? { type: guard } : guard) as NamedGuard;
  const found = (machine.implementations.guards as Record<string, unknown>)[type];
  if (typeof found === 'function') return resolveFunction(machine, found, params, stateId);
  if (found === undefined || aliases.includes(type)) {
    unsupported(stateId, `its guard "${type}" is not implemented`);
  }
  return resolveGuard(machine, found, stateId, [...aliases, type]);
}

interface NamedGuard {
  type: string;
  params?: unknown;
}

function resolveFunction(
  machine: AnyStateMachine,
  fn: object,
  params: unknown,
  stateId: string,
): Guard {
  const { check, guards = [], stateValue } = fn as BuiltInGuard;
  if (check === undefined) {
    return withParams(fn as (args: GuardArgs, params: unknown) => unknown, params);
  }
  if (stateValue !== undefined) return isIn(machine, stateValue);
  const operands = guards.map((operand) => resolveGuard(machine, operand, stateId));
  if (check === AND) return (args, active) => operands.every((operand) => operand(args, active));
  if (check === OR) return (args, active) => operands.some((operand) => operand(args, active));
  if (check === NOT) return (args, active) => !operands.some((operand) => operand(args, active));
  return unsupported(stateId, 'it has a guard of an unknown kind');
}

/** A guard that is one function with fixed parameters, as most are. */
export interface PlainGuard {
  readonly fn: (args: GuardArgs, params: unknown) => unknown;
  readonly params: unknown;
}

/** The plain form of a guard, which generated code calls directly; undefined if it has none. */
export function plainGuard(machine: AnyStateMachine, guard: unknown): PlainGuard | undefined {
  if (typeof guard !== 'string' && !(typeof guard === 'object' && guard !== null)) return undefined;
  const { type, params } = (typeof guard === 'string' ? { type: guard } : guard) as NamedGuard;
  const fn = (machine.implementations.guards as Record<string, unknown>)[type];
  if (typeof fn !== 'function' || 'check' in fn || typeof params === 'function') return undefined;
  return { fn: fn as PlainGuard['fn'], params };
}

/** The error of an event whose guard threw. */
export function guardError(
  transition: { guardName: string | undefined; source: { id: string } },
  { type }: EventObject,
  error: unknown,
): Error {
  const name = transition.guardName === undefined ? '' : `'${transition.guardName}' `;
  // The words are XState's: the error is part of the snapshot.
  return new Error(
    `Unable to evaluate guard ${name}in transition for event '${type}' in state node '${transition.source.id}':\n${(error as Error).message}`,
  );
}

function withParams(fn: (args: GuardArgs, params: unknown) => unknown, params: unknown): Guard {
  if (typeof params !== 'function') return (args) => fn(args, params);
  // As in XState, the function of the parameters gets arguments of its own.
  return (args) => fn(args, params({ context: args.context, event: args.event }));
}

function isIn(machine: AnyStateMachine, stateValue: StateValue): Guard {
  if (typeof stateValue === 'string' && stateValue.startsWith('#')) {
    const node = machine.getStateNodeById(stateValue);
    return (_, active) => active.nodes.includes(node);
  }
  return (_, active) => matchesState(stateValue, active.value);
}
