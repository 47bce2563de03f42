/**
 * Routes: code that takes one kind of event from one configuration to where the machine rests, in a
 * straight line. Each function of the machine has a call of its own there, which engines can foresee
 * and inline, and what happens on the way is kept in variables.
 *
 * Rule 1. A route does what the table says, as far as it is plain: guards, emits, timers,
 *         assignments, functions, the end. At anything else it hands over to the table, right where
 *         it stands.
 * Rule 2. Nothing is evaluated twice, or in another order, than by the table.
 * Rule 3. Only the structure of the machine gets into the code: see code.ts. Where none can be made,
 *         the table does it all.
 */
import type { EventObject, MachineContext } from 'xstate';
import type { Entries, Operation, Value } from './actions.js';
import { Given, makeCode } from './code.js';
import { guardError } from './guards.js';
import type { Branch, Choice, Row, Step } from './row.js';
import { ARM, Args, CLEAR, EMIT, type Run } from './run.js';
import type { Setter, Shape } from './shape.js';
import type { Table } from './table.js';

/** Takes an event, in the row and of a kind that the route was made for. */
export type Route = (actor: Traveller, event: EventObject) => void;

/** What travels: an actor of a compiled machine. */
export interface Traveller {
  readonly context: MachineContext;
  /** Of the context; undefined where it has to be found out, null for none. */
  shape: Shape | null | undefined;
  shapeOf(context: MachineContext): Shape | null;
  /** Something has happened to the context that may have changed its shape. */
  forgetShape(): void;
  arm(timer: EventObject, ms: number): void;
  clear(timer: EventObject): void;
  readonly system: Args['system'];
  /** The machine rests here. */
  arrive(row: Row, context: MachineContext): void;
  /** It rests for ever. */
  finish(output: unknown): void;
  /** It has not started: what there is to do waits for that. */
  holdBack(effects: () => void): void;
  emit(event: EventObject): void;
  /** All is done: tells subscribers. */
  conclude(isDone: boolean): void;
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
  if (!isPossible(table) || choice.regions.length > 0) return null;
  return new Surveyor(table, false).surveyChoice(row, choice);
}

/** Makes the route into the initial states; null where the table has to do it. */
export function beginningOf(table: Table): Route | null {
  return isPossible(table)
    ? new Surveyor(table, true).surveyStep(table.outset, table.initial)
    : null;
}

function isPossible({ machine }: Table): boolean {
  const { maxIterations = Number.POSITIVE_INFINITY } = machine.options;
  return maxIterations > FEWEST_ITERATIONS;
}

/** Where a route stands in a step, or between two: then it has none. */
interface Place {
  readonly step: Step | undefined;
  /** The operation that is next. */
  readonly next: number;
  readonly isEventless: boolean;
  /** What had changed when the step began. */
  readonly changesBefore: number;
  /** What the operation before has raised. */
  readonly raised: EventObject | undefined;
}

/** Where a route hands over to the table. */
interface Exit extends Place {
  /** The row of the step that is under way, or where the route stands between two. */
  readonly row: Row;
  readonly changes: number;
  readonly asked: number;
  readonly isDone: boolean;
}

function handOver(
  actor: Traveller,
  event: EventObject,
  context: MachineContext,
  effects: unknown[],
  exit: Exit,
  output: unknown,
): void {
  const run = actor.runFrom(exit.row, event, context);
  run.changes = exit.changes;
  run.isDone = exit.isDone;
  run.output = output;
  run.adopt(effects);
  if (exit.raised !== undefined) run.raise(exit.raised);
  let isSettled = false;
  if (exit.step !== undefined) {
    const { operations, isChange, next } = exit.step;
    for (const operation of operations.slice(exit.next)) operation.perform(run);
    if (isChange) run.changes++;
    run.row = next;
    isSettled = exit.isEventless && run.changes === exit.changesBefore;
  }
  actor.goOn(run, isSettled, exit.asked);
}

/** An assignment to keys, with what sets them in the contexts of late. */
class Assignment {
  shape: Shape | null = null;
  set: Setter | undefined = undefined;
  readonly #keys: readonly string[];

  constructor(entries: Entries) {
    this.#keys = entries.map(([key]) => key);
  }

  learn(actor: Traveller, context: MachineContext): void {
    if (actor.shape === undefined) actor.shape = actor.shapeOf(context);
    if (this.shape === actor.shape) return;
    this.shape = actor.shape;
    this.set = this.shape?.setterOf(this.#keys);
  }
}

/** What will have to be done on arrival: the kind, and the names of what it is done with. */
type Effect = readonly [kind: number, ...names: string[]];

/** How far a route has come, while it is being made: a copy for each branch. */
interface Way {
  row: Row;
  /** The names of the variables that hold the context and what functions are told. */
  context: string;
  args: string;
  /** The name of the output, once the machine is done. */
  output: string | undefined;
  effects: Effect[];
  changes: number;
  asked: number;
}

/** Makes what hands over in the middle of a step: before an operation, or when it is done. */
type Leave = (isDone: boolean, raised?: EventObject) => string;

class Surveyor {
  readonly #table: Table;
  /** Whether the actor has not started yet. */
  readonly #isBeginning: boolean;
  readonly #given = new Given({ Args, guardError, handOver });
  readonly #lines: string[] = [];
  #variables = 0;

  constructor(table: Table, isBeginning: boolean) {
    this.#table = table;
    this.#isBeginning = isBeginning;
  }

  surveyChoice(row: Row, { branches }: Choice): Route {
    const way = this.#depart(row);
    this.#ask(way, branches, false, () => this.#leave(way));
    return this.#finish();
  }

  surveyStep(row: Row, step: Step): Route {
    this.#take(this.#depart(row), step, false);
    return this.#finish();
  }

  #depart(row: Row): Way {
    const context = this.#let('actor.context');
    const args = this.#tell(context);
    return { row, context, args, output: undefined, effects: [], changes: 0, asked: 0 };
  }

  #finish(): Route {
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

  #take(before: Way, step: Step, isEventless: boolean): void {
    const way: Way = { ...before, effects: [...before.effects] };
    const changesBefore = before.changes;
    for (const [i, operation] of step.operations.entries()) {
      const leave: Leave = (isDone, raised) => {
        const next = isDone ? i + 1 : i;
        return this.#handOver(way, { step, next, isEventless, changesBefore, raised });
      };
      if (!this.#perform(way, operation, leave)) return;
    }
    if (step.isChange) way.changes++;
    way.row = step.next;
    // As the table has it: one that changed nothing is not asked for again.
    const isSettled = isEventless && way.changes === changesBefore;
    if (isSettled || way.output !== undefined) this.#arrive(way);
    else this.#goOn(way);
  }

  /** Performs an operation as it is on this way; returns false where that is the end of the way. */
  #perform(way: Way, { plain, given }: Operation, leave: Leave): boolean {
    const result = (value: Value, told: string): string => {
      const name = this.#given.name(value);
      return typeof value === 'function' ? `${name}(${told}, ${this.#given.name(given)})` : name;
    };
    switch (plain?.kind) {
      case 'emit':
        way.effects.push([EMIT, this.#let(result(plain.event, way.args))]);
        return true;
      case 'clear':
        way.effects.push([CLEAR, this.#given.name(plain.timer)]);
        return true;
      case 'arm': {
        const ms = this.#let(result(plain.delay, way.args));
        if (typeof plain.delay === 'function') {
          // A delay that is no number is none, as in XState.
          this.#lines.push(`if (typeof ${ms} !== 'number') ${leave(true, plain.timer)}`);
        }
        way.effects.push([ARM, this.#given.name(plain.timer), ms]);
        return true;
      }
      case 'assign': {
        const assignment = this.#given.name(new Assignment(plain.entries));
        this.#lines.push(
          `if (${assignment}.shape !== actor.shape) ${assignment}.learn(actor, ${way.context});`,
        );
        // The functions may bring other actors here, which have other setters.
        const set = this.#let(`${assignment}.set`);
        this.#lines.push(`if (${set} === undefined) ${leave(false)}`);
        const told = this.#tellAssigner(way, plain.spawn);
        const values = plain.entries.map(([, value]) => this.#let(result(value, told)));
        this.#assign(way, `${set}(${[way.context, ...values].join()})`);
        return true;
      }
      case 'update': {
        const update = this.#let(result(plain.fn, this.#tellAssigner(way, plain.spawn)));
        this.#assign(way, `{ ...${way.context}, ...${update} }`);
        this.#lines.push('actor.forgetShape();');
        return true;
      }
      case 'finish':
        way.output = this.#let(`${this.#given.name(plain.outputOf)}(${way.args})`);
        way.changes++;
        return true;
      case 'call':
        // Before the start it waits, ahead of everything else: the table has a place for it.
        if (this.#isBeginning) this.#lines.push(leave(false));
        else this.#lines.push(`${result(plain.fn, way.args)};`, 'actor.forgetShape();');
        return !this.#isBeginning;
      default:
        this.#lines.push(leave(false));
        return false;
    }
  }

  #tellAssigner({ context }: Way, spawn: unknown): string {
    const name = this.#given.name(spawn);
    return this.#let(
      `{ context: ${context}, event, spawn: ${name}, self: actor, system: actor.system }`,
    );
  }

  #assign(way: Way, context: string): void {
    way.context = this.#let(context);
    way.args = this.#tell(way.context);
    way.changes++;
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

  #arrive({ row, context, output, effects, changes }: Way): void {
    if (changes > 0) this.#lines.push(`actor.arrive(${this.#given.name(row)}, ${context});`);
    if (output !== undefined) this.#lines.push(`actor.finish(${output});`);
    const ways = effects.map(([kind, what, ms]) => {
      if (kind === EMIT) return `actor.emit(${what});`;
      return kind === CLEAR ? `actor.clear(${what});` : `actor.arm(${what}, ${ms});`;
    });
    if (this.#isBeginning) this.#lines.push(`return actor.holdBack(() => { ${ways.join(' ')} });`);
    else this.#lines.push(...ways, `return actor.conclude(${output !== undefined});`);
  }

  /** Leaves the rest to the table, between two steps. */
  #leave(way: Way): void {
    const between = { step: undefined, next: 0, isEventless: false, raised: undefined };
    this.#lines.push(this.#handOver(way, { ...between, changesBefore: way.changes }));
  }

  #handOver({ row, context, output, effects, changes, asked }: Way, place: Place): string {
    const exit: Exit = { ...place, row, changes, asked, isDone: output !== undefined };
    const name = this.#given.name(exit);
    return `return handOver(actor, event, ${context}, [${effects.join()}], ${name}, ${output});`;
  }
}
