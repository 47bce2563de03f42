/**
 * The sequence of one conversation: the facts, commands and deadlines of both ends as rows, in the order of
 * time.
 *
 * Rule 1. The n-th message that one end sends is the n-th that the other end receives: a stream keeps the order.
 *         Without the records of the other end, a message has no transit time.
 * Rule 2. This file runs in Node and in the page.
 */

import { type Chart, isIgnored } from '../chart/model.js';
import { deadlineOf } from '../chart/names.js';
import type { LogEntry } from './log.js';
import type { EventPreview } from './records.js';
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

function sideRows({ entries, chart }: ConversationEnd, side: 'left' | 'right'): SequenceRow[] {
  const transitions = new Map(chart?.transitions.map((one) => [one.id, one]));
  const rows: SequenceRow[] = [];
  let state = '';
  let sentAt: number | undefined;
  for (const { position, record } of entries) {
    if (record.kind !== 'step') continue;
    const base = {
      position,
      ts: record.ts,
      side,
      wire: undefined,
      transit: undefined,
      trip: undefined,
      state: undefined,
      guard: undefined,
      isIgnored: false,
    };
    const taken = record.taken.map((id) => transitions.get(id));
    const isSilent = taken.every((one) => one !== undefined && isIgnored(one));
    const isReceived = record.fact.type === 'socket.received';
    rows.push({
      ...base,
      key: `${side}${record.seq}`,
      kind: deadlineOf(record.fact.type) === undefined ? 'fact' : 'deadline',
      event: record.fact,
      wire: isReceived ? 'receives' : undefined,
      trip: isReceived && sentAt !== undefined ? Math.max(0, record.ts - sentAt) : undefined,
      state: record.state === state ? undefined : record.state,
      guard: taken.find((one) => one?.guard !== undefined)?.guard,
      isIgnored: record.fact.type !== 'xstate.init' && isSilent,
    });
    if (isReceived) sentAt = undefined;
    state = record.state;
    for (const [n, event] of record.emitted.entries()) {
      const isCommand = event.type.startsWith('socket.');
      const sends = event.type === 'socket.send';
      if (sends) sentAt = record.ts;
      rows.push({
        ...base,
        key: `${side}${record.seq}.${n}`,
        kind: isCommand ? 'command' : 'notice',
        event,
        wire: sends ? 'sends' : undefined,
      });
    }
    for (const { name: type, ms } of record.armed) {
      rows.push({
        ...base,
        key: `${side}${record.seq}%${type}`,
        kind: 'armed',
        event: { type, ms },
      });
    }
  }
  return rows;
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
