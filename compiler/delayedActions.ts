/**
 * `raise` and `cancel`, resolved. XState makes both of every `after`.
 *
 * Rule 1. The event of an `after` is one object for the whole machine. A timer is found by it.
 * Rule 2. Other delayed events go through the scheduler of the actor system.
 */
import type { EventObject } from 'xstate';
import {
  type BuiltInAction,
  type Compilation,
  type Expression,
  evaluator,
  type Params,
  postpone,
} from './builtIns.js';
import type { Macrostep } from './macrostep.js';
import type { Operation } from './operation.js';
import type { TimerOwner } from './timers.js';

const AFTER = 'xstate.after.';

export function raising(
  compilation: Compilation,
  action: BuiltInAction,
  params: Params,
): Operation {
  const { id, delay: configured } = action;
  const delays = compilation.machine.implementations.delays as Record<string, unknown>;
  const delay = typeof configured === 'string' ? delays[configured] : configured;
  const eventOf = evaluator(action.event, params);
  const delayOf = evaluator(delay as Expression<number | undefined>, params);
  const timer = isAfter(action) ? timerOf(compilation, action.id) : undefined;
  const raise = (macrostep: Macrostep): void => {
    const event = eventOf(macrostep);
    const ms = delayOf(macrostep);
    // As in XState, a delay that is not a number means no delay.
    if (typeof ms !== 'number') macrostep.raise(event);
    if (macrostep.scope !== undefined) {
      const arm = (timers: TimerOwner): void => timers.arm(timer as EventObject, ms as number);
      const withTimers = timer !== undefined && typeof ms === 'number' ? arm : undefined;
      postpone(macrostep, macrostep.scope, action, { event, id, delay: ms }, withTimers);
    } else if (typeof ms === 'number') {
      if (timer === undefined) schedule(macrostep, event, ms, id);
      else macrostep.arm(timer, ms);
    }
  };
  const isPlain = typeof delay === 'number' || typeof delay === 'function';
  return params.operation(raise, timer && isPlain ? { kind: 'arm', timer, delay } : undefined);
}

function schedule(
  macrostep: Macrostep,
  event: EventObject,
  ms: number,
  id: string | undefined,
): void {
  const { self, system } = macrostep;
  macrostep.call(() => system.scheduler.schedule(self, self, event, ms, id));
}

/** Whether a delayed event belongs to an `after`. */
function isAfter(action: BuiltInAction): action is BuiltInAction & { id: string } {
  const { event, id } = action;
  return typeof event === 'object' && event.type === id && id.startsWith(AFTER);
}

/** The event of an `after`. */
function timerOf({ timers }: Compilation, id: string): EventObject {
  const timer = timers.get(id) ?? { type: id };
  timers.set(id, timer);
  return timer;
}

export function cancelling(
  compilation: Compilation,
  action: BuiltInAction,
  params: Params,
): Operation {
  const { sendId } = action;
  const idOf = evaluator(sendId, params);
  const cancel = (macrostep: Macrostep): void => {
    const id = idOf(macrostep);
    const timer = compilation.timers.get(id);
    if (macrostep.scope !== undefined) {
      const withTimers = timer && ((timers: TimerOwner) => timers.clear(timer));
      postpone(macrostep, macrostep.scope, action, { sendId: id }, withTimers);
    } else if (timer !== undefined) macrostep.clear(timer);
    else {
      const { self, system } = macrostep;
      macrostep.call(() => system.scheduler.cancel(self, id));
    }
  };
  const isPlain = typeof sendId === 'string' && sendId.startsWith(AFTER);
  return params.operation(
    cancel,
    isPlain ? { kind: 'clear', timer: timerOf(compilation, sendId) } : undefined,
  );
}
