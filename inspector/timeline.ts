/**
 * The records of one conversation as the rows of a sequence: what each end was told and what it
 * ordered, in the order of time, and which message is which.
 *
 * Rule 1. The n-th message that one end gave to its socket is the n-th that came at the other: a stream
 *         keeps the order. Where an end is not watched, nothing is concluded.
 * Rule 2. It runs in Node and in the page.
 */

import { type Chart, isIgnored } from '../chart/model.js';
import { deadlineOf } from '../chart/names.js';
import type { Entry } from './log.js';
import type { Told } from './records.js';
import type { SessionView } from './session.js';

/** One end of a conversation, with its records. */
export interface End {
  view: SessionView;
  chart: Chart | undefined;
  entries: Entry[];
}

/** What a row tells of. */
export type RowKind = 'fact' | 'deadline' | 'command' | 'notice' | 'armed';

/** A row of the sequence. */
export interface Row {
  /** Unique in the timeline. */
  key: string;
  position: number;
  ts: number;
  /** Which end it is of. */
  side: 'left' | 'right';
  kind: RowKind;
  event: Told;
  /** The message on the wire. */
  wire: 'sends' | 'receives' | undefined;
  /** How long the message was under way, where both ends are watched, in ms. */
  transit: number | undefined;
  /** The round trip that it ends, in ms. */
  trip: number | undefined;
  /** The state that the fact led to, where it changed. */
  state: string | undefined;
  /** The guard that won. */
  guard: string | undefined;
  isIgnored: boolean;
}

/** The rows of a conversation; `right` is there where both ends are watched. */
export function rowsOf(left: End, right: End | undefined): Row[] {
  const rows = sideRows(left, 'left');
  if (right === undefined) return rows;
  const others = sideRows(right, 'right');
  matchMessages(rows, left.view.sent, others, right.view.received);
  matchMessages(others, right.view.sent, rows, left.view.received);
  return merge(rows, others);
}

/** Two sorted lists as one; each keeps its order. */
function merge(a: Row[], b: Row[]): Row[] {
  const rows: Row[] = [];
  let at = 0;
  for (const row of a) {
    for (let other = b[at]; other && other.ts < row.ts; other = b[++at]) rows.push(other);
    rows.push(row);
  }
  for (const row of b.slice(at)) rows.push(row);
  return rows;
}

function sideRows({ entries, chart }: End, side: 'left' | 'right'): Row[] {
  const transitions = new Map(chart?.transitions.map((one) => [one.id, one]));
  const rows: Row[] = [];
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

/** Finds, for each message that came, when it was sent. `sent` and `received` are all there ever were. */
function matchMessages(from: Row[], sent: number, to: Row[], received: number): void {
  const sends = from.filter((row) => row.wire === 'sends');
  const receives = to.filter((row) => row.wire === 'receives');
  const firstSend = sent - sends.length;
  const firstReceive = received - receives.length;
  for (const [n, row] of receives.entries()) {
    const send = sends[firstReceive + n - firstSend];
    if (send) row.transit = Math.max(0, row.ts - send.ts);
  }
}
