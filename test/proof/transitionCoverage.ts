/** Part 4: exact coverage, from the transitions that were taken, pure and over sockets. */
import type { Taken } from '../../chart/coverageMarks.js';
import { Coverage, DIMENSIONS, type Dimension, type Unreachable } from '../../explore/coverage.js';
import type { Part } from './part.js';
import { pathsOf } from './paths.js';
import type { Explored, Subject } from './subjects.js';
import { listsOf } from './unreachable.js';

/** What the pure paths of a subject take. */
function pureCoverage(subject: Subject, explored: readonly Explored[]): Coverage {
  const [first] = explored;
  if (first === undefined) throw new Error('a subject needs an input');
  const coverage = new Coverage(first.stepper);
  for (const { stepper, graph } of explored) {
    for (const path of pathsOf(graph, subject)) {
      coverage.run([stepper.initial, ...path.map(({ stepped }) => stepped)]);
    }
  }
  return coverage;
}

/** The dimensions that are asked for: of a machine of checks, all but pairs of transitions. */
function dimensionsOf({ kind }: Subject): readonly Dimension[] {
  return kind === 'probe' ? DIMENSIONS.filter((one) => one !== 'pairs') : DIMENSIONS;
}

/** What a coverage lacks, given what cannot be exercised. */
function coverageGaps(
  subject: Subject,
  name: string,
  coverage: Coverage,
  lists: Partial<Record<Dimension, Unreachable>>,
): string[] {
  const report = coverage.report(lists);
  return dimensionsOf(subject).flatMap((dimension) => [
    ...report[dimension].uncovered.map((what) => `${name}: ${dimension} lack ${what}`),
    ...report[dimension].stale.map(
      (line) => `${name}: the list of ${dimension} has a stale line, ${line}`,
    ),
  ]);
}

/** What the paths over sockets took of each machine, by its id: for `lockstep diagram --coverage`. */
export function takenLive(live: ReadonlyMap<Subject, Coverage>): Record<string, Taken> {
  const entries = [...live].map(([{ name, machine }, coverage]) => {
    return [machine.id, coverage.taken(listsOf(name).live.transitions ?? {})];
  });
  return Object.fromEntries(entries);
}

/** The part for all subjects; `live` is what the paths over sockets took. */
export function coveragePart(
  all: ReadonlyMap<Subject, Explored[]>,
  live: ReadonlyMap<Subject, Coverage>,
): Part {
  const figures: Part['figures'] = {};
  const shortfalls: string[] = [];
  for (const [subject, explored] of all) {
    const lists = listsOf(subject.name);
    const kinds = [
      ['pure', pureCoverage(subject, explored), lists.pure],
      ['live', live.get(subject), lists.live],
    ] as const;
    for (const [kind, coverage, list] of kinds) {
      if (coverage === undefined) continue;
      const report = coverage.report(list);
      for (const dimension of dimensionsOf(subject)) {
        const { covered, uncovered, unreachable: listed } = report[dimension];
        figures[`${subject.name}, ${kind}: ${dimension} covered/uncovered/unreachable`] =
          `${covered}/${uncovered.length}/${listed.length}`;
      }
      shortfalls.push(...coverageGaps(subject, `${subject.name}, ${kind}`, coverage, list));
    }
  }
  return { title: '4. Coverage', figures, shortfalls };
}
