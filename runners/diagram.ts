/**
 * `lockstep diagram`: the chart of a machine, ours or any other of XState 5, as SVG, Mermaid or JSON.
 * Nothing of the machine is run; the module that exports it is imported, as it must be.
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
import { clientSession, serverSession } from '../machines/index.js';

/** What a chart can be drawn as. */
export type Format = 'svg' | 'mermaid' | 'json';

export interface DiagramOptions {
  /** `server`, `client`, or a module and what it exports: `./machine.js#name`. */
  machine: string;
  format: Format;
  /** A file with what runs took, such as the JSON of the proof. */
  coverage?: string | undefined;
}

/** What the user can put right; the message says how. */
export class DiagramError extends Error {}

const OURS = new Map<string, AnyStateMachine>([
  ['server', serverSession],
  ['client', clientSession],
]);

/** Resolves with the diagram; rejects with a `DiagramError`. */
export async function diagramOf({ machine, format, coverage }: DiagramOptions): Promise<string> {
  const chart = readChart(OURS.get(machine) ?? (await importMachine(machine)), machine);
  const reason = format === 'json' ? undefined : reasonNotToDraw(chart);
  if (reason !== undefined) {
    throw new DiagramError(`expected to draw ${machine}, but cannot: ${reason}`);
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
    throw new DiagramError(
      `expected ${name} to be a machine of XState 5, but it cannot be read: ${messageOf(error)}`,
    );
  }
}

async function importMachine(reference: string): Promise<AnyStateMachine> {
  const hash = reference.lastIndexOf('#');
  const path = hash === -1 ? reference : reference.slice(0, hash);
  const exported = await importModule(path);
  const machines = Object.keys(exported).filter((name) => isMachine(exported[name]));
  const name =
    hash === -1 && machines.length === 1 ? machines[0] : reference.slice(path.length + 1);
  const offer = machines.length === 0 ? 'no machine' : machines.join(', ');
  if (name === undefined || name === '') {
    throw new DiagramError(
      `expected the name of a machine after ${path}#, which exports ${offer}: add it`,
    );
  }
  if (!Object.hasOwn(exported, name)) {
    throw new DiagramError(`expected ${path} to export ${name}, but it exports ${offer}`);
  }
  const machine = exported[name];
  if (isMachine(machine)) return machine;
  throw new DiagramError(
    `expected ${name} of ${path} to be a machine of XState 5, but it is ${kindOf(machine)}; it exports ${offer}`,
  );
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    return await import(url);
  } catch (error) {
    const { code, url: missing } = error as { code?: string; url?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' && missing === url) {
      throw new DiagramError(
        `expected server, client, or a module such as ./machine.js#name, but there is no file ${path}`,
      );
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new DiagramError(`expected ${path} to be JavaScript: compile it first`);
    }
    throw new DiagramError(`expected to import ${path}, but it threw: ${messageOf(error)}`);
  }
}

/** Not by `instanceof`: the module may have a copy of XState of its own. */
function isMachine(value: unknown): value is AnyStateMachine {
  const { id, root } = (value ?? {}) as { id?: unknown; root?: { transitions?: unknown } };
  const transitions = root?.transitions as { keys?: unknown; get?: unknown } | undefined;
  return typeof id === 'string' && typeof transitions?.get === 'function';
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`;
}

/** Reads what runs took of the machine with this chart. */
function readTaken(path: string, chart: Chart): Taken {
  const { coverage } = readJson(path) as { coverage?: Record<string, unknown> };
  if (typeof coverage !== 'object' || coverage === null) {
    throw new DiagramError(
      `expected ${path} to have a coverage, as the output of npm run --silent proof -- --json has, but it has none`,
    );
  }
  const known = Object.hasOwn(coverage, chart.id) ? coverage[chart.id] : undefined;
  if (known === undefined) {
    const others = Object.keys(coverage).join(', ') || 'no machine';
    throw new DiagramError(
      `expected ${path} to cover the machine ${chart.id}, but it covers ${others}`,
    );
  }
  if (!isTaken(known)) {
    throw new DiagramError(
      `expected ${path} to cover the machine ${chart.id}, but what it says of it cannot be read: make it anew`,
    );
  }
  const ids = new Set(chart.transitions.map(({ id }) => id));
  const stranger = Object.keys({ ...known.taken, ...known.unreachable }).find((id) => !ids.has(id));
  if (stranger !== undefined) {
    throw new DiagramError(
      `expected ${path} to cover ${chart.id} as it is now, but it speaks of ${stranger}: make it anew`,
    );
  }
  return known;
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
    throw new DiagramError(`expected --coverage to name a readable JSON file: ${messageOf(error)}`);
  }
}

/** The first line of what was thrown. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] as string;
}
