/**
 * The writer of operations: the part of a fast path's code that performs plain operations.
 *
 * Rule 1. Operations that change the context write a new variable for it.
 * Rule 2. Effects are not written here: they follow when the machine rests.
 */
import type { EventObject } from 'xstate';
import { Assignment } from './assignment.js';
import type { CodeBuffer } from './codegen.js';
import { ARM, CLEAR, EMIT } from './macrostep.js';
import type { Operation, PlainOf, Value } from './operation.js';
import type { TableRow } from './terms.js';

/** An effect of the macrostep: its kind, and the names of its operands. */
export type Effect = readonly [kind: number, ...operands: string[]];

/** A macrostep as a writer knows it, with names of variables for values. Branches copy it. */
export interface SymbolicMacrostep {
  row: TableRow;
  context: string;
  args: string;
  /** The name of the output, once the machine is done. */
  output: string | undefined;
  effects: Effect[];
  changes: number;
  eventlessCount: number;
}

/** Returns code that hands over: before the current operation, or after it (`isPerformed`). */
export type HandoverCode = (isPerformed: boolean, raised?: EventObject) => string;

export class OperationWriter {
  readonly #code: CodeBuffer;
  /** Whether the code runs before the start of the actor. */
  readonly #isInitial: boolean;

  /** Needs `Args` among the names of the code. */
  constructor(code: CodeBuffer, isInitial: boolean) {
    this.#code = code;
    this.#isInitial = isInitial;
  }

  /** Writes the arguments of guards and actions. */
  letArgs(context: string): string {
    return this.#code.let(`new Args(${context}, event, actor, actor.system)`);
  }

  /** Writes an operation; returns false if the code of this branch ends with it. */
  write(state: SymbolicMacrostep, operation: Operation, handover: HandoverCode): boolean {
    const { plain, params } = operation;
    switch (plain?.kind) {
      case 'emit':
        state.effects.push([EMIT, this.#code.let(this.#value(plain.event, state.args, params))]);
        return true;
      case 'clear':
        state.effects.push([CLEAR, this.#code.bind(plain.timer)]);
        return true;
      case 'arm':
        this.#arm(state, plain, params, handover);
        return true;
      case 'assign':
        this.#assign(state, plain, params, handover);
        return true;
      case 'update':
        this.#update(state, plain, params);
        return true;
      case 'finish':
        state.output = this.#code.let(`${this.#code.bind(plain.outputOf)}(${state.args})`);
        state.changes++;
        return true;
      case 'call':
        // Before the start, a call waits ahead of all effects. The table's macrostep keeps it.
        if (this.#isInitial) break;
        this.#code.write(`${this.#value(plain.fn, state.args, params)};`, 'actor.forgetShape();');
        return true;
    }
    this.#code.write(handover(false));
    return false;
  }

  /** The code of a value: its name, or its call if it is a function. */
  #value(value: Value, args: string, params: unknown): string {
    const name = this.#code.bind(value);
    return typeof value === 'function' ? `${name}(${args}, ${this.#code.bind(params)})` : name;
  }

  #arm(
    state: SymbolicMacrostep,
    { timer, delay }: PlainOf<'arm'>,
    params: unknown,
    handover: HandoverCode,
  ): void {
    const ms = this.#code.let(this.#value(delay, state.args, params));
    if (typeof delay === 'function') {
      // As in XState, a delay that is not a number means no delay.
      this.#code.write(`if (typeof ${ms} !== 'number') ${handover(true, timer)}`);
    }
    state.effects.push([ARM, this.#code.bind(timer), ms]);
  }

  #assign(
    state: SymbolicMacrostep,
    { assignments, spawn }: PlainOf<'assign'>,
    params: unknown,
    handover: HandoverCode,
  ): void {
    const code = this.#code;
    const assignment = code.bind(new Assignment(assignments));
    code.write(
      `if (${assignment}.shape !== actor.shape) ${assignment}.adapt(actor, ${state.context});`,
    );
    // A function called below may run another actor through this code, and change the setter.
    const set = code.let(`${assignment}.set`);
    code.write(`if (${set} === undefined) ${handover(false)}`);
    const args = this.#letAssignerArgs(state, spawn);
    const values = assignments.map(([, value]) => code.let(this.#value(value, args, params)));
    this.#setContext(state, `${set}(${[state.context, ...values].join()})`);
  }

  #update(state: SymbolicMacrostep, { fn, spawn }: PlainOf<'update'>, params: unknown): void {
    const update = this.#code.let(this.#value(fn, this.#letAssignerArgs(state, spawn), params));
    this.#setContext(state, `{ ...${state.context}, ...${update} }`);
    this.#code.write('actor.forgetShape();');
  }

  #letAssignerArgs({ context }: SymbolicMacrostep, spawn: unknown): string {
    const name = this.#code.bind(spawn);
    return this.#code.let(
      `{ context: ${context}, event, spawn: ${name}, self: actor, system: actor.system }`,
    );
  }

  #setContext(state: SymbolicMacrostep, context: string): void {
    state.context = this.#code.let(context);
    state.args = this.letArgs(state.context);
    state.changes++;
  }
}
