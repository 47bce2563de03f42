/** The face of checks: their experiments, the far end, and the findings. */
export {
  type AnswererEnded,
  type AnswererFact,
  type AnswererInput,
  answerer,
  type RecallEnd,
} from './answerer.js';
export { type BusyInput, type BusyOutput, busy } from './busy.js';
export { type Closing, type ClosingInput, closing, judgeClosings } from './closing.js';
export { type DelayInput, type DelayOutput, delay, type Trial } from './delay.js';
export { delayTrials, judgeDelay } from './delayFindings.js';
export {
  type Culprit,
  EXPERIMENTS,
  type Experiment,
  type FarEnd,
  type Finding,
  msInWords,
  type Verdict,
  type Way,
} from './findings.js';
export { FRAMINGS, judgeFrames, type SeenOffer } from './frames.js';
export { BOUNDS, CHECK_PROTOCOL, HIDDEN, type Remembered, type Tell } from './grammar.js';
export { type IdleInput, type IdleOutput, idle } from './idle.js';
export { judgeIdle } from './idleFindings.js';
export { type InquiryInput, type InquiryOutput, inquiry } from './inquiry.js';
export { doublingUpTo, judgeLargest } from './largest.js';
export { judgeLifetime } from './lifetime.js';
export { judgeGreeting, judgeOpening, type SeenHandshake, unreachable } from './opening.js';
export { order } from './order.js';
export { judgeOrder, orderSamples } from './orderFindings.js';
export { type Passage, type PassageInput, passage, type Sent } from './passage.js';
export { judgePings } from './pingFindings.js';
export { type Pinging, type PingingInput, type PingingOutput, pinging } from './pinging.js';
export type { ProbeCommand, ProbeFact, ProbeGone, ProbeSend, SeenEnd } from './probe.js';
export { productsOn, withAdvice } from './products.js';
export { judgeRestart } from './restart.js';
export {
  cutOf,
  firstSilences,
  furtherSilences,
  keepersFor,
  keeping,
} from './silences.js';
