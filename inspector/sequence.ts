/**
 * The sequence of one conversation: the facts, commands and deadlines of both ends as rows, in the order of
 * time.
 *
 * Rule 1. The n-th message that one end sends is the n-th that the other end receives: a stream keeps the order.
 *         Without the records of the other end, a message has no transit time.
 * Rule 2. This file runs in Node and in the page.
 */

import { type Chart, type ChartTransition, isIgnored } from '../chart/model.js';
import { deadlineOf } from '../chart/names.js';
import type { LogEntry } from './log.js';
import type { EventPreview, SessionStepped } from './records.js';
import type { SessionView } from './sessionView.js';

/** One end of a conversation, with its records. */
export interface ConversationEnd {
  view: SessionView;
  chart: Chart | undefined;
  entries: LogEntry[];
}

/** The kind of a row. */
export type RowKind = 'fact' | 'deadline' | 'command' | 'notice' | 'armed';

/** A row of the sequence. */
export interface SequenceRow {
  /** Unique in the timeline. */
  key: string;
  position: number;
  ts: number;
  /** The end of the conversation. */
  side: 'left' | 'right';
  kind: RowKind;
  event: EventPreview;
  /** Whether a message leaves or arrives. */
  wire: 'sends' | 'receives' | undefined;
  /** The transit time of the message in ms, where both ends are inspected. */
  transit: number | undefined;
  /** The round trip that this message ends, in ms. */
  trip: number | undefined;
  /** The state after the fact, where it changed; as `pathOf` writes it. */
  state: string | undefined;
  /** The guard of the transition. */
  guard: string | undefined;
  isIgnored: boolean;
}

/** The rows of a conversation. `right` is undefined where the other end is not inspected. */
export function sequenceRows(
  left: ConversationEnd,
  right: ConversationEnd | undefined,
): SequenceRow[] {
  const rows = sideRows(left, 'left');
  if (right === undefined) return rows;
  const others = sideRows(right, 'right');
  matchMessages(rows, left.view.sent, others, right.view.received);
  matchMessages(others, right.view.sent, rows, left.view.received);
  return merge(rows, others);
}

/** Merges two sorted lists; each keeps its order. */
function merge(a: SequenceRow[], b: SequenceRow[]): SequenceRow[] {
  const rows: SequenceRow[] = [];
  let at = 0;
  for (const row of a) {
    for (let other = b[at]; other && other.ts < row.ts; other = b[++at]) rows.push(other);
    rows.push(row);
  }
  for (const row of b.slice(at)) rows.push(row);
  return rows;
}

/** The rows of one end: for each step its fact, the events that it emitted, and the deadlines that it set. */
function sideRows({ entries, chart }: ConversationEnd, side: 'left' | 'right'): SequenceRow[] {
  const transitions = new Map(chart?.transitions.map((one) => [one.id, one]));
  let state = '';
  let sentAt: number | undefined;
  return entries.flatMap(({ position, record }) => {
    if (record.kind !== 'step') return [];
    const base: BaseRow = { ...EMPTY_ROW, position, ts: record.ts, side };
    const fact = factRow(base, record, transitions);
    if (fact.wire === 'receives') {
      if (sentAt !== undefined) fact.trip = Math.max(0, record.ts - sentAt);
      sentAt = undefined;
    }
    if (record.state !== state) fact.state = record.state;
    state = record.state;
    const emitted = emittedRows(base, record);
    if (emitted.some(({ wire }) => wire === 'sends')) sentAt = record.ts;
    return [fact, ...emitted, ...armedRows(base, record)];
  });
}

type BaseRow = Omit<SequenceRow, 'key' | 'kind' | 'event'>;

const EMPTY_ROW = {
  wire: undefined,
  transit: undefined,
  trip: undefined,
  state: undefined,
  guard: undefined,
  isIgnored: false,
} as const;

function factRow(
  base: BaseRow,
  { seq, fact, taken }: SessionStepped,
  transitions: ReadonlyMap<string, ChartTransition>,
): SequenceRow {
  const known = taken.map((id) => transitions.get(id));
  const isSilent = known.every((one) => one !== undefined && isIgnored(one));
  return {
    ...base,
    key: `${base.side}${seq}`,
    kind: deadlineOf(fact.type) === undefined ? 'fact' : 'deadline',
    event: fact,
    wire: fact.type === 'socket.received' ? 'receives' : undefined,
    guard: known.find((one) => one?.guard !== undefined)?.guard,
    isIgnored: fact.type !== 'xstate.init' && isSilent,
  };
}

function emittedRows(base: BaseRow, { seq, emitted }: SessionStepped): SequenceRow[] {
  return emitted.map((event, n) => ({
    ...base,
    key: `${base.side}${seq}.${n}`,
    kind: event.type.startsWith('socket.') ? 'command' : 'notice',
    event,
    wire: event.type === 'socket.send' ? 'sends' : undefined,
  }));
}

function armedRows(base: BaseRow, { seq, armed }: SessionStepped): SequenceRow[] {
  return armed.map(({ name: type, ms }) => ({
    ...base,
    key: `${base.side}${seq}%${type}`,
    kind: 'armed',
    event: { type, ms },
  }));
}

/** Finds the sending of each received message. `sent` and `received` count all messages, the dropped too. */
function matchMessages(
  from: SequenceRow[],
  sent: number,
  to: SequenceRow[],
  received: number,
): void {
  const sends = from.filter((row) => row.wire === 'sends');
  const receives = to.filter((row) => row.wire === 'receives');
  const firstSend = sent - sends.length;
  const firstReceive = received - receives.length;
  for (const [n, row] of receives.entries()) {
    const send = sends[firstReceive + n - firstSend];
    if (send) row.transit = Math.max(0, row.ts - send.ts);
  }
}
