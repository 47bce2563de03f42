/**
 * Draws the chart of a machine, ours or any other of XState 5, as SVG, Mermaid or JSON. The module
 * that exports the machine is imported, and so runs; the machine itself does not run.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import {
  type Chart,
  type CoverageMarks,
  chartOf,
  coverageMarks,
  fileStyle,
  layOut,
  mermaidOf,
  reasonNotToDraw,
  svgOf,
  type Taken,
} from '../chart/index.js';
import * as checks from '../machines/checks/index.js';
import {
  clientSession,
  type Explanation,
  opening,
  pings,
  serverSession,
} from '../machines/index.js';
import { explain, reasonOf, shownPath } from './explain.js';

/** The formats of a diagram. */
export type Format = 'svg' | 'mermaid' | 'json';

export interface DiagramOptions {
  /** `server`, `client`, `opening`, `pings`, or a module and what it exports: `./machine.js#name`. */
  machine: string;
  format: Format;
  /** A JSON file with the transitions that runs took, such as the output of the proof. */
  coverage?: string | undefined;
}

/** Why a machine cannot be drawn: the user can put it right. */
export class DrawingError extends Error {
  constructor(explanation: Explanation) {
    super(explain(explanation));
  }
}

const OURS = new Map<string, AnyStateMachine>([
  ['server', serverSession],
  ['client', clientSession],
  ['opening', opening],
  ['pings', pings],
  ['answerer', checks.answerer],
  ['busy', checks.busy],
  ['closing', checks.closing],
  ['delay', checks.delay],
  ['idle', checks.idle],
  ['inquiry', checks.inquiry],
  ['order', checks.order],
  ['passage', checks.passage],
  ['pinging', checks.pinging],
]);

/** Resolves with the diagram; rejects with a `DrawingError`. */
export async function diagramOf({ machine, format, coverage }: DiagramOptions): Promise<string> {
  const chart = readChart(OURS.get(machine) ?? (await importMachine(machine)), machine);
  const reason = format === 'json' ? undefined : reasonNotToDraw(chart);
  if (reason !== undefined) {
    throw new DrawingError({
      expected: `to draw ${machine}`,
      came: reason,
      remedy: 'mend the machine, or use --format json',
    });
  }
  const taken = coverage === undefined ? undefined : readTaken(coverage, chart);
  const marks: Partial<CoverageMarks> = taken === undefined ? {} : coverageMarks(chart, taken);
  switch (format) {
    case 'svg':
      return svgOf(layOut(chart, marks.notes), {
        style: fileStyle,
        ...(marks.classes && { classes: marks.classes }),
      });
    case 'mermaid':
      return mermaidOf(chart, marks.notes);
    case 'json':
      return `${JSON.stringify({ ...chart, ...(taken && { coverage: taken }) }, null, 2)}\n`;
  }
}

function readChart(machine: AnyStateMachine, name: string): Chart {
  try {
    return chartOf(machine);
  } catch (error) {
    throw new DrawingError({
      expected: `${name} to be a machine of XState 5`,
      came: `it cannot be read (${firstLineOf(error)})`,
      remedy: 'mend the machine',
    });
  }
}

async function importMachine(reference: string): Promise<AnyStateMachine> {
  const hash = reference.lastIndexOf('#');
  const path = hash === -1 ? reference : reference.slice(0, hash);
  const exported = await importModule(path);
  const machines = Object.keys(exported).filter((name) => isMachine(exported[name]));
  const name =
    hash === -1 && machines.length === 1 ? machines[0] : reference.slice(path.length + 1);
  const offer =
    machines.length === 0
      ? 'export a machine from the module'
      : `name a machine that it exports (${machines.join(', ')})`;
  if (name === undefined || name === '') {
    const expected = `the name of a machine after ${path}#`;
    throw new DrawingError({ expected, came: 'there is none', remedy: offer });
  }
  if (!Object.hasOwn(exported, name)) {
    const expected = `${path} to export ${name}`;
    throw new DrawingError({ expected, came: 'it does not', remedy: offer });
  }
  const machine = exported[name];
  if (isMachine(machine)) return machine;
  throw new DrawingError({
    expected: `${name} of ${path} to be a machine of XState 5`,
    came: `it is ${kindOf(machine)}`,
    remedy: offer,
  });
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    return await import(url);
  } catch (error) {
    const { code, url: missing } = Object(error) as { code?: string; url?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' && missing === url) {
      throw new DrawingError({
        expected: 'server, client, or a module such as ./machine.js#name',
        came: `there is no file ${shownPath(path)}`,
        remedy: 'check the path',
      });
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      const expected = `${path} to be JavaScript`;
      throw new DrawingError({ expected, came: 'it is not', remedy: 'compile it first' });
    }
    throw new DrawingError({
      expected: `to import ${path}`,
      came: `it threw (${firstLineOf(error)})`,
      remedy: 'mend the module',
    });
  }
}

/** `instanceof` would not do: the module may have its own copy of XState. */
function isMachine(value: unknown): value is AnyStateMachine {
  const { id, root } = (value ?? {}) as { id?: unknown; root?: { transitions?: unknown } };
  const transitions = root?.transitions as { keys?: unknown; get?: unknown } | undefined;
  return typeof id === 'string' && typeof transitions?.get === 'function';
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`;
}

/** Reads how often runs took the transitions of a machine. */
function readTaken(path: string, chart: Chart): Taken {
  const { coverage } = readJson(path) as { coverage?: Record<string, unknown> };
  if (typeof coverage !== 'object' || coverage === null) {
    throw new DrawingError({
      expected: `${path} to have a coverage`,
      came: 'it has none',
      remedy: 'name the output of npm run --silent proof -- --json',
    });
  }
  const known = Object.hasOwn(coverage, chart.id) ? coverage[chart.id] : undefined;
  if (known === undefined) {
    const others = Object.keys(coverage).join(', ') || 'no machine';
    throw uncovered(path, chart, `it covers ${others}`);
  }
  if (!isTaken(known)) throw uncovered(path, chart, 'its figures cannot be read');
  const ids = new Set(chart.transitions.map(({ id }) => id));
  const stranger = Object.keys({ ...known.taken, ...known.unreachable }).find((id) => !ids.has(id));
  if (stranger !== undefined) {
    throw uncovered(path, chart, `it has ${stranger}, which the machine has no longer`);
  }
  return known;
}

function uncovered(path: string, { id }: Chart, came: string): DrawingError {
  return new DrawingError({
    expected: `${path} to cover the machine ${id}`,
    came,
    remedy: 'run the proof of that machine anew',
  });
}

function isTaken(value: unknown): value is Taken {
  const { taken, unreachable } = (value ?? {}) as Partial<Taken>;
  const isRecord = (one: unknown, type: string): boolean =>
    typeof one === 'object' &&
    one !== null &&
    Object.values(one).every((each) => typeof each === type);
  return isRecord(taken, 'number') && isRecord(unreachable, 'string');
}

function readJson(path: string): object {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new DrawingError({
      expected: '--coverage to name a readable JSON file',
      came: `it does not (${firstLineOf(error)})`,
      remedy: 'check the path',
    });
  }
}

/** The first line of an error's reason. */
function firstLineOf(error: unknown): string {
  return reasonOf(error).split('\n')[0] as string;
}
