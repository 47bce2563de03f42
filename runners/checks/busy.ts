/** Runs the experiments that hold a busy connection: `lifetime` for a time, `restart` until it ends. */
import {
  type BusyOutput,
  busy,
  type Finding,
  idle,
  judgeLifetime,
  judgeRestart,
  type Remembered,
} from '../../machines/checks/index.js';
import { Unopened } from '../nearEnd.js';
import { endOf, type Laboratory, nameOf } from './laboratory.js';

/** How long after an answer the next question is put, in ms: to a far end of ours, and to any other. */
const ASK_INTERVAL = { ours: 1_000, others: 5_000 };

/** What a connection showed, and how its end was seen by a far end that tells. */
interface Held {
  output: BusyOutput;
  there?: Remembered | null;
}

/** Measures whether a busy connection is cut after a fixed time. */
export async function runLifetime(laboratory: Laboratory): Promise<Finding[]> {
  const { near, lifetime = 0, waiting } = laboratory;
  const held = await hold(laboratory, lifetime, () => waiting('lifetime', lifetime));
  return judgeLifetime({ farEnd: near.farEnd, lifetime, ...held });
}

/** Holds a connection until it ends or the check is stopped. */
export async function runRestart(laboratory: Laboratory): Promise<Finding[]> {
  const everMs = Number.POSITIVE_INFINITY;
  const held = await hold(laboratory, everMs, () => laboratory.waiting('restart', everMs));
  const { closed, gone } = held.output.end;
  const isStopped = closed === null && gone?.by === 'cut';
  const isBack = isStopped ? null : await opensAgain(laboratory);
  return judgeRestart({ ...held, isBack });
}

async function hold(laboratory: Laboratory, holdTime: number, onOpen: () => void): Promise<Held> {
  const { near, answerTimeout } = laboratory;
  const { farEnd } = near;
  const isOurs = farEnd === 'ours';
  const name = isOurs ? nameOf() : null;
  const interval = isOurs ? ASK_INTERVAL.ours : ASK_INTERVAL.others;
  const askInterval = Math.min(interval, holdTime / 10);
  const input = { farEnd, name, holdTime, askInterval, answerTimeout };
  const output = await near.run(busy, input, {}, onOpen);
  const there = await endOf(laboratory, name).catch(notOpened);
  return { output, ...(there !== undefined && { there }) };
}

/** Whether a new connection opens and answers. */
async function opensAgain({ near, answerTimeout }: Laboratory): Promise<boolean> {
  const { farEnd } = near;
  const plan = { silence: 0, keeper: null, beatInterval: 0 };
  const output = await near
    .run(idle, { farEnd, name: null, answerTimeout, ...plan })
    .catch(notOpened);
  return output?.isAnswered === true;
}

/** Takes a connection that does not open for no answer. */
function notOpened(error: unknown): undefined {
  if (!(error instanceof Unopened)) throw error;
}
