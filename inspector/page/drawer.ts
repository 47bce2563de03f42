/**
 * The drawer: a worker that lays charts out and draws them. A drawing takes longer than a frame, and must not
 * stop the page.
 */
import { reasonNotToDraw } from '../../chart/check.js';
import { layOut } from '../../chart/layout.js';
import type { Chart } from '../../chart/model.js';
import { svgOf } from '../../chart/svg.js';

/** A chart to draw, with a key of the page's choice. */
export interface DrawRequest {
  key: string;
  chart: Chart;
}

/** A drawn chart, in px, with the upper right corners of its states. */
export interface Drawn {
  key: string;
  svg: string;
  width: number;
  height: number;
  corners: { id: string; x: number; y: number }[];
}

/** A chart that cannot be drawn, with the reason. */
export interface Undrawn {
  key: string;
  reason: string;
}

addEventListener('message', ({ data }: MessageEvent<DrawRequest>) => {
  postMessage(answerTo(data));
});

function answerTo({ key, chart }: DrawRequest): Drawn | Undrawn {
  const reason = reasonNotToDraw(chart);
  if (reason !== undefined) return { key, reason };
  try {
    return draw(key, chart);
  } catch (error) {
    return { key, reason: error instanceof Error ? error.message : String(error) };
  }
}

function draw(key: string, chart: Chart): Drawn {
  const layout = layOut(chart);
  const { width, height, boxes } = layout;
  const inner = boxes.filter(({ state }) => state !== layout.chart.root);
  const corners = inner.map((box) => ({ id: box.state.id, x: box.x + box.width, y: box.y }));
  return { key, svg: svgOf(layout), width, height, corners };
}
