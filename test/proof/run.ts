/**
 * `npm run proof`: everything that is claimed of the machines, shown. Prints a table for each
 * part and one line of verdict; exits with 1 on any shortfall.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Taken } from '../../chart/coverageMarks.js';
import { wholeNumber } from '../../runners/options.js';
import { checkSubjects } from './checkSubjects.js';
import { codeCoveragePart } from './codeCoverage.js';
import { livePart } from './live.js';
import { mutationPart } from './mutation.js';
import { pairLivePart } from './pairLive.js';
import {
  declaredFixtures,
  type Fixture,
  pairOf,
  pairPart,
  twoColumns,
  updateFixtures,
} from './pairOutcomes.js';
import type { Part } from './part.js';
import { pathsPart } from './paths.js';
import { randomPart } from './random.js';
import { exploreSubject, subjects } from './subjects.js';
import { tablePart, updateTable } from './totalTable.js';
import { coveragePart, takenLive } from './transitionCoverage.js';

interface Options {
  json?: true;
  update?: true;
  replay?: string;
  seed?: number;
  path?: string;
  runs?: number;
}

const options = new Command('proof')
  .description('Shows everything that is claimed of the machines.')
  .option('--json', 'one JSON object instead; `lockstep diagram --coverage` reads it')
  .option('--update', 'write the tables of parts 1 and 5 anew, to be read as a difference')
  .option('--replay <file>', 'show the runs of a fixture file, replay them over sockets, no more')
  .option('--seed <n>', 'for part 7: begin with this', wholeNumber(0, 2 ** 31 - 1))
  .option('--path <path>', 'for part 7: replay what failed here')
  .option('--runs <n>', 'for part 7: how many schedules', wholeNumber(1, 2 ** 31 - 1))
  .parse()
  .opts<Options>();

const parts: (Part & { seconds: number })[] = [];
/** What was taken of each machine over sockets. */
let coverage: Record<string, Taken> = {};

/** Runs a part, and shows it. */
async function prove<T>(run: () => T | Promise<T>, partOf: (result: T) => Part): Promise<T> {
  const start = performance.now();
  const result = await run();
  const part = { ...partOf(result), seconds: (performance.now() - start) / 1000 };
  parts.push(part);
  if (!options.json) show(part);
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

async function proveAll(): Promise<void> {
  const every = [...subjects, ...checkSubjects];
  const all = new Map(every.map((subject) => [subject, exploreSubject(subject)]));
  if (options.update) {
    for (const [subject, explored] of all) updateTable(subject, explored);
    updateFixtures();
  }
  await prove(() => tablePart(all), itself);
  await prove(() => pathsPart(all), itself);
  const live = await prove(
    () => livePart(subjects),
    ({ part }) => part,
  );
  coverage = takenLive(live.coverage);
  await prove(() => coveragePart(all, live.coverage), itself);
  await prove(pairPart, itself);
  await prove(() => pairLivePart(declaredFixtures()), itself);
  await prove(() => mutationPart(all), itself);
  await prove(codeCoveragePart, itself);
  await prove(() => randomPart(options), itself);
}

function isFixture(value: Partial<Fixture>): value is Fixture {
  const { listener, dialler, rounds, outcome, actions } = value;
  const roles = ['server', 'client'];
  if (![listener, dialler].every((role) => roles.includes(String(role)))) return false;
  return typeof rounds === 'number' && Array.isArray(outcome) && Array.isArray(actions);
}

async function replayFile(file: string): Promise<void> {
  const fixtures = [JSON.parse(readFileSync(file, 'utf8'))].flat() as Partial<Fixture>[];
  if (!fixtures.every(isFixture) || fixtures.length === 0) {
    process.stderr.write(
      `Fatal error: expected runs such as {"listener": "server", "dialler": "client", "rounds": 1, "outcome": ["done", "done"], "actions": ["connect"]} in ${file}\n`,
    );
    process.exit(1);
  }
  for (const { rounds, actions, outcome, ...roles } of fixtures) {
    const columns = twoColumns(pairOf(roles, rounds, actions.length), actions);
    if (!options.json) process.stdout.write(`\n${outcome.join(' | ')}\n${columns.join('\n')}\n`);
  }
  await prove(() => pairLivePart(fixtures), itself);
}

await (options.replay === undefined ? proveAll() : replayFile(options.replay));

const shortfalls = parts.reduce((sum, part) => sum + part.shortfalls.length, 0);
const verdict =
  shortfalls === 0
    ? 'proven: every part holds'
    : `not proven: ${shortfalls} ${shortfalls === 1 ? 'shortfall' : 'shortfalls'}`;
process.stdout.write(
  options.json
    ? `${JSON.stringify({ verdict, parts, coverage }, null, 2)}\n`
    : `\nVerdict: ${verdict}\n`,
);
process.exitCode = shortfalls === 0 ? 0 : 1;
