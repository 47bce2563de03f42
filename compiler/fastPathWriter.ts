/**
 * The writer of fast paths: straight-line code from a configuration and an event to the configuration
 * in which the machine rests. Each function of the machine has its own call site there, and the state
 * of the macrostep lives in variables.
 *
 * Rule 1. The code does what the table says as long as operations are plain. At any other operation
 *         it hands the macrostep over to the table, right there.
 * Rule 2. The code evaluates everything as often as the table, and in the same order.
 * Rule 3. The code contains only the structure of the machine: see codegen.ts.
 */
import { CodeBuffer } from './codegen.js';
import { guardError } from './guards.js';
import { type Handover, handOver, type Place } from './handover.js';
import { Args, CLEAR, EMIT } from './macrostep.js';
import { type HandoverCode, OperationWriter, type SymbolicMacrostep } from './operationWriter.js';
import type { Alternative, Candidate, Choice, FastPath, Microstep, TableRow } from './terms.js';
import type { TransitionTable } from './transitionTable.js';

/** The most times that a fast path asks for eventless transitions; the table takes the rest. */
export const MOST_EVENTLESS = 3;
/** The length in lines from which a fast path goes on to no other microstep. */
const MOST_LINES = 300;

/** Writes the fast path of a choice; null for parallel regions, which the table takes. */
export function writeFastPath(
  table: TransitionTable,
  row: TableRow,
  choice: Choice,
): FastPath | null {
  return choice.regions.length > 0 ? null : new FastPathWriter(table, false).ofChoice(row, choice);
}

/** Writes the fast path into the initial states. */
export function writeInitialFastPath(table: TransitionTable): FastPath {
  const { preInitialRow, initialMicrostep } = table;
  return new FastPathWriter(table, true).ofMicrostep(preInitialRow, initialMicrostep);
}

class FastPathWriter {
  readonly #table: TransitionTable;
  /** Whether the code runs before the start of the actor. */
  readonly #isInitial: boolean;
  readonly #code = new CodeBuffer({ Args, guardError, handOver });
  readonly #operations: OperationWriter;

  constructor(table: TransitionTable, isInitial: boolean) {
    this.#table = table;
    this.#isInitial = isInitial;
    this.#operations = new OperationWriter(this.#code, isInitial);
  }

  ofChoice(row: TableRow, { alternatives }: Choice): FastPath {
    const state = this.#begin(row);
    this.#choose(state, alternatives, false, () => this.#handOverBetween(state));
    return this.#code.generate(['actor', 'event']);
  }

  ofMicrostep(row: TableRow, microstep: Microstep): FastPath {
    this.#take(this.#begin(row), microstep, false);
    return this.#code.generate(['actor', 'event']);
  }

  #begin(row: TableRow): SymbolicMacrostep {
    const context = this.#code.let('actor.context');
    const args = this.#operations.letArgs(context);
    return { row, context, args, output: undefined, effects: [], changes: 0, eventlessCount: 0 };
  }

  // ---------------------------------------------------------------------------- transitions

  /** Writes the choice of the first enabled alternative; `otherwise` writes the case of none. */
  #choose(
    state: SymbolicMacrostep,
    alternatives: readonly Alternative[],
    isEventless: boolean,
    otherwise: () => void,
  ): void {
    for (const alternative of alternatives) {
      const { candidate } = alternative;
      const microstep = this.#table.microstepOf(state.row, alternative);
      const guard = this.#guard(state, candidate);
      if (guard === undefined) {
        this.#take(state, microstep, isEventless);
        return;
      }
      const condition = isEventless ? guard : this.#letGuard(guard, candidate);
      this.#code.write(`if (${condition}) {`);
      this.#take(state, microstep, isEventless);
      this.#code.write('}');
    }
    otherwise();
  }

  /** The call of a guard; undefined if the candidate has none. */
  #guard({ row, args }: SymbolicMacrostep, { guard, plain }: Candidate): string | undefined {
    if (guard === undefined) return undefined;
    const [fn, operand] = plain === undefined ? [guard, row] : [plain.fn, plain.params];
    return `${this.#code.bind(fn)}(${args}, ${this.#code.bind(operand)})`;
  }

  /** Writes the guard of a transition on an event, with XState's error if it throws. */
  #letGuard(guard: string, candidate: Candidate): string {
    const isEnabled = this.#code.variable();
    const name = this.#code.bind(candidate);
    this.#code.write(
      `let ${isEnabled};`,
      `try { ${isEnabled} = ${guard}; } catch (error) { throw guardError(${name}, event, error); }`,
    );
    return isEnabled;
  }

  /** Writes a microstep and the rest of the macrostep. */
  #take(before: SymbolicMacrostep, microstep: Microstep, isEventless: boolean): void {
    const state: SymbolicMacrostep = { ...before, effects: [...before.effects] };
    const changesBefore = before.changes;
    for (const [i, operation] of microstep.operations.entries()) {
      const handover: HandoverCode = (isPerformed, raised) => {
        const next = isPerformed ? i + 1 : i;
        return this.#handOver(state, { microstep, next, isEventless, changesBefore, raised });
      };
      if (!this.#operations.write(state, operation, handover)) return;
    }
    if (microstep.isChange) state.changes++;
    state.row = microstep.next;
    // As in the table, eventless transitions that changed nothing are not asked again.
    const isSettled = isEventless && state.changes === changesBefore;
    if (isSettled || state.output !== undefined) this.#rest(state);
    else this.#continue(state);
  }

  /** Writes the eventless transitions that follow a microstep. */
  #continue(state: SymbolicMacrostep): void {
    const [alternatives, ...otherRegions] = state.row.eventless;
    const isLong = state.eventlessCount === MOST_EVENTLESS || this.#code.length > MOST_LINES;
    if (alternatives === undefined) this.#rest(state);
    else if (otherRegions.length > 0 || isLong) this.#handOverBetween(state);
    else {
      const next = { ...state, eventlessCount: state.eventlessCount + 1 };
      this.#choose(next, alternatives, true, () => this.#rest(next));
    }
  }

  // --------------------------------------------------------------------- ends of a branch

  /** Writes the end of the macrostep: the machine rests. */
  #rest({ row, context, output, effects, changes }: SymbolicMacrostep): void {
    if (changes > 0) this.#code.write(`actor.commit(${this.#code.bind(row)}, ${context});`);
    if (output !== undefined) this.#code.write(`actor.finish(${output});`);
    const calls = effects.map(([kind, operand, ms]) => {
      if (kind === EMIT) return `actor.emit(${operand});`;
      return kind === CLEAR ? `actor.clear(${operand});` : `actor.arm(${operand}, ${ms});`;
    });
    if (this.#isInitial) {
      this.#code.write(`return actor.holdUntilStart(() => { ${calls.join(' ')} });`);
    } else this.#code.write(...calls, `return actor.publish(${output !== undefined});`);
  }

  /** Writes a handover between two microsteps. */
  #handOverBetween(state: SymbolicMacrostep): void {
    const between = { microstep: undefined, next: 0, isEventless: false, raised: undefined };
    this.#code.write(this.#handOver(state, { ...between, changesBefore: state.changes }));
  }

  #handOver(state: SymbolicMacrostep, place: Place): string {
    const { row, context, output, effects, changes, eventlessCount } = state;
    const isDone = output !== undefined;
    const handover: Handover = { ...place, row, changes, eventlessCount, isDone };
    const name = this.#code.bind(handover);
    return `return handOver(actor, event, ${context}, [${effects.join()}], ${name}, ${output});`;
  }
}
