/** Final states: the done events that they raise, and the end of the machine with its output. */
import type { EventObject } from 'xstate';
import { isDone, type StateNode } from './configuration.js';
import type { Args } from './macrostep.js';
import { Operation } from './operation.js';

/** The operations that follow the entry of a final state. */
export interface Completion {
  readonly operations: Operation[];
  /** Whether the machine ends. */
  readonly isEnd: boolean;
}

/**
 * Computes what follows the entry of a final state. `completed` collects the parallel states that
 * are done in this microstep: each raises its done event once.
 */
export function completionOf(
  node: StateNode,
  active: ReadonlySet<StateNode>,
  completed: Set<StateNode>,
): Completion {
  const { parent } = node;
  const operations: Operation[] = [];
  let outer = parent?.type === 'parallel' ? parent : parent?.parent;
  let last = outer ?? node;
  // No transition takes the done event of the root. But the root's output may be computed from it.
  const isTaken = outer !== undefined || node.output !== undefined;
  if (parent?.type === 'compound' && isTaken) operations.push(raiseDone(parent.id, node.output));
  while (outer?.type === 'parallel' && !completed.has(outer) && isDone(outer, active)) {
    completed.add(outer);
    operations.push(raiseDone(outer.id, undefined));
    last = outer;
    outer = outer.parent;
  }
  const isEnd = outer === undefined;
  if (isEnd) operations.push(finish(node.machine.root as StateNode, last));
  return { operations, isEnd };
}

/** Raises the done event of a state. */
function raiseDone(id: string, output: unknown): Operation {
  return new Operation((macrostep) => macrostep.raise(doneEvent(id, output, macrostep.args)));
}

/** Ends the machine; `last` is the outermost state that is done. */
function finish(root: StateNode, last: StateNode): Operation {
  const outputOf = (args: Args): unknown => {
    if (root.output === undefined) return undefined;
    const output = last.parent === undefined ? undefined : last.output;
    return resolveOutput(root.output, args, doneEvent(last.id, output, args));
  };
  return new Operation((macrostep) => macrostep.finish(outputOf(macrostep.args)), {
    kind: 'finish',
    outputOf,
  });
}

function doneEvent(id: string, output: unknown, args: Args): EventObject {
  const resolved = output === undefined ? undefined : resolveOutput(output, args, args.event);
  return { type: `xstate.done.state.${id}`, output: resolved } as EventObject;
}

function resolveOutput(output: unknown, { context, self }: Args, event: EventObject): unknown {
  return typeof output === 'function' ? output({ context, event, self }) : output;
}
