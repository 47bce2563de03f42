/**
 * The drawn charts by the keys of their machines. The page asks the drawer for each once.
 *
 * Rule 1. The worker has one chart at a time. When a chart takes longer than `DRAW_MS`, the page ends the worker,
 *         and another worker draws the rest.
 * Rule 2. The page keeps at most as many drawings as machines.
 */
import { signal } from '@preact/signals';
import type { Chart } from '../../chart/model.js';
import { KEPT_MACHINES } from '../bounds.js';
import type { Drawn, DrawRequest, Undrawn } from './drawer.js';

const DRAW_MS = 20_000;

const answers = signal<ReadonlyMap<string, Drawn | Undrawn>>(new Map());
const asked = new Set<string>();
const waiting: DrawRequest[] = [];
let drawer: Worker | undefined;
let isBusy = false;

/** The drawing of a machine's chart; undefined until it is ready. Then a signal changes. */
export function drawingOf(key: string, chart: Chart): Drawn | Undrawn | undefined {
  if (!asked.has(key)) {
    asked.add(key);
    waiting.push({ key, chart });
    drawNext();
  }
  return answers.value.get(key);
}

function drawNext(): void {
  if (isBusy) return;
  const request = waiting.shift();
  if (request === undefined) return;
  isBusy = true;
  drawer ??= new Worker('drawer.js', { type: 'module' });
  const worker = drawer;
  const done = (answer: Drawn | Undrawn): void => {
    clearTimeout(limit);
    worker.onmessage = null;
    worker.onerror = null;
    isBusy = false;
    keep(answer);
    drawNext();
  };
  const giveUp = (reason: string): void => {
    worker.terminate();
    drawer = undefined;
    done({ key: request.key, reason });
  };
  const limit = setTimeout(() => giveUp(`it took longer than ${DRAW_MS / 1_000} s`), DRAW_MS);
  worker.onmessage = ({ data }: MessageEvent<Drawn | Undrawn>) => done(data);
  worker.onerror = ({ message }) => giveUp(message);
  worker.postMessage(request);
}

function keep(answer: Drawn | Undrawn): void {
  const next = new Map(answers.value).set(answer.key, answer);
  for (const key of next.keys()) {
    if (next.size <= KEPT_MACHINES) break;
    next.delete(key);
    asked.delete(key);
  }
  answers.value = next;
}
