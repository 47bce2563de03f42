/**
 * The cells of the table of products: findings in a few words, the same in every run.
 *
 * Rule 1. A finding that is ok says `ok`, and what a figure is needed for. Any other says its code.
 */
import type { Experiment, Finding } from '../../machines/checks/index.js';
import { msInWords } from '../../machines/checks/index.js';
import type { CheckResult } from '../../runners/runCheck.js';

/** The cell of an experiment. */
export function cellOf(experiment: Experiment, { findings }: CheckResult): string {
  const told = findings.filter((finding) => finding.experiment === experiment);
  const remarkable = told.filter(({ status }) => status !== 'ok');
  if (told.length === 0) return '–';
  const shown = remarkable.length > 0 ? remarkable : told;
  return [...new Set(shown.map(wordsOf))].join(', ');
}

function wordsOf({ status, code, facts }: Finding): string {
  const name = status === 'ok' ? 'ok' : `\`${code}\``;
  const words = [name, changesIn(facts), idleIn(facts)].filter((one) => one !== '');
  return words.join(': ');
}

/** The headers that the path changes, by their names. */
function changesIn(facts: Finding['facts']): string {
  const names = ['added', 'lost', 'changed'].flatMap((how) => {
    const headers = Object.keys((facts[how] as object | undefined) ?? {});
    return headers.length === 0 ? [] : [`${how} ${headers.join(' ')}`];
  });
  return names.join('; ');
}

/** How a silent connection is cut, and by whom it is kept alive. */
function idleIn({ cutAfterMs, cutBy, keptAliveBy }: Finding['facts']): string {
  if (typeof cutAfterMs !== 'number') return '';
  // Figures differ a little from run to run.
  const rounded = msInWords(Math.round(cutAfterMs / 500) * 500);
  const kept = Array.isArray(keptAliveBy) ? keptAliveBy.join(', ') : '';
  return `${cutBy} after ${rounded}${kept === '' ? '' : `; kept alive by ${kept}`}`;
}

/** An example of each code that a cell shows. */
export function codesIn(
  results: readonly { name: string; result: CheckResult }[],
): { code: string; message: string; name: string }[] {
  const examples = new Map<string, { code: string; message: string; name: string }>();
  for (const { name, result } of results) {
    for (const { status, code, message } of result.findings) {
      if (status === 'ok' || examples.has(code)) continue;
      examples.set(code, { code, message: stable(message), name });
    }
  }
  return [...examples.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** A message without the ports of this run, and without what would end a cell. */
function stable(message: string): string {
  return message
    .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1:…')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
}
