/** The public face of the machines, and of what shows their payloads to people. That of checks is checks/index.ts. */
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
