/**
 * A machine as a table: every state, every fact, and all that can come of it, as readable text. What a
 * state inherits stands once, with the state that has it.
 *
 *   state
 *     fact
 *       [guard] → next state
 *         what is emitted
 *         ~ what changes in the context
 *         % the deadlines that count from now
 *     fact
 *       ignored: the reason that the machine gives
 */
import { deadlineOf } from '../chart/names.js';
import type { Edge, Graph } from './graph.js';
import type { Emitted, Fact, Stepped } from './stepper.js';

/** How a table names facts and shows what is emitted. */
export interface Style {
  /** The name of a fact in a vertex; facts of one name share their rows. */
  nameOf(edge: Edge): string;
  /** What is emitted, in words; `before` is the context that the fact found. */
  lineOf(emitted: Emitted, before: Record<string, unknown>): string;
}

/** What one fact can do in one state: rows of text, sorted. */
export type Table = Map<string, Map<string, string[]>>;

/** Makes the table of everything that the graphs of one machine show; a row stands in the place of its edge. */
export function tableOf(
  graphs: readonly Graph[],
  style: Style,
  placeOf: (edge: Edge) => string = ownerOf,
): Table {
  const table: Table = new Map();
  const add = (state: string, name: string, row: string): void => {
    const facts = table.get(state) ?? new Map<string, string[]>();
    table.set(state, facts);
    const rows = facts.get(name) ?? [];
    facts.set(name, rows);
    if (!rows.includes(row)) rows.push(row);
  };
  for (const { root } of graphs) add('(nothing yet)', 'the start', startRow(root.stepped, style));
  for (const edge of graphs.flatMap(({ edges }) => edges)) {
    add(placeOf(edge), style.nameOf(edge), rowOf(edge, style));
  }
  for (const facts of table.values()) for (const rows of facts.values()) rows.sort();
  return table;
}

/** The path of the state whose transition an edge takes; of the active one where it takes none. */
export function ownerOf({ from, stepped }: Edge): string {
  return stepped.taken[0]?.source ?? from.stepped.path;
}

/** What comes of a fact on one edge. */
export function rowOf({ from, stepped }: Edge, style: Style): string {
  const reason = stepped.taken[0]?.description;
  const { emitted, armed } = stepped;
  if (stepped.key === from.stepped.key && emitted.length === 0 && armed.length === 0) {
    return `ignored: ${reason ?? 'WITHOUT A REASON'}`;
  }
  const changes = changesOf(from.stepped.snapshot.context, stepped.snapshot.context);
  const { context } = from.stepped.snapshot;
  return `${guardsOf(stepped)}${behaviourOf(stepped, context, changes, style)}`;
}

/** What a machine does before it is told anything. */
function startRow(start: Stepped, style: Style): string {
  return `${guardsOf(start)}${behaviourOf(start, start.snapshot.context, [], style)}`;
}

function guardsOf({ taken }: Stepped): string {
  return taken.map(({ guard }) => (guard === undefined ? '' : `[${guard}] `)).join('');
}

function behaviourOf(
  stepped: Stepped,
  before: Record<string, unknown>,
  changes: readonly string[],
  style: Style,
): string {
  const lines = [
    ...stepped.emitted.map((emitted) => style.lineOf(emitted, before)),
    ...changes.map((change) => `~ ${change}`),
    ...stepped.armed.map((delay) => `% ${delay}`),
  ];
  return [`→ ${stepped.path}`, ...lines].join('\n      ');
}

/** How a context changes: numbers by how much, texts to what, anything else by name alone. */
function changesOf(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  return Object.entries(after).flatMap(([key, value]) => {
    const old = before[key];
    if (old === value) return [];
    if (typeof value === 'number' && typeof old === 'number') {
      return [`${key} ${value > old ? '+' : '-'} ${Math.abs(value - old)}`];
    }
    return [typeof value === 'string' ? `${key} ${value}` : key];
  });
}

/** Writes a table as text. */
export function writeTable(table: Table): string {
  let text = '';
  for (const [state, facts] of table) {
    text += `${state}\n`;
    for (const [name, rows] of facts) {
      text += `  ${name}\n${rows.map((row) => `    ${row}\n`).join('')}`;
    }
    text += '\n';
  }
  return text;
}

/** The name of a deadline or of a bare fact. */
export function plainName(fact: Fact): string {
  const delay = deadlineOf(fact.type);
  return delay === undefined ? fact.type : `after ${delay}`;
}
