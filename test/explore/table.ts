/**
 * A machine as a table: every state, every fact, and all that can come of it, as readable text.
 *
 *   state
 *     fact
 *       [guard] → next state
 *         what is emitted
 *     fact
 *       ignored: the reason that the machine gives
 */
import type { Edge, Graph } from './graph.js';
import { delayOf, type Emitted, type Fact } from './stepper.js';

/** How a table names facts and shows what is emitted. */
export interface Style {
  /** The name of a fact in a vertex; facts of one name share their rows. */
  nameOf(edge: Edge): string;
  lineOf(emitted: Emitted): string;
}

/** What one fact can do in one state: rows of text, sorted. */
export type Table = Map<string, Map<string, string[]>>;

/** Makes the table of everything that the graphs of one machine show. */
export function tableOf(graphs: readonly Graph[], style: Style): Table {
  const table: Table = new Map();
  for (const edge of graphs.flatMap(({ edges }) => edges)) {
    const state = String(edge.from.stepped.snapshot.value);
    const facts = table.get(state) ?? new Map<string, string[]>();
    table.set(state, facts);
    const name = style.nameOf(edge);
    const rows = facts.get(name) ?? [];
    facts.set(name, rows);
    const row = rowOf(edge, style);
    if (!rows.includes(row)) rows.push(row);
  }
  for (const facts of table.values()) for (const rows of facts.values()) rows.sort();
  return table;
}

/** What comes of a fact on one edge. */
export function rowOf({ from, stepped }: Edge, style: Style): string {
  const taken = stepped.taken.filter((transition) => transition.guard !== undefined);
  const guards = taken.map(({ guard }) => `[${guard}] `).join('');
  const reason = stepped.taken[0]?.description;
  if (stepped.key === from.stepped.key && stepped.emitted.length === 0) {
    return `ignored: ${reason ?? 'WITHOUT A REASON'}`;
  }
  const lines = stepped.emitted.map((emitted) => `\n      ${style.lineOf(emitted)}`);
  return `${guards}→ ${String(stepped.snapshot.value)}${lines.join('')}`;
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
  const delay = delayOf(fact);
  return delay === undefined ? fact.type : `after ${delay}`;
}
