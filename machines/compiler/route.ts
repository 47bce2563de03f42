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
import type { Entries, Value } from './actions.js';
import { canMakeCode, Given, makeCode } from './code.js';
import { guardError } from './guards.js';
import { ARM, Args, CLEAR, EMIT, type Run } from './run.js';
import type { Setter, Shape } from './shape.js';
import type { Branch, Choice, Row, Step, Table } from './table.js';
import type { Timers } from './timers.js';

/** Takes an event, in the row and of a kind that the route was made for. */
export type Route = (actor: Traveller, event: EventObject) => void;

/** What travels: an actor of a compiled machine. */
export interface Traveller {
  readonly context: MachineContext;
  /** Of the context; undefined where it has to be found out. */
  shape: Shape | null | undefined;
  shapeOf(context: MachineContext): Shape | null;
  readonly timers: Timers;
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
  return canMakeCode && maxIterations > FEWEST_ITERATIONS;
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
    for (const operation of operations.slice(exit.from)) operation.perform(run);
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

/** How far a route has come, while it is being made. */
interface Way {
  readonly row: Row;
  /** The names of the variables that hold the context and what functions are told. */
  readonly context: string;
  readonly args: string;
  /** The name of the output, once the machine is done. */
  readonly output: string | undefined;
  readonly effects: readonly Effect[];
  readonly changes: number;
  readonly asked: number;
}

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
    const way = { ...before, effects: [...before.effects] };
    const leave = (from: number, raised?: EventObject): string => {
      return this.#handOver(way, { step, from, isEventless, before, raised });
    };
    for (const [i, { plain, given }] of step.operations.entries()) {
      const result = (value: Value, told: string): string => {
        const name = this.#given.name(value);
        return typeof value === 'function' ? `${name}(${told}, ${this.#given.name(given)})` : name;
      };
      const assigning = (spawn: unknown): string =>
        this.#let(
          `{ context: ${way.context}, event, spawn: ${this.#given.name(spawn)}, self: actor, system: actor.system }`,
        );
      const assign = (context: string): void => {
        way.context = this.#let(context);
        way.args = this.#tell(way.context);
        way.changes++;
      };
      switch (plain?.kind) {
        case 'emit':
          way.effects.push([EMIT, this.#let(result(plain.event, way.args))]);
          break;
        case 'clear':
          way.effects.push([CLEAR, this.#given.name(plain.timer)]);
          break;
        case 'arm': {
          const ms = this.#let(result(plain.delay, way.args));
          if (typeof plain.delay === 'function') {
            // A delay that is no number is none, as in XState.
            this.#lines.push(`if (typeof ${ms} !== 'number') ${leave(i + 1, plain.timer.event)}`);
          }
          way.effects.push([ARM, this.#given.name(plain.timer), ms]);
          break;
        }
        case 'assign': {
          const assignment = this.#given.name(new Assignment(plain.entries));
          this.#lines.push(
            `if (${assignment}.shape !== actor.shape) ${assignment}.learn(actor, ${way.context});`,
            `if (${assignment}.set === undefined) ${leave(i)}`,
          );
          const told = assigning(plain.spawn);
          const values = plain.entries.map(([, value]) => this.#let(result(value, told)));
          assign(`${assignment}.set(${[way.context, ...values].join()})`);
          break;
        }
        case 'update':
          assign(`{ ...${way.context}, ...${result(plain.fn, assigning(plain.spawn))} }`);
          this.#lines.push('actor.shape = undefined;');
          break;
        case 'finish':
          way.output = this.#let(`${this.#given.name(plain.outputOf)}(${way.args})`);
          way.changes++;
          break;
        case 'call':
          if (!this.#isBeginning) {
            this.#lines.push(`${result(plain.fn, way.args)};`);
            break;
          }
          // It waits for the start, before everything else: the table has a place for it.
          this.#lines.push(leave(i));
          return;
        default:
          this.#lines.push(leave(i));
          return;
      }
    }
    if (step.isChange) way.changes++;
    const next: Way = { ...way, row: step.next };
    // As the table has it: one that changed nothing is not asked for again.
    const isSettled = isEventless && way.changes === before.changes;
    if (isSettled || way.output !== undefined) this.#arrive(next);
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

  #arrive({ row, context, output, effects, changes }: Way): void {
    if (changes > 0) this.#lines.push(`actor.arrive(${this.#given.name(row)}, ${context});`);
    if (output !== undefined) this.#lines.push(`actor.finish(${output});`);
    const ways = effects.map(([kind, what, ms]) => {
      if (kind === EMIT) return `actor.emit(${what});`;
      return kind === CLEAR ? `actor.timers.clear(${what});` : `actor.timers.arm(${what}, ${ms});`;
    });
    if (this.#isBeginning) this.#lines.push(`return actor.holdBack(() => { ${ways.join(' ')} });`);
    else this.#lines.push(...ways, `return actor.conclude(${output !== undefined});`);
  }

  /** Leaves the rest to the table, between two steps. */
  #leave(way: Way): void {
    const between = { step: undefined, from: 0, isEventless: false, raised: undefined };
    this.#lines.push(this.#handOver(way, { ...between, before: way }));
  }

  #handOver(
    way: Way,
    at: Pick<Exit, 'step' | 'from' | 'isEventless' | 'raised'> & { before: Way },
  ): string {
    const { step, from, isEventless, raised, before } = at;
    const { row, context, output, effects, changes } = way;
    const exit: Exit = {
      row,
      step,
      from,
      isEventless,
      changes,
      changesBefore: before.changes,
      asked: before.asked,
      raised,
      isDone: output !== undefined,
    };
    const name = this.#given.name(exit);
    return `return handOver(actor, event, ${context}, [${effects.join()}], ${name}, ${output});`;
  }
}
