/**
 * Records in the order in which they came, and the fleet at any moment among them.
 *
 * Rule 1. A position is the number of records before it. The fleet at a position is the fleet before
 *         the first record that is kept, with the records up to there: the same every time.
 * Rule 2. It is bounded: of more than `limit` records the oldest are let go, and can no longer be gone
 *         back to; of each session the last `SESSION_RECORDS` are kept for its timeline, and of all
 *         together `TIMELINE_RECORDS`.
 */
import { Fleet, type FleetState } from './fleet.js';
import type { InspectorRecord } from './records.js';
import { keyOf } from './session.js';

/** Records kept of one session while the log is live. */
const SESSION_RECORDS = 400;

/** Records kept for all timelines together while the log is live. */
const TIMELINE_RECORDS = 60_000;

/** Positions between two fleets that are kept, so that going back is quick. */
const CHECKPOINT_RECORDS = 1_000;

/** Records let go at a time: to drop each one by itself would cost more. */
const LET_GO_RECORDS = 500;

/** A record of a session, and the position behind it; 0 for what was before the log began. */
export interface Entry {
  position: number;
  record: InspectorRecord;
}

/** Records, and the fleet at any of them. */
export class Log {
  readonly #limit: number;
  readonly #perSession: number;
  #records: InspectorRecord[] = [];
  /** The position before the first record that is kept. */
  #first = 0;
  #base = new Fleet();
  #head = new Fleet();
  #checkpoints = new Map<number, Fleet>();
  #cursor: { position: number; fleet: Fleet } | undefined;
  readonly #entries = new Map<string, Entry[]>();
  #entered = 0;

  /** A recording is kept whole: then `limit` is `Infinity`. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#perSession = limit === Number.POSITIVE_INFINITY ? limit : SESSION_RECORDS;
  }

  /** The first and the last position that can be shown. */
  get range(): [first: number, last: number] {
    return [this.#first, this.#first + this.#records.length];
  }

  /** The fleet after all records. Later records change it. */
  get head(): Fleet {
    return this.#head;
  }

  /** The record just before a position. */
  recordBefore(position: number): InspectorRecord | undefined {
    return this.#records[position - this.#first - 1];
  }

  /** Begins anew from a fleet that is given. */
  reset(state: FleetState): void {
    this.#head = Fleet.from(state);
    this.#base = this.#head.clone();
    this.#first = this.range[1];
    this.#records = [];
    this.#checkpoints.clear();
    this.#cursor = undefined;
    this.#entries.clear();
    this.#entered = 0;
  }

  add(record: InspectorRecord): void {
    for (const key of this.#head.apply(record)) this.#forget(key);
    this.#records.push(record);
    const position = this.range[1];
    if ('session' in record) this.#enter({ position, record }, keyOf(record));
    if (this.#limit === Number.POSITIVE_INFINITY && position % CHECKPOINT_RECORDS === 0) {
      this.#checkpoints.set(position, this.#head.clone());
    }
    if (this.#records.length > this.#limit) this.#letGo(LET_GO_RECORDS);
  }

  /** What was before the log began: only for timelines. */
  addHistory(record: InspectorRecord): void {
    if (!('session' in record)) return;
    const entries = this.#entriesOf(keyOf(record));
    const at = placeOf(entries, record.seq);
    if (entries[at]?.record.seq === record.seq) return;
    entries.splice(at, 0, { position: 0, record });
    this.#count(1);
  }

  /** The fleet at a position; valid until the next call. */
  at(position: number): Fleet {
    const [first, last] = this.range;
    if (position >= last) return this.#head;
    const target = Math.max(position, first);
    const cursor = this.#nearest(target);
    while (cursor.position < target) {
      const record = this.#records[cursor.position - first];
      if (record) cursor.fleet.apply(record);
      cursor.position++;
    }
    this.#cursor = cursor;
    return cursor.fleet;
  }

  /** The records of a session up to a position. */
  entries(key: string, position: number): Entry[] {
    const entries = this.#entries.get(key) ?? [];
    const end = entries.findIndex((one) => one.position > position);
    return end === -1 ? entries : entries.slice(0, end);
  }

  /** A fleet at or before the position, which may be carried on. */
  #nearest(target: number): { position: number; fleet: Fleet } {
    let position = this.#first;
    for (const candidate of this.#checkpoints.keys()) {
      if (candidate <= target && candidate > position) position = candidate;
    }
    const cursor = this.#cursor;
    if (cursor && cursor.position <= target && cursor.position >= position) return cursor;
    const fleet = this.#checkpoints.get(position) ?? this.#base;
    return { position, fleet: fleet.clone() };
  }

  #letGo(count: number): void {
    for (const record of this.#records.splice(0, count)) this.#base.apply(record);
    this.#first += count;
    if (this.#cursor && this.#cursor.position < this.#first) this.#cursor = undefined;
  }

  #enter(entry: Entry, key: string): void {
    const entries = this.#entriesOf(key);
    entries.push(entry);
    this.#count(1);
    if (entries.length <= this.#perSession) return;
    this.#count(-entries.splice(0, Math.ceil(this.#perSession / 4)).length);
  }

  /** Where there are too many, the session that was asked the longest ago gives up its older half. */
  #count(change: number): void {
    this.#entered += change;
    while (this.#limit < Number.POSITIVE_INFINITY && this.#entered > TIMELINE_RECORDS) {
      const [first] = this.#entries;
      if (first === undefined) return;
      const [key, entries] = first;
      this.#entered -= entries.splice(0, Math.ceil(entries.length / 2)).length;
      this.#entries.delete(key);
      if (entries.length > 0) this.#entries.set(key, entries);
    }
  }

  #forget(key: string): void {
    this.#entered -= this.#entries.get(key)?.length ?? 0;
    this.#entries.delete(key);
  }

  #entriesOf(key: string): Entry[] {
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(key, entries);
    }
    return entries;
  }
}

/** Where a record belongs among others of its session. */
function placeOf(entries: Entry[], seq: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.record.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
