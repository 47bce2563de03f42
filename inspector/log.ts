/**
 * The log: records in the order of their arrival, and the fleet at any position among them.
 *
 * Rule 1. A position is the number of records before it. The fleet at a position is always the same: the fleet
 *         before the first kept record, with the records up to the position.
 * Rule 2. The log keeps `limit` records, of at most `LOG_CHARS` characters. It drops the oldest records beyond
 *         that; nobody can go back to these.
 * Rule 3. For timelines the log keeps `SESSION_RECORDS` records of each session, and `TIMELINE_RECORDS` of all.
 */
import { Fleet, type FleetState } from './fleet.js';
import type { InspectorRecord } from './records.js';
import { keyOf } from './sessionView.js';

/** Records kept of one session while the log is live. */
const SESSION_RECORDS = 400;

/** Records kept for all timelines together while the log is live; a record counts once for each KiB. */
const TIMELINE_RECORDS = 60_000;

/** Characters of all records kept while the log is live. */
const LOG_CHARS = 64 * 1024 * 1024;

/** Positions between two kept fleets, which make going back quick. Their distance grows with the log. */
const CHECKPOINT_RECORDS = 1_000;
const CHECKPOINTS = 100;

/** Records dropped at a time: dropping each by itself would cost more. */
const DROP_RECORDS = 500;

/** A record of a session, and the position behind it; 0 for a record from before the log began. */
export interface LogEntry {
  position: number;
  record: InspectorRecord;
  /** How many records this one counts for. */
  weight: number;
}

/** Records, and the fleet at any of them. */
export class Log {
  readonly #limit: number;
  readonly #perSession: number;
  #records: InspectorRecord[] = [];
  /** The approximate characters of each record, and of all. */
  #sizes: number[] = [];
  #chars = 0;
  /** The position before the first record that is kept. */
  #first = 0;
  #base = new Fleet();
  #head = new Fleet();
  #checkpoints = new Map<number, Fleet>();
  #checkpointRecords = CHECKPOINT_RECORDS;
  #cursor: { position: number; fleet: Fleet } | undefined;
  readonly #entries = new Map<string, LogEntry[]>();
  #entered = 0;

  /** `limit` is `Infinity` for a recording, which is kept whole. */
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

  /** Begins anew with this fleet. */
  reset(state: FleetState): void {
    this.#head = Fleet.from(state);
    this.#base = this.#head.clone();
    this.#first = this.range[1];
    this.#records = [];
    this.#sizes = [];
    this.#chars = 0;
    this.#checkpoints.clear();
    this.#cursor = undefined;
    this.#entries.clear();
    this.#entered = 0;
  }

  /** Adds the next record, of about `chars` characters of JSON. */
  add(record: InspectorRecord, chars = 0): void {
    for (const key of this.#head.apply(record)) this.#forget(key);
    this.#records.push(record);
    this.#sizes.push(chars);
    this.#chars += chars;
    const position = this.range[1];
    if ('session' in record)
      this.#enter({ position, record, weight: weightOf(chars) }, keyOf(record));
    const isLive = this.#limit < Number.POSITIVE_INFINITY;
    if (!isLive && position % this.#checkpointRecords === 0) this.#checkpoint(position);
    if (this.#records.length > this.#limit) this.#dropOldest(DROP_RECORDS);
    while (isLive && this.#chars > LOG_CHARS) this.#dropOldest(Math.ceil(this.#records.length / 4));
  }

  /** Adds a record from before the log began, for timelines only. */
  addHistory(record: InspectorRecord, chars = 0): void {
    if (!('session' in record)) return;
    const entries = this.#entriesOf(keyOf(record));
    const at = placeOf(entries, record.seq);
    if (entries[at]?.record.seq === record.seq) return;
    const weight = weightOf(chars);
    entries.splice(at, 0, { position: 0, record, weight });
    this.#count(weight);
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
  entries(key: string, position: number): LogEntry[] {
    const entries = this.#entries.get(key) ?? [];
    const end = entries.findIndex((one) => one.position > position);
    return end === -1 ? entries : entries.slice(0, end);
  }

  /** A fleet at or before the position, which further records may change. */
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

  /** Keeps the fleet at a position. Of too many fleets it drops every second one. */
  #checkpoint(position: number): void {
    this.#checkpoints.set(position, this.#head.clone());
    if (this.#checkpoints.size <= CHECKPOINTS) return;
    this.#checkpointRecords *= 2;
    for (const kept of this.#checkpoints.keys()) {
      if (kept % this.#checkpointRecords !== 0) this.#checkpoints.delete(kept);
    }
  }

  #dropOldest(count: number): void {
    for (const size of this.#sizes.splice(0, count)) this.#chars -= size;
    for (const record of this.#records.splice(0, count)) this.#base.apply(record);
    this.#first += count;
    if (this.#cursor && this.#cursor.position < this.#first) this.#cursor = undefined;
  }

  #enter(entry: LogEntry, key: string): void {
    const entries = this.#entriesOf(key);
    entries.push(entry);
    this.#count(entry.weight);
    if (entries.length <= this.#perSession) return;
    this.#count(-sumOf(entries.splice(0, Math.ceil(this.#perSession / 4))));
  }

  /** Beyond `TIMELINE_RECORDS`, the session that yielded the longest ago gives up its older half. */
  #count(change: number): void {
    this.#entered += change;
    while (this.#limit < Number.POSITIVE_INFINITY && this.#entered > TIMELINE_RECORDS) {
      const [first] = this.#entries;
      if (first === undefined) return;
      const [key, entries] = first;
      this.#entered -= sumOf(entries.splice(0, Math.ceil(entries.length / 2)));
      this.#entries.delete(key);
      if (entries.length > 0) this.#entries.set(key, entries);
    }
  }

  #forget(key: string): void {
    this.#entered -= sumOf(this.#entries.get(key) ?? []);
    this.#entries.delete(key);
  }

  #entriesOf(key: string): LogEntry[] {
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(key, entries);
    }
    return entries;
  }
}

function weightOf(chars: number): number {
  return Math.max(1, chars / 1_024);
}

function sumOf(entries: readonly LogEntry[]): number {
  return entries.reduce((sum, { weight }) => sum + weight, 0);
}

/** The index of a record among others of its session. */
function placeOf(entries: LogEntry[], seq: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.record.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
