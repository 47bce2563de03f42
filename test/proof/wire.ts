/**
 * What a wire can bring: the world of a session that is bound to a real socket. It remembers what
 * decides that: whether the socket is open, what is unwritten, and what the peer can still be heard
 * to say.
 */
import type { World } from '../../explore/graph.js';
import type { Fact, Stepped } from '../../explore/stepper.js';
import { factsOf, type Subject } from './subjects.js';

export interface Wire {
  /** The stages that an opening has yet to be told before anything else: TCP, and the upgrade. */
  stagesAhead: number;
  isOpen: boolean;
  /** Whether a ping is out. */
  isPinged: boolean;
  /** Messages given to the socket whose write has not been told of. */
  unwritten: number;
  /** The peer broke a rule: ws hears nothing of it any more but the end of the connection. */
  isDeaf: boolean;
}

/** The stages of a dial without TLS to an address. */
const STAGES = 2;

/** The world of a subject on a wire. */
export function wireOf(subject: Subject): World<Wire> {
  return {
    initial: (start) => ({
      stagesAhead: subject.name === 'opening' ? STAGES : 0,
      isOpen: subject.name !== 'opening',
      isPinged: false,
      unwritten: sendsIn(start),
      isDeaf: false,
    }),
    facts: (stepped, wire) => {
      return factsOf(subject, stepped).filter((fact) => isPossible(fact, wire));
    },
    after: (wire, fact, stepped) => ({
      stagesAhead: emits(stepped, 'socket.follow')
        ? STAGES
        : wire.stagesAhead - (fact.type === 'socket.attempted' ? 1 : 0),
      isPinged: emits(stepped, 'socket.ping') || (wire.isPinged && fact.type !== 'socket.ponged'),
      isOpen: wire.isOpen || fact.type === 'socket.opened',
      unwritten: wire.unwritten + sendsIn(stepped) - (fact.type === 'socket.sent' ? 1 : 0),
      isDeaf: wire.isDeaf || isViolation(fact),
    }),
  };
}

function isPossible(fact: Fact, wire: Wire): boolean {
  const { stagesAhead, isOpen, isPinged, unwritten, isDeaf } = wire;
  if (fact.type === 'socket.attempted' || stagesAhead > 0) {
    return fact.type === 'socket.attempted' && stagesAhead > 0;
  }
  if (fact.type === 'app.stopRequested') return true;
  if (!isOpen) return ANSWERS.has(fact.type) || (isLoss(fact) && !isViolation(fact));
  if (fact.type === 'socket.ponged') return isPinged;
  if (fact.type === 'socket.sent') return unwritten > 0;
  return !isDeaf || (isLoss(fact) && !isViolation(fact));
}

/** What an opening can be told of its server's answer. */
const ANSWERS = new Set(['socket.opened', 'socket.redirected']);

function emits({ emitted }: Stepped, command: string): boolean {
  return emitted.some(({ type }) => type === command);
}

function isLoss({ type }: Fact): boolean {
  return type === 'socket.failed';
}

/** Whether a fact tells of a broken rule while the connection stands. */
export function isViolation(fact: Fact): boolean {
  return 'failure' in fact && (fact.failure as { closeCode?: number }).closeCode !== undefined;
}

function sendsIn({ emitted }: Stepped): number {
  return emitted.filter(({ type }) => type === 'socket.send').length;
}
