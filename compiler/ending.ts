/** The ends: what final states raise, and the output that a machine comes to. */
import type { EventObject } from 'xstate';
import { Operation } from './actions.js';
import type { Node } from './configuration.js';
import type { Args } from './run.js';

function resolveOutput(output: unknown, { context, self }: Args, event: EventObject): unknown {
  return typeof output === 'function' ? output({ context, event, self }) : output;
}

function doneEvent(id: string, output: unknown, args: Args): EventObject {
  const resolved = output === undefined ? undefined : resolveOutput(output, args, args.event);
  return { type: `xstate.done.state.${id}`, output: resolved } as EventObject;
}

/** Raises what says that a state is done. */
export function raiseDone(id: string, output: unknown): Operation {
  return new Operation((run) => run.raise(doneEvent(id, output, run.args)));
}

/** Ends the machine. */
export function finish(root: Node, last: Node): Operation {
  const outputOf = (args: Args): unknown => {
    if (root.output === undefined) return undefined;
    const output = last.parent === undefined ? undefined : last.output;
    return resolveOutput(root.output, args, doneEvent(last.id, output, args));
  };
  return new Operation((run) => run.finish(outputOf(run.args)), { kind: 'finish', outputOf });
}
