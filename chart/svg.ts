/**
 * Draws a layout as the text of an SVG.
 *
 * Rule 1. A box is `<g class="state" data-state="ID">`, an edge `<g class="edge" data-edge="ID ID">`,
 *         a row that shows a transition `<g class="row" data-edge="ID">`, a space in an id being `%20`.
 *         The text of a transition is `<text data-transition="ID">`, with the id as it is.
 *         Edges may cross the text of a box with boxes in it. So this text stands above the edges, in
 *         `<g class="above" data-text-of="ID">`, and a style sheet gives it a halo in the colour of the box.
 * Rule 2. A drawing has classes and no colours. A style sheet gives them: the page's, or the option `style`.
 * Rule 3. All text of a machine is escaped.
 */

import type { Point } from './geometry.js';
import { conditionOf, LINE_HEIGHT, TEXT_SIZE, type TextItem } from './labels.js';
import type { Box, Edge, Layout } from './layout.js';
import type { ChartTransition } from './model.js';

/** Options of a drawing. */
export interface SvgOptions {
  /** A style sheet inside the SVG, for a file of its own. */
  style?: string;
  /** Classes of transitions by their ids, such as `taken`. */
  classes?: ReadonlyMap<string, string>;
}

const CORNER = 6;
const HEAD = { length: 8, half: 3.5 };
/** From the top of a line of text to its baseline. */
const BASELINE = 11;
const ROW_INSET = 10;

/** Draws a layout, as a whole SVG document. */
export function svgOf(layout: Layout, options: SvgOptions = {}): string {
  const { width, height, boxes, edges, starts, chart } = layout;
  const pen = new Pen(chart.transitions, options.classes ?? new Map());
  const summary = `State chart of ${chart.id}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="${escaped(summary)}"` +
      ` width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...(options.style === undefined ? [] : [`<style>${options.style}</style>`]),
    ...boxes.map((box) => pen.box(box)),
    ...starts.map(({ x, y }) => `<circle class="start" cx="${px(x)}" cy="${px(y)}" r="5"/>`),
    ...edges.map((edge) => pen.edge(edge)),
    ...boxes.filter(hasBoxes).map((box) => pen.textOver(box)),
    '</svg>',
    '',
  ].join('\n');
}

class Pen {
  readonly #transitions: ReadonlyMap<string, ChartTransition>;
  readonly #classes: ReadonlyMap<string, string>;

  constructor(transitions: readonly ChartTransition[], classes: ReadonlyMap<string, string>) {
    this.#transitions = new Map(transitions.map((one) => [one.id, one]));
    this.#classes = classes;
  }

  box(box: Box): string {
    const { state, x, y, width, rows, isRegion } = box;
    const classes = ['state', state.type, ...(isRegion ? ['region'] : [])].join(' ');
    return [
      `<g class="${classes}" data-state="${escaped(state.id)}">${tooltipOf(box)}`,
      ...(state.type === 'history'
        ? [`<rect class="outline" ${area(box, 0)} rx="${px(width / 2)}"/>`]
        : [`<rect class="outline" ${area(box, 0)} rx="8"/>`]),
      ...(state.type === 'final' ? [`<rect class="double" ${area(box, 3)} rx="5"/>`] : []),
      ...(rows.length > 0 || hasBoxes(box)
        ? [`<path class="divider" d="M${px(x)} ${px(y + 26)}h${px(width)}"/>`]
        : []),
      ...(hasBoxes(box) ? [] : this.#textOf(box)),
      '</g>',
    ].join('');
  }

  textOver(box: Box): string {
    const { id, type } = box.state;
    const text = this.#textOf(box).join('');
    return `<g class="above ${type}" data-text-of="${escaped(id)}">${tooltipOf(box)}${text}</g>`;
  }

  #textOf(box: Box): string[] {
    const { x, y, rows } = box;
    return [titleOf(box), ...this.#rows(rows, { x: x + ROW_INSET, y: y + 30 })];
  }

  edge({ transitions, points, label }: Edge): string {
    const classes = ['edge', ...this.#classesOf(transitions)].join(' ');
    const data = transitions.map((id) => id.replaceAll(' ', '%20')).join(' ');
    const known = data === '' ? '' : ` data-edge="${escaped(data)}"`;
    return [
      `<g class="${classes}"${known}>`,
      ...(data === '' ? [] : [`<title>${escaped(this.#about(transitions))}</title>`]),
      `<path class="line" d="${lineOf(points)}"/><path class="head" d="${headOf(points)}"/>`,
      ...(label === undefined
        ? []
        : [`<rect class="paper" ${area(label, 2)} rx="3"/>`, ...this.#label(label)]),
      '</g>',
    ].join('');
  }

  #rows(rows: readonly TextItem[], at: Point): string[] {
    let { y } = at;
    return rows.map((item) => {
      const text = this.#text(item, { x: at.x, y }, 'start');
      y += item.lines.length * LINE_HEIGHT;
      const { transition } = item;
      if (transition === undefined) return text;
      const data = escaped(transition.replaceAll(' ', '%20'));
      const classes = ['row', ...this.#classesOf([transition])].join(' ');
      return `<g class="${classes}" data-edge="${data}"><title>${escaped(this.#about([transition]))}</title>${text}</g>`;
    });
  }

  #label({ x, y, width, height, items }: NonNullable<Edge['label']>): string[] {
    const lines = items.reduce((sum, item) => sum + item.lines.length, 0);
    let top = y + (height - lines * LINE_HEIGHT) / 2;
    return items.map((item) => {
      const text = this.#text(item, { x: x + width / 2, y: top }, 'middle');
      top += item.lines.length * LINE_HEIGHT;
      return text;
    });
  }

  #text(
    { kind, lines, transition }: TextItem,
    { x, y }: Point,
    anchor: 'start' | 'middle',
  ): string {
    const ids = transition === undefined ? [] : [transition];
    const data = ids.map((id) => ` data-transition="${escaped(id)}"`).join('');
    const classes = [kind, ...this.#classesOf(ids)].join(' ');
    const spans = lines.map((line, index) => {
      return `<tspan x="${px(x)}" y="${px(y + BASELINE + index * LINE_HEIGHT)}">${escaped(line)}</tspan>`;
    });
    return `<text class="${classes}" text-anchor="${anchor}" font-size="${TEXT_SIZE}"${data}>${spans.join('')}</text>`;
  }

  #classesOf(ids: readonly string[]): string[] {
    return [...new Set(ids.flatMap((id) => this.#classes.get(id) ?? []))];
  }

  #about(ids: readonly string[]): string {
    const lines = ids.map((id) => {
      const one = this.#transitions.get(id) as ChartTransition;
      const actions = one.actions.length === 0 ? '' : ` / ${one.actions.join(', ')}`;
      const description = one.description === undefined ? '' : `: ${one.description}`;
      return `${conditionOf(one)}${actions}${description}`;
    });
    return lines.join('\n');
  }
}

function hasBoxes({ state }: Box): boolean {
  return state.children.length > 0;
}

function tooltipOf({ state: { id, description } }: Box): string {
  const about = description === undefined ? id : `${id}: ${description}`;
  return `<title>${escaped(about)}</title>`;
}

function titleOf(box: Box): string {
  const { state, x, y, width, height, rows } = box;
  const middle = x + width / 2;
  if (state.type === 'history') {
    const letter = state.history === 'deep' ? 'H*' : 'H';
    return text(letter, middle, y + height / 2 + 4, 'middle');
  }
  const isPlain = rows.length === 0 && !hasBoxes(box);
  if (isPlain) return text(state.key, middle, y + height / 2 + 4.5, 'middle');
  return text(state.key, x + ROW_INSET, y + 18, 'start');
}

function text(words: string, x: number, y: number, anchor: 'start' | 'middle'): string {
  return `<text class="title" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** The attributes of a rectangle that is `by` px smaller on each side. */
function area(
  { x, y, width, height }: Pick<Box, 'x' | 'y' | 'width' | 'height'>,
  by: number,
): string {
  return `x="${px(x + by)}" y="${px(y + by)}" width="${px(width - 2 * by)}" height="${px(height - 2 * by)}"`;
}

/** A line through points, with round corners, that ends where the arrowhead begins. */
function lineOf(points: readonly Point[]): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  const end = towards(points.at(-1) as Point, points.at(-2) as Point, HEAD.length - 1);
  const way = [first, ...rest.slice(0, -1), end];
  const parts = [`M${at(first)}`];
  for (let index = 1; index < way.length - 1; index++) {
    const [before, corner, after] = way.slice(index - 1, index + 2) as [Point, Point, Point];
    const radius = Math.min(CORNER, distance(before, corner) / 2, distance(corner, after) / 2);
    parts.push(`L${at(towards(corner, before, radius))}`);
    parts.push(`Q${at(corner)} ${at(towards(corner, after, radius))}`);
  }
  return `${parts.join('')}L${at(end)}`;
}

function headOf(points: readonly Point[]): string {
  const tip = points.at(-1) as Point;
  const base = towards(tip, points.at(-2) as Point, HEAD.length);
  const across = {
    x: ((tip.y - base.y) * HEAD.half) / HEAD.length,
    y: ((base.x - tip.x) * HEAD.half) / HEAD.length,
  };
  const left = { x: base.x + across.x, y: base.y + across.y };
  const right = { x: base.x - across.x, y: base.y - across.y };
  return `M${at(left)}L${at(tip)}L${at(right)}z`;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function towards(from: Point, to: Point, by: number): Point {
  const share = by / distance(from, to);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function at({ x, y }: Point): string {
  return `${px(x)} ${px(y)}`;
}

/** A number, to a tenth of a pixel. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(words: string): string {
  // XML cannot hold these characters, not even escaped: U+FFFD stands for them.
  const legal = words
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
  return legal.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
