/**
 * A drawn chart in the document. Its classes and numbers follow a session.
 *
 * Rule 1. The SVG is parsed once. Afterwards only classes and numbers change.
 */
import { activeStates, type Chart } from '../../chart/model.js';
import type { SessionView } from '../sessionView.js';
import type { Drawn } from './drawer.js';
import { timesTaken, toneOf } from './format.js';

const SVG = 'http://www.w3.org/2000/svg';

/** A drawn chart in the document, with the elements that change. */
export class LiveDrawing {
  readonly svg: SVGSVGElement;
  readonly #states = new Map<string, Element>();
  /** The text of each state that stands above the edges. */
  readonly #texts = new Map<string, Element>();
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
    for (const element of this.svg.querySelectorAll<SVGElement>('[data-text-of]')) {
      this.#texts.set(element.dataset['textOf'] ?? '', element);
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
    for (const [id, element] of [...this.#states, ...this.#texts]) {
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
