/**
 * Runs the experiments of a check, one after the other, and gathers their findings.
 *
 * Rule 1. An experiment that fails to open a connection is a finding, and the next experiment goes on.
 * Rule 2. A stop ends the check. The findings so far are told.
 */
import type { DialOptions } from '../adapters/ws.js';
import {
  BOUNDS,
  type Closing,
  type ClosingInput,
  closing,
  type Experiment,
  type FarEnd,
  type Finding,
  judgeClosings,
  judgeGreeting,
  judgeOpening,
  judgeOrder,
  order,
  orderSamples,
  unreachable,
  type Verdict,
  withAdvice,
} from '../machines/checks/index.js';
import { runLifetime, runRestart } from './checks/busy.js';
import { runDelay } from './checks/delay.js';
import { runIdle } from './checks/idle.js';
import { ask, cannotTell, endOf, type Laboratory, nameOf } from './checks/laboratory.js';
import { runFrames, runLargest } from './checks/passages.js';
import { runPings } from './checks/pings.js';
import { explain } from './explain.js';
import { NearEnd, type Opened, Unopened } from './nearEnd.js';

/** What a check is given. */
export interface CheckOptions {
  url: string;
  dialling: DialOptions;
  experiments: readonly Experiment[];
  /** How long each answer of the far end may take, in ms. */
  answerTimeout: number;
  /** The largest message to try, in bytes; 16 MiB by default. */
  upTo?: number;
  /** Whether a far end that is not ours may be tried as hard as ours. */
  thorough?: boolean;
  /** The longest silence that is tried, in ms; 75 s by default. */
  idleUpTo?: number | undefined;
  /** How long a busy connection is to last, in ms. Without it `lifetime` does not run. */
  lifetime?: number | undefined;
  /** Whether a connection is held until it ends. Without it `restart` does not run. */
  drain?: boolean | undefined;
}

/** The longest silence that is tried by default, in ms: longer than the defaults of most products. */
export const IDLE_UP_TO = 75_000;

/** The largest message to try by default, in bytes. */
export const UP_TO = BOUNDS.size;

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
  const { url, dialling, answerTimeout, upTo = UP_TO, thorough: isThorough = false } = options;
  const { idleUpTo = IDLE_UP_TO, lifetime } = options;
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
    found([unreachable(error.fault, messageOf(error), error.phases)]);
    const advised = withAdvice(error.phases, findings);
    return { url, farEnd: null, verdict: 'unreachable', findings: advised };
  }
  const waiting: Laboratory['waiting'] = (...told) => progress.waiting?.(...told);
  const limits = { answerTimeout, upTo, isThorough, idleUpTo, lifetime };
  const laboratory: Laboratory = { near, ...limits, waiting };
  if (near.farEnd === 'other') await findEcho(laboratory);
  for (const experiment of chosenIn(options)) {
    if (stop.aborted) break;
    if (experiment !== 'opening') progress.began(experiment);
    found(await attempt(experiment, laboratory, opened));
  }
  const isWrong = findings.some(({ status }) => status === 'problem');
  const advised = withAdvice(opened.output.phases, findings);
  return { url, farEnd: near.farEnd, verdict: isWrong ? 'problem' : 'ok', findings: advised };
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
    const code = error.fault?.code ?? 'STOPPED';
    return [
      {
        experiment,
        status: 'unknown',
        blame: null,
        code: 'NOT_OPENED',
        message: `A further connection did not open: ${messageOf(error)}.`,
        facts: { code },
      },
    ];
  }
}

/**
 * Finds out by trying whether a far end that is not ours returns messages. Nobody says the sample by
 * chance.
 */
async function findEcho({ near, answerTimeout }: Laboratory): Promise<void> {
  const samples = [{ name: 'a name', data: `lockstep ${nameOf()}` }];
  const { returned, changes } = await near.run(order, { samples, isTold: false, answerTimeout });
  if (returned === 1 && changes.length === 0) near.farEnd = 'echo';
  near.greeting = changes[0]?.came ?? null;
}

/** The words on a connection that did not open. Settings have the names of their options. */
function messageOf({ fault }: Unopened): string {
  return fault === null ? 'the check was stopped' : explain(fault);
}

type Run = (laboratory: Laboratory, opened: Opened) => Promise<Finding[]>;

const RUNS: Record<Experiment, Run> = {
  opening: async (laboratory, { output, sent }) => {
    const seen = await ask(laboratory, { ask: 'handshake' }, 'handshake');
    const { farEnd, greeting } = laboratory.near;
    const findings = judgeOpening({ output, sent, seen, farEnd });
    return [...findings, ...judgeGreeting(greeting)];
  },

  order: async ({ near, answerTimeout }) => {
    if (near.farEnd === 'other') return [cannotTell('order')];
    const isTold = near.farEnd === 'ours';
    const output = await near.run(order, { samples: orderSamples(), isTold, answerTimeout });
    return judgeOrder(output, near.farEnd);
  },

  largest: runLargest,

  frames: runFrames,

  pings: runPings,

  close: async (laboratory) => {
    const closings: Closing[] = [];
    for (const sent of closingsFor(laboratory)) {
      const here = await laboratory.near.run(closing, sent);
      const there = await endOf(laboratory, sent.name);
      closings.push({ sent, here, ...(sent.name !== null && { there: there ?? null }) });
    }
    return judgeClosings(closings);
  },

  delay: runDelay,

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
