/**
 * The coverage of a chart as words and classes for its drawing: which transitions runs took, and which they
 * did not.
 *
 * Rule 1. Words tell taken, not taken and unreachable apart, not colour alone.
 */
import type { Notes } from './labels.js';
import type { Chart } from './model.js';

/** The transitions of one machine that runs took, by their ids in the chart. */
export interface Taken {
  /** How often each was taken; a transition that is missing was not taken. */
  taken: Readonly<Record<string, number>>;
  /** Why a transition could not be taken. */
  unreachable: Readonly<Record<string, string>>;
}

/** The coverage for `layOut` and `svgOf`. */
export interface CoverageMarks {
  notes: Notes;
  classes: ReadonlyMap<string, 'taken' | 'missed' | 'unreachable'>;
}

/** Marks every transition of a chart, and counts them in its outermost box. */
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
