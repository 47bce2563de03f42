/**
 * Runs the experiments of a check, one after the other, and gathers their findings.
 *
 * Rule 1. An experiment that fails to open a connection is a finding, and the next experiment goes on.
 * Rule 2. A stop ends the check. The findings so far are told.
 */
import { randomBytes } from 'node:crypto';
import type { DialOptions } from '../adapters/ws.js';
import {
  type Closing,
  type ClosingInput,
  closing,
  type Experiment,
  type FarEnd,
  type Finding,
  inquiry,
  judgeClosings,
  judgeGreeting,
  judgeOpening,
  judgeOrder,
  order,
  orderSamples,
  type Remembered,
  type Tell,
  unreachable,
  type Verdict,
  withAdvice,
} from '../machines/index.js';
import { explain } from './explain.js';
import { NearEnd, type Opened, Unopened } from './nearEnd.js';

/** What a check is given. */
export interface CheckOptions {
  url: string;
  dialling: DialOptions;
  experiments: readonly Experiment[];
  /** How long each answer of the far end may take, in ms. */
  answerTimeout: number;
}

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
  found(finding: Finding): void;
}

/** What an experiment has to work with. */
interface Laboratory {
  near: NearEnd;
  answerTimeout: number;
}

/** Runs a check. */
export async function runCheck(
  { url, dialling, experiments, answerTimeout }: CheckOptions,
  progress: Progress,
  stop: AbortSignal,
): Promise<CheckResult> {
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
  const laboratory = { near, answerTimeout };
  if (near.farEnd === 'other') await findEcho(laboratory);
  for (const experiment of experiments) {
    if (stop.aborted) break;
    if (experiment !== 'opening') progress.began(experiment);
    found(await attempt(experiment, laboratory, opened));
  }
  const isWrong = findings.some(({ status }) => status === 'problem');
  const advised = withAdvice(opened.output.phases, findings);
  return { url, farEnd: near.farEnd, verdict: isWrong ? 'problem' : 'ok', findings: advised };
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

  close: async (laboratory) => {
    const closings: Closing[] = [];
    for (const sent of closingsFor(laboratory)) {
      const here = await laboratory.near.run(closing, sent);
      const there = await endOf(laboratory, sent.name);
      closings.push({ sent, here, ...(sent.name !== null && { there: there ?? null }) });
    }
    return judgeClosings(closings);
  },
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

function nameOf(): string {
  return randomBytes(8).toString('hex');
}

/** How a named connection ended for the far end; undefined where it does not tell. */
async function endOf(
  laboratory: Laboratory,
  name: string | null,
): Promise<Remembered | null | undefined> {
  if (name === null) return undefined;
  const tell = await ask(laboratory, { ask: 'end', name }, 'end');
  return tell?.end;
}

/** Asks a far end of ours one thing; null where it is not ours, or tells nothing. */
async function ask<K extends Tell['tell']>(
  { near, answerTimeout }: Laboratory,
  question: Parameters<typeof near.run<typeof inquiry>>[1]['ask'],
  wants: K,
): Promise<(Tell & { tell: K }) | null> {
  if (near.farEnd !== 'ours') return null;
  const { answer } = await near.run(inquiry, { ask: question, wants, answerTimeout });
  return answer as (Tell & { tell: K }) | null;
}

function cannotTell(experiment: Experiment): Finding {
  return {
    experiment,
    status: 'unknown',
    blame: null,
    code: 'NEEDS_ECHO',
    message: 'The far end returns no messages, so this cannot be told. Run lockstep server there.',
    facts: {},
  };
}
