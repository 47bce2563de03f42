/**
 * The question whether a connection still carries messages, in the words that a far end answers: an ask to
 * one of lockstep, a message to a server that echoes, a ping to any other.
 */
import type { FarEnd } from './findings.js';
import { asking, readTell } from './grammar.js';
import type { ProbeCommand, ProbeFact } from './probe.js';

/** What a far end that echoes or answers pings is sent. */
export const WORDS = 'lockstep: still there?';

/** The command that puts the question. */
export function questionFor(farEnd: FarEnd): ProbeCommand {
  if (farEnd === 'other') return { type: 'socket.ping', data: WORDS };
  const data = farEnd === 'ours' ? asking({ ask: 'handshake' }) : WORDS;
  return { type: 'socket.send', data, frames: 1 };
}

/** Whether a fact answers the question. */
export function isAnswerBy(farEnd: FarEnd, fact: ProbeFact): boolean {
  if (farEnd === 'other') return fact.type === 'socket.ponged' && fact.data === WORDS;
  if (fact.type !== 'socket.received') return false;
  return farEnd === 'ours' ? readTell(fact.data)?.tell === 'handshake' : fact.data === WORDS;
}
