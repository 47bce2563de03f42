/**
 * The chart of one session: its active states, its last transitions, how often each transition was taken, and
 * how many sessions of its machine are in each state.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { activeStates, type Chart } from '../../chart/model.js';
import { shortPathOf } from '../../chart/names.js';
import type { Fleet } from '../fleet.js';
import type { SessionView } from '../sessionView.js';
import { drawingOf } from './drawings.js';
import { toneOf } from './format.js';
import { LiveDrawing } from './liveDrawing.js';
import { shown } from './store.js';

/** How many sessions of a machine are in each state. */
function countsOf(fleet: Fleet, machine: string, chart: Chart): Map<string, number> {
  const states = new Map<string, number>();
  for (const view of fleet.sessions.values()) {
    if (view.machine === machine) states.set(view.state, (states.get(view.state) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  for (const [state, count] of states) {
    for (const id of activeStates(chart, state)) counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return counts;
}

const ZOOM_STEP = 1.25;
/** The smallest scale at which the text can be read. */
const READABLE = 0.78;

const NO_CHART = 'its machine was not told, or there was no room for it';

interface Props {
  view: SessionView;
  isChosen: boolean;
}

export function ChartView({ view, isChosen }: Props) {
  const { fleet } = shown.value;
  const machine = fleet.machines.get(view.machine);
  const chart = machine?.chart;
  const place = useRef<HTMLDivElement>(null);
  const answer = chart && drawingOf(view.machine, chart);
  const drawn = answer && 'svg' in answer ? answer : undefined;
  const reason = chart ? answer && 'reason' in answer && answer.reason : NO_CHART;
  const drawing = useMemo(() => (drawn ? new LiveDrawing(drawn) : undefined), [drawn]);
  const [zoom, setZoom] = useState<number | 'fit'>(READABLE);

  useLayoutEffect(() => {
    place.current?.replaceChildren(...(drawing ? [drawing.svg] : []));
  }, [drawing]);

  useLayoutEffect(() => {
    if (!drawing || !drawn) return;
    const { svg } = drawing;
    svg.classList.toggle('is-fit', zoom === 'fit');
    svg.style.width = zoom === 'fit' ? '' : `${drawn.width * zoom}px`;
    svg.style.height = zoom === 'fit' ? '' : `${drawn.height * zoom}px`;
  }, [drawing, drawn, zoom]);

  useLayoutEffect(() => {
    if (drawing && chart) drawing.show(chart, view, countsOf(fleet, view.machine, chart));
  });

  // Scrolls to the active state only where it is out of view.
  useLayoutEffect(() => {
    if (!drawing || !chart || !place.current || zoom === 'fit') return;
    drawing.reveal(activeStates(chart, view.state).at(-1) ?? '', place.current);
  }, [drawing, view.key, view.state, zoom]);

  const zoomBy = (factor: number): void => {
    const { width = 0, height = 0 } = place.current?.getBoundingClientRect() ?? {};
    const fit = drawn ? Math.min(width / drawn.width, height / drawn.height) : 1;
    setZoom(Math.max(0.2, Math.min((zoom === 'fit' ? fit : zoom) * factor, 4)));
  };

  const tone = toneOf(view);
  return (
    <figure class={`chart-view${isChosen ? ' is-chosen' : ''}`}>
      <figcaption>
        <b class="who">{view.name}</b>
        <span class={`chip ${tone}`} title={view.state}>
          <span class={`mark ${tone}`} aria-hidden="true" />
          {shortPathOf(view.state) || 'made'}
        </span>
        <LastTaken chart={chart} view={view} />
        <span class="zoom">
          <button type="button" onClick={() => zoomBy(1 / ZOOM_STEP)} aria-label="Zoom out">
            −
          </button>
          <button
            type="button"
            aria-label="Fit the chart"
            aria-pressed={zoom === 'fit'}
            onClick={() => setZoom(zoom === 'fit' ? READABLE : 'fit')}
          >
            Fit
          </button>
          <button type="button" onClick={() => zoomBy(ZOOM_STEP)} aria-label="Zoom in">
            +
          </button>
        </span>
      </figcaption>
      {reason && (
        <p class="callout warn">
          <span class="mark warn" aria-hidden="true" />
          This chart cannot be drawn: {reason}.
        </p>
      )}
      <div
        ref={place}
        class="canvas"
        tabIndex={0}
        role="group"
        aria-label={`Chart of ${view.name}: in ${view.state || 'no state yet'}`}
      />
    </figure>
  );
}

/** The transitions of the last step, in words. */
function LastTaken({ chart, view }: { chart: Chart | undefined; view: SessionView }) {
  const { last, taken } = view;
  if (taken.length === 0 && last !== null && last.type !== 'xstate.init') {
    return <span class="taken">{last.type} was not handled</span>;
  }
  return (
    <span class="taken">
      {taken.map((id, n) => {
        const one = chart?.transitions.find((transition) => transition.id === id);
        return (
          <span key={id}>
            {n > 0 && ', then '}
            {one?.cause}
            {one?.guard !== undefined && <span class="guard"> [{one.guard}]</span>}
          </span>
        );
      })}
    </span>
  );
}
