/** The drawn charts, by the names of their machines; each is asked for once. */
import { signal } from '@preact/signals';
import type { Chart } from '../../chart/model.js';
import type { Drawn, DrawRequest } from './drawer.js';

const drawn = signal<ReadonlyMap<string, Drawn>>(new Map());
const asked = new Set<string>();
const drawer = new Worker('drawer.js', { type: 'module' });

drawer.addEventListener('message', ({ data }: MessageEvent<Drawn>) => {
  drawn.value = new Map(drawn.value).set(data.key, data);
});

/** The drawing of a machine's chart; undefined until it is ready, which is a change of a signal. */
export function drawingOf(key: string, chart: Chart): Drawn | undefined {
  if (!asked.has(key)) {
    asked.add(key);
    drawer.postMessage({ key, chart } satisfies DrawRequest);
  }
  return drawn.value.get(key);
}
