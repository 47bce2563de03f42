/** An actor of a session, as an adapter sees it. Adapters know no more of a session than this. */
import type { ClientNotice, Command, ServerFact, ServerNotice } from '../machines/index.js';

/** Takes facts, and emits commands and notices. */
export interface SessionActor<Fact = ServerFact> {
  send(fact: Fact): void;
  on(type: '*', listener: (emitted: Command | ServerNotice | ClientNotice) => void): unknown;
}
