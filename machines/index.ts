/** The public face of the machines, and of what shows their payloads to people. */
export {
  type AnswererEnded,
  type AnswererFact,
  type AnswererInput,
  answerer,
  type RecallEnd,
} from './checks/answerer.js';
export { type Closing, type ClosingInput, closing, judgeClosings } from './checks/closing.js';
export {
  type Culprit,
  EXPERIMENTS,
  type Experiment,
  type FarEnd,
  type Finding,
  msInWords,
  type Verdict,
} from './checks/findings.js';
export { CHECK_PROTOCOL, type Remembered, type Tell } from './checks/grammar.js';
export { type InquiryInput, type InquiryOutput, inquiry } from './checks/inquiry.js';
export { judgeGreeting, judgeOpening, type SeenHandshake, unreachable } from './checks/opening.js';
export { order } from './checks/order.js';
export { judgeOrder, orderSamples } from './checks/orderFindings.js';
export type { ProbeCommand, ProbeFact, ProbeGone, SeenEnd } from './checks/probe.js';
export { productsOn, withAdvice } from './checks/products.js';
export {
  type ClientContext,
  type ClientInput,
  type ClientSettings,
  clientDefaults,
  clientSession,
} from './clientSession.js';
export type {
  Command,
  OpeningCommand,
  PingsCommand,
  SocketClose,
  SocketFollow,
  SocketHandOver,
  SocketSend,
  SocketTerminate,
} from './commands.js';
export { type Deadlines, LONGEST_DELAY, longest } from './deadlines.js';
export { type CloseStrictness, endInWords, type PeerInput } from './ending.js';
export type { Blame, Failure, FailureCode, Fault, VerdictCode } from './errors.js';
export {
  afterSilence,
  type Explanation,
  looksIdle,
  type Setting,
  sentenceOf,
} from './explanation.js';
export type {
  AppStopRequested,
  OpeningFact,
  PingsFact,
  SessionFact,
  SocketAttempted,
  SocketEnded,
  SocketFailed,
  SocketOpened,
  SocketPonged,
  SocketReceived,
  SocketRedirected,
  SocketSent,
} from './facts.js';
export type {
  ClientNotice,
  OpeningNotice,
  OpeningOutput,
  PingsNotice,
  PingsOutput,
  Redirect,
  ServerNotice,
  SessionOutput,
} from './notices.js';
export {
  type OpeningContext,
  type OpeningSettings,
  opening,
  openingDefaults,
} from './opening.js';
export {
  escapeControls,
  hexOf,
  isPrintable,
  type Payload,
  quote,
  type Template,
  textOf,
} from './payload.js';
export type { Phases } from './phases.js';
export { type PingsContext, type PingsInput, pings } from './pings.js';
export {
  type ServerContext,
  type ServerInput,
  type ServerSettings,
  serverDefaults,
  serverSession,
} from './serverSession.js';
export type { Attempt, Stage } from './stages.js';
