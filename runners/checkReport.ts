/** The report of a check: for a person top-down, verdict first; or as one JSON object. */
import type { Finding } from '../machines/checks/index.js';
import { Countdown } from './countdown.js';
import type { Lines } from './output.js';
import type { CheckResult, Progress } from './runCheck.js';

/** The far ends, in words. */
export const FAR_ENDS = {
  ours: 'lockstep server',
  echo: 'a server that returns messages',
  other: 'a server that does not return messages',
} as const;

/** The verdicts, in words. */
export const VERDICTS = {
  ok: 'nothing is wrong',
  problem: 'the path does something that applications will notice',
  unreachable: 'not reached',
} as const;

/** The statuses, in words. */
export const SIGNS = { ok: 'ok', note: 'note', problem: 'PROBLEM', unknown: 'unknown' } as const;

/** Tells progress on stderr, one line for each finding, and how long an experiment still waits. */
export function progressOn(lines: Lines): Progress {
  const countdown = new Countdown(lines);
  return {
    began: (experiment) => lines.err(`${experiment} …`),
    waiting: (experiment, ms) => countdown.start(experiment, ms),
    found: ({ experiment, status }) => {
      countdown.stop();
      lines.err(`${experiment}: ${SIGNS[status]}`);
    },
  };
}

/** Prints a result for a person. */
export function printResult({ url, farEnd, verdict, findings }: CheckResult, lines: Lines): void {
  lines.out(`${url}: ${VERDICTS[verdict]}`);
  if (farEnd !== null) lines.out(`The far end is ${FAR_ENDS[farEnd]}.`);
  const problems = findings.filter(({ status }) => status === 'problem');
  const others = findings.filter(({ status }) => status !== 'problem');
  for (const finding of [...problems, ...others]) lines.out(lineOf(finding));
}

function lineOf({ experiment, status, blame, code, message }: Finding): string {
  const who = blame === null ? '' : `, by ${blame}`;
  return `${SIGNS[status]} ${experiment} (${code}${who}): ${message}`;
}
