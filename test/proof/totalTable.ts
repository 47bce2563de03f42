/**
 * Part 1: the total table. For each machine, every state × every fact: the next state, and exactly
 * what is said. What a state inherits stands once, with the state that has it. The tables are
 * kept in `tables/`; a change to a machine shows
 * as a difference there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Table, tableOf, writeTable } from '../../explore/stateTable.js';
import { isResting, pathOfState, statesOf } from '../../explore/transitions.js';
import type { Part } from './part.js';
import { type Explored, type Subject, styleOf } from './subjects.js';

function fileOf({ name }: Subject): string {
  return fileURLToPath(new URL(`../../../test/proof/tables/${name}.table.txt`, import.meta.url));
}

/** The table of a machine as it is. */
function currentTable(subject: Subject, explored: readonly Explored[]): Table {
  return tableOf(
    explored.map(({ graph }) => graph),
    styleOf(subject),
  );
}

/** The table of a machine as it was written down. */
export function writtenTable(subject: Subject): string {
  return readFileSync(fileOf(subject), 'utf8');
}

/** Writes the table down. */
export function updateTable(subject: Subject, explored: readonly Explored[]): void {
  writeFileSync(fileOf(subject), writeTable(currentTable(subject, explored)));
}

/** The first line in which a table is not as written down; undefined where it is. */
function tableDifference(subject: Subject, explored: readonly Explored[]): string | undefined {
  const now = writeTable(currentTable(subject, explored)).split('\n');
  const written = writtenTable(subject).split('\n');
  const at = Array.from({ length: Math.max(now.length, written.length) }, (_, n) => n).find(
    (n) => now[n] !== written[n],
  );
  if (at === undefined) return undefined;
  return `${subject.name}.table.txt, line ${at + 1}: expected ${JSON.stringify(written[at])}, but the machine says ${JSON.stringify(now[at])} (npm run proof -- --update writes it anew)`;
}

/** What a table lacks: a fact that a state is not told of, or one that is ignored without a reason. */
function tableGaps(subject: Subject, explored: readonly Explored[]): string[] {
  const { name, machine, types } = subject;
  const edges = explored.flatMap(({ graph }) => graph.edges);
  const told = new Set(edges.map(({ from, fact }) => `${from.stepped.path} ${fact.type}`));
  const untold = statesOf(machine)
    .filter(isResting)
    .map(pathOfState)
    .flatMap((state) =>
      types
        .filter((type) => !told.has(`${state} ${type}`))
        .map((type) => `${name}: in ${state}, nothing is said of ${type}`),
    );
  const unexplained = [...currentTable(subject, explored)].flatMap(([state, facts]) =>
    [...facts]
      .filter(([, rows]) => rows.some((row) => row.includes('WITHOUT A REASON')))
      .map(([fact]) => `${name}: in ${state}, ${fact} is ignored without a reason`),
  );
  return [...untold, ...unexplained];
}

/** The part for all subjects. */
export function tablePart(all: ReadonlyMap<Subject, Explored[]>): Part {
  const figures: Part['figures'] = {};
  const shortfalls: string[] = [];
  for (const [subject, explored] of all) {
    const table = currentTable(subject, explored);
    const rows = [...table.values()].flatMap((facts) => [...facts.values()].flat());
    figures[`${subject.name}: states × facts`] = [...table.values()].flatMap((facts) => [
      ...facts.keys(),
    ]).length;
    figures[`${subject.name}: rows`] = rows.length;
    figures[`${subject.name}: rows ignored, each with a reason`] = rows.filter((row) =>
      row.startsWith('ignored'),
    ).length;
    const difference = tableDifference(subject, explored);
    shortfalls.push(...(difference === undefined ? [] : [difference]));
    shortfalls.push(...tableGaps(subject, explored));
  }
  return { title: '1. Total table', figures, shortfalls };
}
