/**
 * Runs the experiments of a check, one after the other, and gathers their findings.
 *
 * Rule 1. An experiment that fails to open a connection is a finding, and the next experiment goes on.
 * Rule 2. A stop ends the check. The findings so far are told.
 */
import type { DialOptions } from '../adapters/ws.js';
import {
  type Closing,
  type ClosingInput,
  closing,
  type Experiment,
  type FarEnd,
  type Finding,
  judgeClosings,
  judgeOpening,
  judgeOrder,
  order,
  orderSamples,
  unreachable,
  type Verdict,
} from '../machines/index.js';
import { runLifetime, runRestart } from './checks/busy.js';
import { runIdle } from './checks/idle.js';
import { ask, cannotTell, endOf, type Laboratory, nameOf } from './checks/laboratory.js';
import { NearEnd, type Opened, Unopened } from './nearEnd.js';

/** What a check is given. */
export interface CheckOptions {
  url: string;
  dialling: DialOptions;
  experiments: readonly Experiment[];
  /** How long each answer of the far end may take, in ms. */
  answerTimeout: number;
  /** The longest silence that is tried, in ms; 75 s by default. */
  idleUpTo?: number | undefined;
  /** How long a busy connection is to last, in ms. Without it `lifetime` does not run. */
  lifetime?: number | undefined;
  /** Whether a connection is held until it ends. Without it `restart` does not run. */
  drain?: boolean | undefined;
}

/** The longest silence that is tried by default, in ms: longer than the defaults of most products. */
export const IDLE_UP_TO = 75_000;

/** The result of a check. */
export interface CheckResult {
  url: string;
  farEnd: FarEnd | null;
  verdict: Verdict;
  findings: readonly Finding[];
}

/** Tells the progress of a check. */
export interface Progress {
  began(experiment: Experiment): void;
  /** The experiment waits for so long, in ms; `Infinity` for an end that somebody else brings. */
  waiting?(experiment: Experiment, ms: number): void;
  found(finding: Finding): void;
}

/** Runs a check. */
export async function runCheck(
  options: CheckOptions,
  progress: Progress,
  stop: AbortSignal,
): Promise<CheckResult> {
  const { url, dialling, answerTimeout, idleUpTo = IDLE_UP_TO, lifetime } = options;
  const near = new NearEnd(url, dialling, stop);
  const findings: Finding[] = [];
  const found = (all: readonly Finding[]): void => {
    for (const finding of all) progress.found(finding);
    findings.push(...all);
  };
  progress.began('opening');
  let opened: Opened;
  try {
    opened = await near.meet();
  } catch (error) {
    if (!(error instanceof Unopened)) throw error;
    found([unreachable(error.fault, error.phases)]);
    return { url, farEnd: null, verdict: 'unreachable', findings };
  }
  const waiting: Laboratory['waiting'] = (...told) => progress.waiting?.(...told);
  const laboratory = { near, answerTimeout, idleUpTo, lifetime, waiting };
  if (near.farEnd === 'other') await findEcho(laboratory);
  for (const experiment of chosenIn(options)) {
    if (stop.aborted) break;
    if (experiment !== 'opening') progress.began(experiment);
    found(await attempt(experiment, laboratory, opened));
  }
  const isWrong = findings.some(({ status }) => status === 'problem');
  return { url, farEnd: near.farEnd, verdict: isWrong ? 'problem' : 'ok', findings };
}

/** The experiments to run. `lifetime` and `restart` run only with their options. */
function chosenIn({ experiments, lifetime, drain = false }: CheckOptions): Experiment[] {
  return experiments.filter((experiment) => {
    if (experiment === 'lifetime') return lifetime !== undefined;
    return experiment !== 'restart' || drain;
  });
}

async function attempt(
  experiment: Experiment,
  laboratory: Laboratory,
  opened: Opened,
): Promise<Finding[]> {
  try {
    return await RUNS[experiment](laboratory, opened);
  } catch (error) {
    if (!(error instanceof Unopened)) throw error;
    const { code, message } = { code: 'STOPPED', message: '', ...error.fault };
    return [
      {
        experiment,
        status: 'unknown',
        blame: null,
        code: 'NOT_OPENED',
        message: `A further connection did not open: ${message}`,
        facts: { code },
      },
    ];
  }
}

/** Finds out by trying whether a far end that is not ours returns messages. */
async function findEcho({ near, answerTimeout }: Laboratory): Promise<void> {
  const samples = [{ name: 'a greeting', data: 'Hello 0' }];
  const { returned, changes } = await near.run(order, { samples, isTold: false, answerTimeout });
  if (returned === 1 && changes.length === 0) near.farEnd = 'echo';
}

type Run = (laboratory: Laboratory, opened: Opened) => Promise<Finding[]>;

const RUNS: Record<Experiment, Run> = {
  opening: async (laboratory, { output, sent }) => {
    const seen = await ask(laboratory, { ask: 'handshake' }, 'handshake');
    return judgeOpening({ output, sent, seen });
  },

  order: async ({ near, answerTimeout }) => {
    if (near.farEnd === 'other') return [cannotTell('order')];
    const isTold = near.farEnd === 'ours';
    const output = await near.run(order, { samples: orderSamples(), isTold, answerTimeout });
    return judgeOrder(output, near.farEnd);
  },

  close: async (laboratory) => {
    const closings: Closing[] = [];
    for (const sent of closingsFor(laboratory)) {
      const here = await laboratory.near.run(closing, sent);
      const there = await endOf(laboratory, sent.name);
      closings.push({ sent, here, ...(there !== undefined && { there }) });
    }
    return judgeClosings(closings);
  },

  idle: runIdle,
  lifetime: runLifetime,
  restart: runRestart,
};

function closingsFor({ near, answerTimeout: closeTimeout }: Laboratory): ClosingInput[] {
  const there = { way: 'there', closeTimeout } as const;
  if (near.farEnd !== 'ours') return [{ ...there, code: 1000, reason: '', name: null }];
  const own = { code: 4321, reason: 'lockstep' };
  return [
    { ...there, ...own, name: nameOf() },
    { ...there, ...own, way: 'back', name: nameOf() },
    { ...there, code: 1000, reason: '', way: 'back', name: nameOf() },
  ];
}
