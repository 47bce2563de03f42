/** The run of the experiment `delay`. */
import { delay, delayTrials, type Finding, judgeDelay } from '../../machines/checks/index.js';
import { cannotTell, type Laboratory, UNCOMPRESSED } from './laboratory.js';

/** The silence before some messages, in ms. */
const REST_MS = 500;

export async function runDelay({ near, answerTimeout }: Laboratory): Promise<Finding[]> {
  if (near.farEnd === 'other') return [cannotTell('delay')];
  const isAsked = near.farEnd === 'ours';
  const trials = delayTrials(isAsked);
  const input = { isAsked, trials, rest: REST_MS, answerTimeout };
  const { times } = await near.run(delay, input, UNCOMPRESSED);
  return judgeDelay({ trials }, times);
}
