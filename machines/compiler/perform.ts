/**
 * Performs the operations of a step, for an actor that needs nobody to keep them: in a loop, or in
 * code that is made for the step.
 */
import { ARMING, ASSIGNING, CLEARING, EMITTING, type Operation } from './actions.js';
import { canMakeCode, Given, makeCode } from './code.js';
import { Args, type Run, type Timer } from './run.js';
import type { Setter, Shape } from './shape.js';

/** Performs all operations of a step. */
export type Performer = (run: Run) => void;

export function performerOf(operations: readonly Operation[]): Performer {
  return canMakeCode ? straight(operations) : looping(operations);
}

function looping(operations: readonly Operation[]): Performer {
  return (run) => {
    for (const operation of operations) operation.perform(run);
  };
}

/** An assignment to one key, with what sets it in the contexts of late. */
class Assignment {
  shape: Shape | undefined = undefined;
  set: Setter | undefined = undefined;
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  learn(shape: Shape | undefined): void {
    this.shape = shape;
    this.set = shape?.setterOf(this.#key);
  }
}

// A delay that is no number is none, as in XState.
function arm(run: Run, timer: Timer, ms: unknown): void {
  if (typeof ms === 'number') run.arm(timer, ms);
  else run.raise(timer.event);
}

function straight(operations: readonly Operation[]): Performer {
  const given = new Given({ Args, arm });
  const lines = ['let args, value;'];
  // Whether `args` are told what holds now.
  let isTold = false;
  for (const operation of operations) {
    const { fn, key, spawn, timer, shortcut } = operation;
    const call = (args: string): string => {
      return `${given.name(fn)}(${args}, ${given.name(operation.given)})`;
    };
    if ((shortcut === EMITTING || shortcut === ARMING) && !isTold) {
      lines.push('args = new Args(run);');
      isTold = true;
    }
    switch (shortcut) {
      case EMITTING:
        lines.push(`run.emit(${call('args')});`);
        break;
      case ARMING:
        lines.push(`arm(run, ${given.name(timer)}, ${call('args')});`);
        break;
      case CLEARING:
        lines.push(`run.clear(${given.name(timer)});`);
        break;
      case ASSIGNING: {
        const assignment = given.name(new Assignment(key));
        const told = `context: run.context, event: run.event, spawn: ${given.name(spawn)}, self: run.self, system: run.system`;
        lines.push(
          `value = ${call(`{ ${told} }`)};`,
          `if (${assignment}.shape !== run.shape) ${assignment}.learn(run.shape);`,
          `if (${assignment}.set === undefined) run.update({ [${JSON.stringify(key)}]: value });`,
          `else run.assign(${assignment}.set(run.context, value));`,
        );
        isTold = false;
        break;
      }
      default:
        lines.push(`${given.name(operation)}.perform(run);`);
        isTold = false;
    }
  }
  return makeCode(['run'], lines.join('\n'), given.all);
}
