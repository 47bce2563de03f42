/** The actors that an adapter serves, as it sees them. It knows no more of a session or an opening. */
import type {
  ClientNotice,
  Command,
  OpeningCommand,
  OpeningFact,
  OpeningNotice,
  ServerNotice,
  SessionFact,
} from '../machines/index.js';

/** A session: takes facts, and emits commands and notices. */
export interface SessionActor {
  send(fact: SessionFact): void;
  on(type: '*', listener: (emitted: Command | ServerNotice | ClientNotice) => void): unknown;
}

/** An opening. */
export interface OpeningActor {
  send(fact: OpeningFact): void;
  on(type: '*', listener: (emitted: OpeningCommand | OpeningNotice) => void): unknown;
}
