/**
 * Lays charts out and draws them, as a worker: it takes longer than a frame, and the page goes on
 * meanwhile.
 */
import { layOut } from '../../chart/layout.js';
import type { Chart } from '../../chart/model.js';
import { svgOf } from '../../chart/svg.js';

/** A chart to draw, by a name of the page's choice. */
export interface DrawRequest {
  key: string;
  chart: Chart;
}

/** A drawn chart, in px, and where the upper right corners of its states are. */
export interface Drawn {
  key: string;
  svg: string;
  width: number;
  height: number;
  corners: { id: string; x: number; y: number }[];
}

addEventListener('message', ({ data }: MessageEvent<DrawRequest>) => {
  const layout = layOut(data.chart);
  const { width, height, boxes } = layout;
  const inner = boxes.filter(({ state }) => state !== layout.chart.root);
  const corners = inner.map((box) => ({ id: box.state.id, x: box.x + box.width, y: box.y }));
  const drawn: Drawn = { key: data.key, svg: svgOf(layout), width, height, corners };
  postMessage(drawn);
});
