/**
 * `npm run bench`: all figures, side by side, in one run on one machine. It measures and never judges.
 * README.md explains each figure.
 */
import { cpus, release } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../runners/options.js';
import {
  commandExchange,
  commandMemory,
  conversation,
  type Effort,
  exchange,
  type Figure,
  inspection,
  isolated,
  large,
  memory,
  startUp,
} from './figures.js';
import { tableOf } from './figuresTable.js';
import { type Variant, variants } from './variants.js';

const plan: Record<string, (servers: readonly Variant[], effort: Effort) => Promise<Figure[]>> = {
  'exchange-1': (servers, effort) => exchange(servers, effort, 1),
  'exchange-100': (servers, effort) => exchange(servers, effort, 100),
  'exchange-1000': (servers, effort) => exchange(servers, effort, 1_000),
  conversation,
  memory,
  'large-64k': (servers, effort) => large(servers, effort, 64 * 2 ** 10),
  'large-16m': (servers, effort) => large(servers, effort, 16 * 2 ** 20),
  command: (_, effort) => commandExchange(effort),
  'command-memory': (_, effort) => commandMemory(effort),
  inspection: (_, effort) => inspection(effort),
  'start-up': (_, effort) => startUp(effort),
  isolated,
};

const names = Object.keys(plan);

const count = wholeNumber(1, 2 ** 31);

function figureName(value: string, chosen: string[] = []): string[] {
  if (names.includes(value)) return [...chosen, value];
  throw new InvalidArgumentError(`Expected one of ${names.join(', ')}.`);
}

const command = new Command('bench')
  .description('Measures lockstep beside a handler written by hand, and beside other servers.')
  .option('--json', 'print the figures as JSON, rather than a table')
  .option('--rounds <n>', 'starts of each server under load', count, 2)
  .option('--turns <n>', 'turns of 100 ms for each server in a round', count, 30)
  .option('--repeats <n>', 'repeats of the measurements without load', count, 3)
  .option('--only <figure>', `measure only this; repeatable: ${names.join(', ')}`, figureName)
  .parse();
const options = command.opts<Effort & { json?: true; only?: string[] }>();

const servers = variants();
const chosen = names.filter((name) => options.only?.includes(name) ?? true);
const figures: Figure[] = [];
for (const [at, name] of chosen.entries()) {
  progress(`${at + 1} of ${chosen.length}: ${name}`);
  figures.push(...(await (plan[name] as (typeof plan)[string])(servers, options)));
}
progress('');

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Linux ${release()}, Node ${process.version}`;
if (options.json) process.stdout.write(`${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
else process.stdout.write(tableOf(machine, servers, figures));

/** Overwrites one line of a terminal; writes nothing elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
