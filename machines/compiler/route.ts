/**
 * Routes: code that takes one kind of event from one configuration to where the machine rests, in a
 * straight line. Each function of the machine has a call of its own there, which engines can foresee
 * and inline, and what happens on the way is kept in variables.
 *
 * Rule 1. A route does what the table says, as far as it is plain: guards, emits, timers, assignments
 *         to one key. At anything else it hands over to the table, right where it stands.
 * Rule 2. Nothing is evaluated twice, or in another order, than by the table.
 * Rule 3. Only the structure of the machine gets into the code: see code.ts. Where none can be made,
 *         the table does it all.
 */
import type { EventObject, MachineContext } from 'xstate';
import { ARMING, ASSIGNING, CLEARING, EMITTING } from './actions.js';
import { canMakeCode, Given, makeCode } from './code.js';
import { guardError } from './guards.js';
import { ARM, Args, CLEAR, EMIT, type Run } from './run.js';
import type { Setter, Shape } from './shape.js';
import type { Branch, Choice, Row, Step, Table } from './table.js';
import type { Timers } from './timers.js';

/** Takes an event, in the row and of a kind that the route was made for. */
export type Route = (actor: Traveller, event: EventObject) => void;

/** What travels: an actor that runs. */
export interface Traveller {
  readonly context: MachineContext;
  readonly shape: Shape | undefined;
  readonly timers: Timers;
  readonly system: Args['system'];
  /** The machine rests here. */
  arrive(row: Row, context: MachineContext): void;
  emit(event: EventObject): void;
  /** All is done: tells subscribers. */
  conclude(): void;
  /** Makes what the table goes on with. */
  runFrom(row: Row, event: EventObject, context: MachineContext): Run;
  /** Has the table go on; see `Logic.rest`. */
  goOn(run: Run, isSettled: boolean, asked: number): void;
}

/** How often a route asks for eventless transitions before it leaves that to the table. */
const MOST_ASKED = 3;
/** The most lines of code of a route. */
const MOST_LINES = 300;
/** Routes do not count steps; so they are for machines that may take more than they do. */
const FEWEST_ITERATIONS = 2 * MOST_ASKED;

/** Makes the route of a choice; null where the table has to do it. */
export function routeOf(table: Table, row: Row, choice: Choice): Route | null {
  const { maxIterations = Number.POSITIVE_INFINITY } = table.machine.options;
  const isPlain = choice.regions.length === 0 && maxIterations > FEWEST_ITERATIONS;
  return canMakeCode && isPlain ? new Surveyor(table).survey(row, choice) : null;
}

/** Where a route hands over to the table. */
interface Exit {
  /** The row of the step that is under way, or where the route stands between two. */
  readonly row: Row;
  readonly step: Step | undefined;
  /** The operation of the step that is next. */
  readonly from: number;
  readonly isEventless: boolean;
  /** What changed until then, and until the step began. */
  readonly changes: number;
  readonly changesBefore: number;
  readonly asked: number;
  /** What the operation before has raised. */
  readonly raised: EventObject | undefined;
}

function handOver(
  actor: Traveller,
  event: EventObject,
  context: MachineContext,
  effects: unknown[],
  exit: Exit,
): void {
  const run = actor.runFrom(exit.row, event, context);
  run.changes = exit.changes;
  run.adopt(effects);
  if (exit.raised !== undefined) run.raise(exit.raised);
  let isSettled = false;
  if (exit.step !== undefined) {
    const { operations, isChange, next } = exit.step;
    for (const operation of operations.slice(exit.from)) operation.perform(run);
    if (isChange) run.changes++;
    run.row = next;
    isSettled = exit.isEventless && run.changes === exit.changesBefore;
  }
  actor.goOn(run, isSettled, exit.asked);
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

/** What will have to be done on arrival: the kind, and the names of what it is done with. */
type Effect = readonly [kind: number, ...names: string[]];

/** How far a route has come, while it is being made. */
interface Way {
  readonly row: Row;
  /** The names of the variables that hold the context and what functions are told. */
  readonly context: string;
  readonly args: string;
  readonly effects: readonly Effect[];
  readonly changes: number;
  readonly asked: number;
}

class Surveyor {
  readonly #table: Table;
  readonly #given = new Given({ Args, guardError, handOver });
  readonly #lines: string[] = [];
  #variables = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  survey(row: Row, { branches }: Choice): Route {
    const context = this.#let('actor.context');
    const args = this.#tell(context);
    const way: Way = { row, context, args, effects: [], changes: 0, asked: 0 };
    this.#ask(way, branches, false, () => this.#leave(way));
    return makeCode(['actor', 'event'], this.#lines.join('\n'), this.#given.all);
  }

  #let(value: string): string {
    const name = `v${this.#variables++}`;
    this.#lines.push(`const ${name} = ${value};`);
    return name;
  }

  #tell(context: string): string {
    return this.#let(`new Args(${context}, event, actor, actor.system)`);
  }

  /** Takes the first branch that is enabled; `otherwise` is what happens if none is. */
  #ask(way: Way, branches: readonly Branch[], isEventless: boolean, otherwise: () => void): void {
    for (const branch of branches) {
      const { guard, plain } = branch.candidate;
      const take = (): void => this.#take(way, this.#table.stepOf(way.row, branch), isEventless);
      if (guard === undefined) {
        take();
        return;
      }
      const asked =
        plain === undefined
          ? `${this.#given.name(guard)}(${way.args}, ${this.#given.name(way.row)})`
          : `${this.#given.name(plain.fn)}(${way.args}, ${this.#given.name(plain.params)})`;
      if (isEventless) this.#lines.push(`if (${asked}) {`);
      else {
        const enabled = `v${this.#variables++}`;
        const name = this.#given.name(branch.candidate);
        this.#lines.push(
          `let ${enabled};`,
          `try { ${enabled} = ${asked}; } catch (error) { throw guardError(${name}, event, error); }`,
          `if (${enabled}) {`,
        );
      }
      take();
      this.#lines.push('}');
    }
    otherwise();
  }

  #take(way: Way, step: Step, isEventless: boolean): void {
    let { context, args, changes } = way;
    const effects = [...way.effects];
    const { row, asked, changes: changesBefore } = way;
    const leave = (from: number, raised?: EventObject): string => {
      const exit = { row, step, from, isEventless, changes, changesBefore, asked, raised };
      return this.#handOver(context, effects, exit);
    };
    for (const [i, operation] of step.operations.entries()) {
      const given = this.#given.name(operation.given);
      const call = (told: string): string => `${this.#given.name(operation.fn)}(${told}, ${given})`;
      const timer = this.#given.name(operation.timer);
      switch (operation.shortcut) {
        case EMITTING:
          effects.push([EMIT, this.#let(call(args))]);
          break;
        case CLEARING:
          effects.push([CLEAR, timer]);
          break;
        case ARMING: {
          const ms = this.#let(call(args));
          // A delay that is no number is none, as in XState.
          this.#lines.push(
            `if (typeof ${ms} !== 'number') ${leave(i + 1, operation.timer?.event)}`,
          );
          effects.push([ARM, timer, ms]);
          break;
        }
        case ASSIGNING: {
          const assignment = this.#given.name(new Assignment(operation.key));
          this.#lines.push(
            `if (${assignment}.shape !== actor.shape) ${assignment}.learn(actor.shape);`,
            `if (${assignment}.set === undefined) ${leave(i)}`,
          );
          const told = `{ context: ${context}, event, spawn: ${this.#given.name(operation.spawn)}, self: actor, system: actor.system }`;
          context = this.#let(`${assignment}.set(${context}, ${call(told)})`);
          args = this.#tell(context);
          changes++;
          break;
        }
        default:
          this.#lines.push(leave(i));
          return;
      }
    }
    if (step.isChange) changes++;
    const next: Way = { row: step.next, context, args, effects, changes, asked };
    // As the table has it: one that changed nothing is not asked for again.
    if (isEventless && changes === changesBefore) this.#arrive(next);
    else this.#goOn(next);
  }

  #goOn(way: Way): void {
    const [branches, ...more] = way.row.eventless;
    if (branches === undefined) this.#arrive(way);
    else if (more.length > 0 || way.asked === MOST_ASKED || this.#lines.length > MOST_LINES) {
      this.#leave(way);
    } else {
      const next = { ...way, asked: way.asked + 1 };
      this.#ask(next, branches, true, () => this.#arrive(next));
    }
  }

  #arrive({ row, context, effects, changes }: Way): void {
    if (changes > 0) this.#lines.push(`actor.arrive(${this.#given.name(row)}, ${context});`);
    for (const [kind, what, ms] of effects) {
      if (kind === EMIT) this.#lines.push(`actor.emit(${what});`);
      else if (kind === CLEAR) this.#lines.push(`actor.timers.clear(${what});`);
      else this.#lines.push(`actor.timers.arm(${what}, ${ms});`);
    }
    this.#lines.push('return actor.conclude();');
  }

  /** Leaves the rest to the table, between two steps. */
  #leave({ row, context, effects, changes, asked }: Way): void {
    const between = { step: undefined, from: 0, isEventless: false, raised: undefined };
    const exit = { ...between, row, changes, changesBefore: changes, asked };
    this.#lines.push(this.#handOver(context, effects, exit));
  }

  #handOver(context: string, effects: readonly Effect[], exit: Exit): string {
    const name = this.#given.name(exit);
    return `return handOver(actor, event, ${context}, [${effects.join()}], ${name});`;
  }
}
