/**
 * The text of a chart: the rows in a box and the label of an edge, line by line, and the room they take.
 *
 * Rule 1. Text is measured by `metrics.ts`, and broken at spaces. No browser is asked.
 */
import type { Size } from './geometry.js';
import { widthOf, wrap } from './metrics.js';
import { type ChartState, type ChartTransition, isIgnored } from './model.js';

/** Text that is added to a transition or to the rows of a state, by the id of either. */
export type Notes = ReadonlyMap<string, string>;

export const TITLE_SIZE = 13;
export const TEXT_SIZE = 11;
export const LINE_HEIGHT = 14;

/** Wider text is broken into lines, in px. A compound state has more room. */
const LONGEST_ROW = 160;
const LONGEST_OUTER_ROW = 400;
const LONGEST_LABEL = 180;

/** A row of a box, or one transition in the label of an edge. */
export interface TextItem {
  kind: 'entry' | 'exit' | 'invoke' | 'tags' | 'note' | 'inner' | 'ignored' | 'label';
  lines: string[];
  /** The id of the transition that it shows. */
  transition?: string;
}

/** The rows of a state: its own actions, and the transitions that do not leave it. */
export function stateRows(
  state: ChartState,
  transitions: readonly ChartTransition[],
  notes: Notes,
): TextItem[] {
  const { tags, invokes, entry, exit } = state;
  const longest = state.children.length === 0 ? LONGEST_ROW : LONGEST_OUTER_ROW;
  const note = notes.get(state.id);
  const own: [TextItem['kind'], string][] = [
    ...(note === undefined ? [] : [['note', note] as const]),
    ...(tags.length > 0 ? [['tags', tags.map((tag) => `#${tag}`).join(' ')] as const] : []),
    ...invokes.map((name) => ['invoke', `invoke / ${name}`] as const),
    ...(entry.length > 0 ? [['entry', `entry / ${entry.join(', ')}`] as const] : []),
    ...(exit.length > 0 ? [['exit', `exit / ${exit.join(', ')}`] as const] : []),
  ].map(([kind, text]) => [kind, text]);
  const inner = transitions
    .filter(({ source, targets }) => source === state.id && targets.length === 0)
    .map((one): TextItem => {
      const words = conditionOf(one);
      const text = isIgnored(one) ? `ignores ${words}` : `${words} / ${one.actions.join(', ')}`;
      const kind = isIgnored(one) ? 'ignored' : 'inner';
      const lines = linesOf(text, longest, notes.get(one.id));
      return { kind, lines, transition: one.id };
    });
  return [
    ...own.map(([kind, text]): TextItem => ({ kind, lines: linesOf(text, longest) })),
    ...inner,
  ];
}

/** The label of an edge: its transitions, in the order in which XState tries them. */
export function edgeLabel(transitions: readonly ChartTransition[], notes: Notes): TextItem[] {
  return transitions
    .map((one): TextItem => {
      const lines = linesOf(conditionOf(one), LONGEST_LABEL, notes.get(one.id));
      return { kind: 'label', lines, transition: one.id };
    })
    .filter(({ lines }) => lines.some((line) => line !== ''));
}

/** The cause of a transition, with its guard in brackets. */
export function conditionOf({ id, source, cause, guard }: ChartTransition): string {
  // The default transition of a history state has no cause.
  if (id.startsWith(`${source}/xstate.history/`)) return '';
  return guard === undefined ? cause : `${cause} [${guard}]`;
}

function linesOf(text: string, longest: number, note = ''): string[] {
  return wrap(note === '' ? text : `${text} ${note}`, TEXT_SIZE, longest);
}

/** The room that items take, one below the other, in px. */
export function sizeOf(items: readonly TextItem[]): Size {
  const lines = items.flatMap((item) => item.lines);
  const widths = lines.map((line) => widthOf(line, TEXT_SIZE));
  return { width: Math.max(0, ...widths), height: lines.length * LINE_HEIGHT };
}
