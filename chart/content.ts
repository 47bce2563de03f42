/** What stands in a box and on an edge, line by line, and how much room that takes. */
import type { Size } from './geometry.js';
import { type ChartState, type ChartTransition, isIgnored } from './model.js';
import { widthOf, wrap } from './text.js';

/** What is added to the text of a transition or the rows of a state, by its id. */
export type Notes = ReadonlyMap<string, string>;

export const TITLE_SIZE = 13;
export const TEXT_SIZE = 11;
export const LINE_HEIGHT = 14;
/** From the top of a line to its baseline. */

/** Text that is wider goes on in a new line; a state with states in it has more room. */
const LONGEST_ROW = 160;
const LONGEST_OUTER_ROW = 400;
const LONGEST_LABEL = 180;

/** A row of a box, or one transition in the label of an edge. */
export interface Item {
  kind: 'entry' | 'exit' | 'invoke' | 'tags' | 'note' | 'inner' | 'ignored' | 'label';
  lines: string[];
  /** The id of the transition that it shows. */
  transition?: string;
}

/** The rows of a state: what it does, and what it does or ignores without leaving. */
export function rowsOf(
  state: ChartState,
  transitions: readonly ChartTransition[],
  notes: Notes,
): Item[] {
  const { tags, invokes, entry, exit } = state;
  const longest = state.children.length === 0 ? LONGEST_ROW : LONGEST_OUTER_ROW;
  const note = notes.get(state.id);
  const own: [Item['kind'], string][] = [
    ...(note === undefined ? [] : [['note', note] as const]),
    ...(tags.length > 0 ? [['tags', tags.map((tag) => `#${tag}`).join(' ')] as const] : []),
    ...invokes.map((name) => ['invoke', `invoke / ${name}`] as const),
    ...(entry.length > 0 ? [['entry', `entry / ${entry.join(', ')}`] as const] : []),
    ...(exit.length > 0 ? [['exit', `exit / ${exit.join(', ')}`] as const] : []),
  ].map(([kind, text]) => [kind, text]);
  const inner = transitions
    .filter(({ source, targets }) => source === state.id && targets.length === 0)
    .map((one): Item => {
      const words = conditionOf(one);
      const text = isIgnored(one) ? `ignores ${words}` : `${words} / ${one.actions.join(', ')}`;
      const kind = isIgnored(one) ? 'ignored' : 'inner';
      const lines = linesOf(text, longest, notes.get(one.id));
      return { kind, lines, transition: one.id };
    });
  return [...own.map(([kind, text]): Item => ({ kind, lines: linesOf(text, longest) })), ...inner];
}

/** The label of an edge: what leads along it, in the order in which XState asks. */
export function labelOf(transitions: readonly ChartTransition[], notes: Notes): Item[] {
  return transitions
    .map((one): Item => {
      const lines = linesOf(conditionOf(one), LONGEST_LABEL, notes.get(one.id));
      return { kind: 'label', lines, transition: one.id };
    })
    .filter(({ lines }) => lines.some((line) => line !== ''));
}

/** What must happen and hold for a transition to be taken. */
export function conditionOf({ id, source, cause, guard }: ChartTransition): string {
  // A history state's default has nothing to wait for.
  if (id.startsWith(`${source}/xstate.history/`)) return '';
  return guard === undefined ? cause : `${cause} [${guard}]`;
}

function linesOf(text: string, longest: number, note = ''): string[] {
  return wrap(note === '' ? text : `${text} ${note}`, TEXT_SIZE, longest);
}

/** The room that items take below each other. */
export function sizeOf(items: readonly Item[]): Size {
  const lines = items.flatMap((item) => item.lines);
  const widths = lines.map((line) => widthOf(line, TEXT_SIZE));
  return { width: Math.max(0, ...widths), height: lines.length * LINE_HEIGHT };
}
