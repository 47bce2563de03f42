/**
 * The figures: how each is measured. A value is the median of all turns. A ratio is the median of the
 * ratios within each turn.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { memoryOf } from './accounting.js';
import type { IsolatedResult } from './isolated.js';
import type { LoadOptions, LoadResult, Turn } from './load.js';
import { median } from './median.js';
import {
  commandVariants,
  firstLine,
  inspectionVariants,
  Server,
  type Variant,
} from './variants.js';

/** The value of one server, or of one way to run a machine. */
export interface Measured {
  name: string;
  value: number;
  /** The ratio to the first value of the same figure. */
  ratio: number;
}

/** One figure, with the values that it compares. */
export interface Figure {
  name: string;
  unit: string;
  measured: Measured[];
  /** Reasons to doubt the figure. */
  warnings: string[];
}

/** The number of measurements. */
export interface Effort {
  /** Starts of each server under load. */
  rounds: number;
  /** Turns of each server in a round; turns under load are 100 ms long. */
  turns: number;
  /** Repeats of the measurements without load: start-up and idle sessions. */
  repeats: number;
}

type Named<T> = readonly (readonly [name: string, values: readonly T[]])[];

const TURN = 100;
/**
 * Turns before the measurement. In these, engines optimize the code and size their young generation.
 * Node takes some seconds for both, and one server takes longer than another.
 */
const WARM_UPS = 50;
const FOREVER = 1e9;

function figure(
  name: string,
  unit: string,
  values: Named<number>,
  warnings: string[] = [],
): Figure {
  const [, first = []] = values[0] ?? [];
  const measured = values.map(([one, list]) => ({
    name: one,
    value: median(list),
    ratio: median(list.map((value, i) => value / (first[i] ?? Number.NaN))),
  }));
  return { name, unit, measured, warnings };
}

// ------------------------------------------------------------------------------ under load

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a script of the bench to its end; returns the JSON that it prints. */
async function resultOf<T>(name: string, ...args: string[]): Promise<T> {
  const child = spawn(process.execPath, [script(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return JSON.parse(text) as T;
}

/** The results of one server, one for each round. */
interface Found {
  name: string;
  results: LoadResult[];
}

async function underLoad(
  variants: readonly Variant[],
  effort: Effort,
  rounds: number,
  bytes: number,
  options: Pick<LoadOptions, 'kind' | 'sessions'>,
): Promise<Found[]> {
  const found = variants.map(({ name }): Found => ({ name, results: [] }));
  for (let round = 0; round < effort.rounds; round++) {
    const servers: Server[] = [];
    for (const variant of variants) servers.push(await Server.start(variant, rounds, bytes));
    const ports = servers.map(({ port, pid }) => ({ port, pid }));
    const turns = { warmUps: WARM_UPS, turns: effort.turns, turn: TURN };
    const given: LoadOptions = { servers: ports, ...turns, ...options };
    const results = await resultOf<LoadResult[]>('load.js', JSON.stringify(given));
    for (const [i, result] of results.entries()) found[i]?.results.push(result);
    for (const server of servers) await server.end();
  }
  return found;
}

/** All turns of all rounds. */
function turnsOf({ results }: Found): Turn[] {
  return results.flatMap(({ turns }) => turns);
}

/** Warns of servers that the load did not keep busy. */
function bottlenecks(found: readonly Found[]): string[] {
  return found.flatMap((one) => {
    const turns = turnsOf(one);
    const busy = median(turns.map((turn) => turn.serverBusy / turn.elapsed));
    const own = median(turns.map((turn) => turn.loadBusy / turn.elapsed));
    if (busy > 0.9 || own < 0.9) return [];
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    return [
      `the load was the bottleneck for ${one.name}: it was busy for ${percent(own)} of the time, the server for ${percent(busy)}`,
    ];
  });
}

function each(found: readonly Found[], of: (turn: Turn) => number): Named<number> {
  return found.map((one) => [one.name, turnsOf(one).map(of)]);
}

export async function exchange(
  variants: readonly Variant[],
  effort: Effort,
  sessions: number,
): Promise<Figure[]> {
  const found = await underLoad(variants, effort, FOREVER, 0, { kind: 'exchange', sessions });
  const name = `exchange, ${sessions} ${sessions === 1 ? 'session' : 'sessions'}`;
  const warnings = sessions === 1 ? [] : bottlenecks(found);
  const cpu = each(found, (turn) => turn.serverCpu / turn.count);
  const figures = [figure(name, 'µs of CPU', cpu, warnings)];
  if (sessions !== 100) return figures;
  const quantile = (of: 'p50' | 'p99'): Figure => {
    return figure(
      `round trip, 100 sessions, ${of}`,
      'ms',
      found.map(({ name: one, results }) => [one, results.map((result) => result[of])]),
    );
  };
  return [...figures, quantile('p50'), quantile('p99')];
}

/** The cost of inspection. An exchange is two facts. */
export async function inspection(effort: Effort): Promise<Figure[]> {
  const found = await underLoad(inspectionVariants(), effort, FOREVER, 0, {
    kind: 'exchange',
    sessions: 100,
  });
  const cpu = each(found, (turn) => turn.serverCpu / turn.count);
  return [figure('exchange under inspection, 100 sessions', 'µs of CPU', cpu, bottlenecks(found))];
}

/** The number of lines that the command line writes for one exchange, by mode. */
const LINES: { [name: string]: number } = {
  server: 2,
  'server --json': 2,
  'server --trace --quiet': 5,
};

/** The command line in its usual modes, and the cost of a line in each mode. */
export async function commandExchange(effort: Effort): Promise<Figure[]> {
  const found = await underLoad(commandVariants(), effort, FOREVER, 0, {
    kind: 'exchange',
    sessions: 100,
  });
  const cpu = each(found, (turn) => turn.serverCpu / turn.count);
  const exchanges = figure('exchange of the command line, 100 sessions', 'µs of CPU', cpu);
  const quiet = exchanges.measured.find(({ name }) => name === 'server --quiet')?.value ?? 0;
  const lines = exchanges.measured.flatMap(({ name, value }): [string, number[]][] => {
    const count = LINES[name];
    return count === undefined ? [] : [[name, [(value - quiet) / count]]];
  });
  return [
    { ...exchanges, warnings: bottlenecks(found) },
    figure('a line of the command line', 'µs of CPU', lines),
  ];
}

export async function conversation(
  variants: readonly Variant[],
  effort: Effort,
): Promise<Figure[]> {
  const found = await underLoad(variants, effort, 10, 0, { kind: 'conversation', sessions: 50 });
  const cpu = each(found, (turn) => turn.serverCpu / turn.count);
  return [figure('conversation of 10 rounds', 'µs of CPU', cpu, bottlenecks(found))];
}

export async function large(
  variants: readonly Variant[],
  effort: Effort,
  bytes: number,
): Promise<Figure[]> {
  const sessions = bytes > 2 ** 20 ? 2 : 16;
  const found = await underLoad(variants, effort, FOREVER, bytes, { kind: 'exchange', sessions });
  const size = bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 2 ** 10} KiB`;
  const rate = each(found, (turn) => turn.bytes / 2 ** 20 / (turn.elapsed / 1e6));
  return [figure(`messages of ${size}`, 'MiB/s', rate, bottlenecks(found))];
}

// ---------------------------------------------------------------------------------- memory

const IDLE_SESSIONS = 5_000;

export async function memory(variants: readonly Variant[], effort: Effort): Promise<Figure[]> {
  const values = variants.map(({ name }) => [name, []] as [string, number[]]);
  for (let i = 0; i < effort.repeats; i++) {
    for (const [at, variant] of variants.entries()) {
      values[at]?.[1].push(await memoryPerSession(variant));
    }
  }
  return [figure(`idle session, ${IDLE_SESSIONS} open`, 'bytes', values)];
}

/** Idle sessions of the command line. */
export async function commandMemory(effort: Effort): Promise<Figure[]> {
  const [figureOfMemory] = await memory(commandVariants(), effort);
  if (figureOfMemory === undefined) throw new Error('there is one figure of memory');
  return [{ ...figureOfMemory, name: `idle session of the command line, ${IDLE_SESSIONS} open` }];
}

async function memoryPerSession(variant: Variant): Promise<number> {
  const server = await Server.start(variant, FOREVER, 0);
  // The first sessions of a process allocate memory that later ones share.
  await holding(server, 500, () => Promise.resolve());
  await server.collect();
  const before = memoryOf(server.pid);
  let after = before;
  await holding(server, IDLE_SESSIONS, async () => {
    await server.collect();
    after = memoryOf(server.pid);
  });
  await server.end();
  return (after - before) / IDLE_SESSIONS;
}

/** Acts while this number of idle sessions is open. */
async function holding(
  { port, pid }: Server,
  sessions: number,
  act: () => Promise<void>,
): Promise<void> {
  const options: LoadOptions = {
    servers: [{ port, pid }],
    kind: 'idle',
    sessions,
    warmUps: 0,
    turns: 0,
    turn: 0,
  };
  const child = spawn(process.execPath, [script('load.js'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  await act();
  const gone = once(child, 'exit');
  child.stdin.end();
  await gone;
}

// --------------------------------------------------------------------------------- start-up

/** The start-up of the command line, beside a program that only imports `ws`. */
export async function startUp(effort: Effort): Promise<Figure[]> {
  const importing = "import 'ws'; process.stderr.write('Listening\\n')";
  const cli = script('../runners/lockstep.js');
  const commands: [string, string[]][] = [
    ['node importing ws', ['--input-type=module', '--eval', importing]],
    ['lockstep server', [cli, 'server', '--port', '0', '--once']],
  ];
  const values = commands.map(([name]) => [name, []] as [string, number[]]);
  for (let i = 0; i < effort.repeats * 5; i++) {
    for (const [at, [, args]] of commands.entries()) values[at]?.[1].push(await timeToListen(args));
  }
  return [figure('start-up', 'ms', values)];
}

async function timeToListen(args: readonly string[]): Promise<number> {
  const begun = performance.now();
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: script('../..'),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(child, 'exit');
  await firstLine(child, /Listening/);
  const taken = performance.now() - begun;
  child.kill();
  await gone;
  return taken;
}

// --------------------------------------------------------------------------------- isolated

export async function isolated(): Promise<Figure[]> {
  const { interpreted, compiled, alone } = await resultOf<IsolatedResult>('isolated.js');
  const values: Named<number> = [
    ['interpreted', [interpreted]],
    ["compiled, in XState's actor", [compiled]],
    ['compiled, as the sessions run', [alone]],
  ];
  return [figure('transitions of the machine alone', '1/s', values)];
}
