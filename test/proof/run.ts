/**
 * `npm run proof`: everything that is claimed of the two machines, shown. Prints a table for each
 * part and one line of verdict; `--json` prints one object instead; `--update` writes the tables of
 * parts 1 and 5 anew. Exits with 1 on any shortfall.
 */
import { coveragePart } from './coverage.js';
import { livePart } from './live.js';
import type { Part } from './part.js';
import { pathsPart } from './paths.js';
import { exploreSubject, subjects } from './subjects.js';
import { tablePart, updateTable } from './table.js';

const asJson = process.argv.includes('--json');
const all = new Map(subjects.map((subject) => [subject, exploreSubject(subject)]));

if (process.argv.includes('--update')) {
  for (const [subject, explored] of all) updateTable(subject, explored);
}

const parts: (Part & { seconds: number })[] = [];

/** Runs a part, and shows it. */
async function prove<T>(run: () => T | Promise<T>, partOf: (result: T) => Part): Promise<T> {
  const start = performance.now();
  const result = await run();
  const part = { ...partOf(result), seconds: (performance.now() - start) / 1000 };
  parts.push(part);
  if (!asJson) show(part);
  return result;
}

function show({ title, figures, shortfalls, seconds }: Part & { seconds: number }): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  const lines = Object.entries(figures).map(
    ([name, figure]) => `  ${name.padEnd(width)}  ${figure}`,
  );
  const marks = shortfalls.map((shortfall) => `  ✘ ${shortfall.replaceAll('\n', '\n      ')}`);
  process.stdout.write(
    `\n${title} (${seconds.toFixed(1)} s)\n${[...lines, ...marks].join('\n')}\n`,
  );
}

const itself = (part: Part): Part => part;
await prove(() => tablePart(all), itself);
await prove(() => pathsPart(all), itself);
const live = await prove(
  () => livePart(subjects),
  ({ part }) => part,
);
await prove(() => coveragePart(all, live.coverage), itself);

const shortfalls = parts.reduce((sum, part) => sum + part.shortfalls.length, 0);
const verdict = shortfalls === 0 ? 'proven' : `not proven: ${shortfalls} shortfalls`;
process.stdout.write(
  asJson ? `${JSON.stringify({ verdict, parts }, null, 2)}\n` : `\nVerdict: ${verdict}\n`,
);
process.exitCode = shortfalls === 0 ? 0 : 1;
