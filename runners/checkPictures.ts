/**
 * The pictures of a check's page: the phases of the opening as a waterfall, and the silences of `idle`.
 *
 * Rule 1. A picture is inline SVG without a viewBox: bars stretch in percent, and text keeps its size.
 * Rule 2. A picture says nothing that the text beside it does not: it has one label for its readers.
 */
import { msInWords } from '../machines/checks/index.js';
import type { Phases } from '../machines/index.js';
import { html, type Markup } from './html.js';

/** The height of a row, with its words above its bar, in px. */
const ROW = 44;

/** One bar: its words, where it lies in percent of the width, and how it is drawn. */
interface Bar {
  words: string;
  from: number;
  to: number;
  kind: 'phase' | 'silent' | 'kept' | 'lost';
}

function chartOf(label: string, bars: readonly Bar[], marks: readonly number[] = []): Markup {
  const height = bars.length * ROW;
  const rows = bars.map(({ words, from, to, kind }, n) => {
    const top = n * ROW;
    return html`<text x="0" y="${top + 16}">${words}</text><rect class="track" x="0" y="${top + 22}" width="100%" height="14" rx="3"/><rect class="${kind}" x="${percent(from)}" y="${top + 22}" width="${percent(Math.max(0.5, to - from))}" height="14" rx="3"/>`;
  });
  const lines = marks.map(
    (at) =>
      html`<line class="mark" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="${height}"/>`,
  );
  return html`<svg role="img" aria-label="${label}" width="100%" height="${height}">${lines}${rows}</svg>`;
}

function percent(part: number): string {
  return `${Math.round(part * 10) / 10}%`;
}

const NAMES: { readonly [phase in keyof Phases]-?: string } = {
  name: 'name lookup',
  tcp: 'TCP',
  unix: 'Unix socket',
  proxy: 'tunnel of the proxy',
  tls: 'TLS',
  upgrade: 'upgrade',
};

/** The phases of an opening, each where the one before ends. */
export function waterfall(phases: Phases): Markup {
  const finished = (Object.keys(NAMES) as (keyof Phases)[]).flatMap((phase) => {
    const ms = phases[phase]?.ms;
    return ms === undefined ? [] : [{ phase, ms }];
  });
  const total = finished.reduce((sum, { ms }) => sum + ms, 0);
  if (total === 0) return html``;
  let begun = 0;
  const bars = finished.map(({ phase, ms }): Bar => {
    const from = (begun / total) * 100;
    begun += ms;
    const words = `${NAMES[phase]}: ${msInWords(ms)}`;
    return { words, from, to: (begun / total) * 100, kind: 'phase' };
  });
  const label = `The phases of the opening: ${bars.map(({ words }) => words).join(', ')}.`;
  return chartOf(label, bars);
}

/** What the picture needs of the facts of `idle`. */
interface IdleFacts {
  cutAfterMs: number | null;
  cutBy: string | null;
  borneMs?: number;
  keptAliveBy: readonly string[];
  notKeptAliveBy?: readonly string[];
}

/** How long silence is borne, and which signs of life keep the connection. */
export function idlePicture(facts: { readonly [name: string]: unknown }): Markup {
  if (!isIdle(facts)) return html``;
  const { cutAfterMs, cutBy, borneMs = 0, keptAliveBy, notKeptAliveBy = [] } = facts;
  if (cutAfterMs === null) {
    const words = `silence: borne for ${msInWords(borneMs)}`;
    return chartOf(words, [{ words, from: 0, to: 100, kind: 'kept' }]);
  }
  // A connection that is kept outlasts the cut: its bar goes on to the edge.
  const cutAt = keptAliveBy.length > 0 ? 60 : 95;
  const ended = `cut after ${msInWords(cutAfterMs)}`;
  const bars: Bar[] = [
    {
      words: `silence: ${ended} by ${WORDS[cutBy ?? ''] ?? 'the path'}`,
      from: 0,
      to: cutAt,
      kind: 'silent',
    },
    ...notKeptAliveBy.map((words): Bar => {
      return { words: `${words}: ${ended}`, from: 0, to: cutAt, kind: 'lost' };
    }),
    ...keptAliveBy.map((words): Bar => {
      return { words: `${words}: kept alive`, from: 0, to: 100, kind: 'kept' };
    }),
  ];
  const label = `How long the connection lasts: ${bars.map(({ words }) => words).join(', ')}.`;
  return chartOf(label, bars, [cutAt]);
}

const WORDS: { readonly [cutBy: string]: string } = {
  fin: 'a FIN',
  reset: 'a reset',
  close: 'a Close frame',
  silence: 'nothing: no word comes',
};

function isIdle(facts: object): facts is IdleFacts {
  return 'cutAfterMs' in facts && 'keptAliveBy' in facts;
}
