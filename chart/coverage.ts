/**
 * What runs took of a chart, as words and classes for its drawing. Taken, not taken and unreachable
 * are told apart in words, and not by colour alone.
 */
import type { Notes } from './content.js';
import type { Chart } from './model.js';

/** What runs took of one machine, by the ids of its transitions in the chart. */
export interface Taken {
  /** How often; a transition that is not here was not taken. */
  taken: Readonly<Record<string, number>>;
  /** Why it could not be taken. */
  unreachable: Readonly<Record<string, string>>;
}

/** What a drawing shows of it. */
export interface CoverageMarks {
  notes: Notes;
  classes: ReadonlyMap<string, 'taken' | 'missed' | 'unreachable'>;
}

/** Marks every transition of a chart, and says in its outermost box how it stands on the whole. */
export function coverageMarks(chart: Chart, { taken, unreachable }: Taken): CoverageMarks {
  const notes = new Map<string, string>();
  const classes = new Map<string, 'taken' | 'missed' | 'unreachable'>();
  const counts = { taken: 0, missed: 0, unreachable: 0 };
  for (const { id } of chart.transitions) {
    const times = taken[id] ?? 0;
    const mark = times > 0 ? 'taken' : id in unreachable ? 'unreachable' : 'missed';
    counts[mark]++;
    classes.set(id, mark);
    notes.set(
      id,
      { taken: `×${times}`, unreachable: '(unreachable)', missed: '(NOT TAKEN)' }[mark],
    );
  }
  const { length } = chart.transitions;
  const rest = `${counts.missed} not taken, ${counts.unreachable} unreachable`;
  notes.set(chart.root.id, `${counts.taken} of ${length} transitions taken, ${rest}`);
  return { notes, classes };
}
