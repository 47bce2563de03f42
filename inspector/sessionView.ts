/**
 * The view of one session: its state, its counts and its context.
 *
 * Rule 1. A view that was handed out never changes. `sessionSteps.ts` makes the next view of a record.
 */
import type { Json } from './preview.js';
import type { EventPreview, Status } from './records.js';
import { isUnreadable, UNREADABLE_WORDS } from './unreadable.js';

/** Round trips in ms, as in the summary of a client. */
export interface Trips {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
}

/** A session after some records. */
export interface SessionView {
  /** `<run>/<session>`. */
  key: string;
  run: string;
  session: string;
  name: string;
  /** The key of its machine. */
  machine: string;
  opened: number;
  /** The time of its last step. */
  updated: number;
  local: string;
  remote: string;
  /** The state as `pathOf` writes it; '' before the first step. */
  state: string;
  status: Status | 'lost';
  context: { [key: string]: Json };
  steps: number;
  /** How many messages it sent and received. */
  sent: number;
  received: number;
  /** How many exchanges, where the context counts them. */
  rounds: number | null;
  last: EventPreview | null;
  /** The transitions of the last step. */
  taken: string[];
  /** How often each transition was taken. */
  hits: { [transition: string]: number };
  /** How often a fact changed nothing, by `STATE TYPE`. */
  ignored: { [stateAndFact: string]: number };
  /** How many facts no transition handled. */
  unhandled: number;
  /** The time at which each deadline that is set passes. */
  deadlines: { [name: string]: number };
  trips: Trips;
  /** When the message that awaits an answer was sent. */
  sentAt: number | null;
  /** The close code from the peer, and the one to the peer. */
  peerCode: number | null;
  ownCode: number | null;
  /** The fault in one sentence, after its code. */
  fault: string | null;
  /** The approximate characters of the view as JSON. */
  chars: number;
}

/** The key of a session. */
export function keyOf({ run, session }: { run: string; session: string }): string {
  return `${run}/${session}`;
}

/** Whether a session is over. */
export function isOver({ status }: SessionView): boolean {
  return status !== 'active';
}

/** Whether a session has a fault, or something else that went wrong. */
export function isProblem(view: SessionView): boolean {
  const { status, fault, unhandled, context } = view;
  const { mismatches } = context;
  const isMismatched = typeof mismatches === 'number' && mismatches > 0;
  return fault !== null || status === 'error' || status === 'lost' || unhandled > 0 || isMismatched;
}

/** The text in the preview of a text, whole or cut; words for a value that threw; '' for any other preview. */
export function previewText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (isUnreadable(value)) return UNREADABLE_WORDS;
  const { text } = (value ?? {}) as { text?: Json };
  return typeof text === 'string' ? `${text}…` : '';
}
