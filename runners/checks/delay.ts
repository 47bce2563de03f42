/** The run of the experiment `delay`. */
import { delay, delayTrials, type Finding, judgeDelay } from '../../machines/index.js';
import { cannotTell, type Laboratory } from './laboratory.js';

/** The silence before some messages, in ms. */
const REST_MS = 500;

export async function runDelay({ near, answerTimeout }: Laboratory): Promise<Finding[]> {
  if (near.farEnd === 'other') return [cannotTell('delay')];
  const isAsked = near.farEnd === 'ours';
  const trials = delayTrials(isAsked);
  const { times } = await near.run(delay, { isAsked, trials, rest: REST_MS, answerTimeout });
  return judgeDelay({ trials }, times);
}
