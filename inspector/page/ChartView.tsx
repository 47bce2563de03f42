/**
 * The chart of one session: its active states, its last transitions, how often each transition was taken, and
 * how many sessions of its machine are in each state.
 *
 * Rule 1. A chart is laid out and drawn once; afterwards only classes and numbers change.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { activeStates, type Chart } from '../../chart/model.js';
import { shortPathOf } from '../../chart/names.js';
import type { Fleet } from '../fleet.js';
import type { SessionView } from '../sessionView.js';
import type { Drawn } from './drawer.js';
import { drawingOf } from './drawings.js';
import { timesTaken, toneOf } from './format.js';
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

const SVG = 'http://www.w3.org/2000/svg';

/** A drawn chart in the document, with the elements that change. */
class Drawing {
  readonly svg: SVGSVGElement;
  readonly #states = new Map<string, Element>();
  readonly #edges: [element: Element, ids: string[]][] = [];
  readonly #labels = new Map<string, Element>();
  readonly #counts = new Map<string, SVGGElement>();
  readonly #hits = new Map<string, SVGTSpanElement>();

  constructor({ svg, corners }: Drawn) {
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    this.svg = document.importNode(parsed.documentElement as unknown as SVGSVGElement, true);
    for (const element of this.svg.querySelectorAll<SVGElement>('[data-state]')) {
      this.#states.set(element.dataset['state'] ?? '', element);
    }
    for (const element of this.svg.querySelectorAll<SVGElement>('[data-edge]')) {
      const ids = (element.dataset['edge'] ?? '').split(' ');
      this.#edges.push([element, ids.map((id) => id.replaceAll('%20', ' '))]);
    }
    for (const element of this.svg.querySelectorAll<SVGElement>('[data-transition]')) {
      this.#labels.set(element.dataset['transition'] ?? '', element);
    }
    for (const { id, x, y } of corners) this.#addCount(id, x, y);
    for (const [id, label] of this.#labels) {
      const span = document.createElementNS(SVG, 'tspan');
      span.classList.add('hits');
      label.append(span);
      this.#hits.set(id, span);
    }
  }

  /** Shows a session, and the counts of all. */
  show(chart: Chart, view: SessionView, counts: Map<string, number>): void {
    const active = new Set(activeStates(chart, view.state));
    const last = new Set(view.taken);
    const tone = toneOf(view);
    for (const [id, element] of this.#states) {
      const isActive = active.has(id);
      toggle(element, 'is-active', isActive);
      for (const one of TONES) toggle(element, one, isActive && one === tone);
    }
    for (const [element, ids] of this.#edges) {
      toggle(
        element,
        'is-taken',
        ids.some((id) => timesTaken(view, id) > 0),
      );
      toggle(
        element,
        'is-last',
        ids.some((id) => last.has(id)),
      );
    }
    for (const [id, element] of this.#labels) {
      toggle(element, 'is-taken', timesTaken(view, id) > 0);
      toggle(element, 'is-last', last.has(id));
    }
    for (const [id, span] of this.#hits) {
      const count = timesTaken(view, id);
      setText(span, count === 0 ? '' : ` ×${count}`);
    }
    for (const [id, group] of this.#counts) {
      const count = counts.get(id) ?? 0;
      toggle(group, 'is-empty', count === 0);
      setText(group.lastElementChild as Element, String(count));
      setWidth(group.firstElementChild as Element, 10 + 7 * String(count).length);
    }
  }

  /** Scrolls until a state is in view, with a margin. */
  reveal(id: string, scroller: Element): void {
    const box = this.#states.get(id)?.querySelector('.outline')?.getBoundingClientRect();
    if (box === undefined) return;
    const view = scroller.getBoundingClientRect();
    const left = shiftOf(box.left - view.left, box.width, view.width);
    const top = shiftOf(box.top - view.top, box.height, view.height);
    if (left !== 0 || top !== 0) scroller.scrollBy({ left, top });
  }

  #addCount(id: string, right: number, top: number): void {
    const group = document.createElementNS(SVG, 'g');
    group.classList.add('count');
    group.setAttribute('transform', `translate(${right} ${top})`);
    const plate = document.createElementNS(SVG, 'rect');
    plate.setAttribute('height', '16');
    plate.setAttribute('y', '-8');
    plate.setAttribute('rx', '8');
    const number = document.createElementNS(SVG, 'text');
    number.setAttribute('y', '4');
    number.setAttribute('text-anchor', 'middle');
    group.append(plate, number);
    this.svg.append(group);
    this.#counts.set(id, group);
  }
}

/** How far to scroll until a box is in the middle; 0 where it is in view with a margin. */
function shiftOf(start: number, size: number, room: number): number {
  const margin = Math.min(40, room / 8);
  const isSeen = start >= margin && start + size <= room - margin;
  return isSeen ? 0 : start + size / 2 - room / 2;
}

const TONES = ['idle', 'active', 'good', 'over', 'bad', 'warn'];

function toggle(element: Element, name: string, isOn: boolean): void {
  if (element.classList.contains(name) !== isOn) element.classList.toggle(name, isOn);
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setWidth(plate: Element, width: number): void {
  if (plate.getAttribute('width') === String(width)) return;
  plate.setAttribute('width', String(width));
  plate.setAttribute('x', String(-width / 2));
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
  const drawing = useMemo(() => (drawn ? new Drawing(drawn) : undefined), [drawn]);
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
