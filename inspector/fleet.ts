/**
 * All sessions as they stand after some records: what the relay gives to a page that comes late, and
 * what the page shows, live or at any moment of a recording.
 *
 * Rule 1. It is a function of the records and nothing else: no clock, no randomness. So the state at
 *         any record can be found again.
 * Rule 2. It runs in Node and in the page: it imports nothing of either.
 * Rule 3. What it holds is never changed, only replaced: a copy of it costs little, and what looks the
 *         same is the same.
 * Rule 4. It is bounded, as `bounds.ts` says. Where there is no room, machines without a running
 *         session and sessions that are over are forgotten, the oldest first; then what is new is not taken.
 */
import { type Chart, isIgnored } from '../chart/model.js';
import {
  KEPT_ENDED,
  KEPT_MACHINE_CHARS,
  KEPT_MACHINES,
  KEPT_OPEN,
  KEPT_SESSION_CHARS,
} from './bounds.js';
import type { InspectorRecord, MachineKnown, SessionOpened } from './records.js';
import { bare } from './room.js';
import { isOver, keyOf, opened, type SessionView, stepped } from './session.js';

/** A process, as far as it has told. */
export interface RunView {
  run: string;
  name: string;
  pid: number;
  began: number;
  /** Whether it has said that it is over, or broke off. */
  status: 'active' | 'ended' | 'lost';
}

/** A machine; several runs may have the same. */
export interface MachineView {
  key: string;
  chart: Chart;
  definition: string;
  /** How many characters of JSON it has. */
  chars: number;
}

/** A fleet as JSON. */
export interface FleetState {
  runs: RunView[];
  machines: MachineView[];
  sessions: SessionView[];
}

/** Runs, machines and sessions after the records that were applied. */
export class Fleet {
  readonly runs = new Map<string, RunView>();
  readonly machines = new Map<string, MachineView>();
  readonly sessions = new Map<string, SessionView>();
  /** Sessions that are over, the first to end first. */
  readonly #over = new Set<string>();
  readonly #silent = new Map<string, Set<string>>();
  /** How many characters all sessions, and all machines, have. */
  #sessionChars = 0;
  #machineChars = 0;

  /** Takes the next record. Returns the keys of sessions that are no longer kept. */
  apply(record: InspectorRecord): string[] {
    switch (record.kind) {
      case 'run': {
        const { run, name, pid, ts: began } = record;
        this.runs.set(run, { run, name, pid, began, status: 'active' });
        return [];
      }
      case 'machine':
        this.#addMachine(record);
        return [];
      case 'session':
        return this.#open(record);
      case 'connected': {
        const view = this.sessions.get(keyOf(record));
        const { local, remote } = record;
        if (view) this.#set({ ...view, local, remote });
        return [];
      }
      case 'step': {
        const view = this.sessions.get(keyOf(record));
        if (view === undefined) return [];
        const next = stepped(view, record, this.#silentOf(view.machine));
        this.#set(next);
        if (isOver(next)) this.#over.add(next.key);
        return this.#makeRoom(next);
      }
      case 'ended':
      case 'lost':
        return this.#end(record.run, record.kind);
    }
  }

  /** A copy that further records do not change. */
  clone(): Fleet {
    return Fleet.from(this.state());
  }

  /** All of it, as JSON. */
  state(): FleetState {
    const { runs, machines, sessions } = this;
    const valuesOf = <T>(map: Map<string, T>): T[] => [...map.values()];
    return { runs: valuesOf(runs), machines: valuesOf(machines), sessions: valuesOf(sessions) };
  }

  /** The fleet that `state` is of. */
  static from({ runs, machines, sessions }: FleetState): Fleet {
    const fleet = new Fleet();
    for (const run of runs) fleet.runs.set(run.run, run);
    for (const machine of machines) {
      fleet.machines.set(machine.key, machine);
      fleet.#machineChars += machine.chars;
    }
    for (const session of sessions) fleet.#set(session);
    const over = sessions.filter(isOver).sort((a, b) => a.updated - b.updated);
    for (const { key } of over) fleet.#over.add(key);
    return fleet;
  }

  #end(run: string, how: 'ended' | 'lost'): string[] {
    const view = this.runs.get(run);
    if (view === undefined) return [];
    this.runs.set(run, { ...view, status: how });
    // Sessions that were not over when their process was will not be heard of again.
    const all = [...this.sessions.values()].filter((one) => one.run === run);
    if (all.length === 0) this.runs.delete(run);
    const left = all.filter((one) => !isOver(one));
    return left.flatMap((session) => {
      const lost: SessionView = { ...session, status: 'lost', deadlines: {} };
      this.#set(lost);
      this.#over.add(lost.key);
      return this.#makeRoom(lost);
    });
  }

  /** Why a record cannot be taken, in one sentence; undefined where it can. */
  refusalOf(record: InspectorRecord): string | undefined {
    if (record.kind === 'session' && this.#isFull) {
      return 'expected room for a session, but too many run: end some, or inspect fewer';
    }
    if (record.kind !== 'machine' || this.machines.has(record.machine)) return undefined;
    const chars = charsOfMachine(record);
    if (this.#hasRoomFor(chars)) return undefined;
    const idle = this.#idleMachines();
    const freed = idle.reduce((sum, one) => sum + one.chars, 0);
    return this.#hasRoomFor(chars - freed, idle.length)
      ? undefined
      : 'expected room for a machine, but too many are in use: inspect fewer';
  }

  #addMachine(record: MachineKnown): void {
    const { machine: key, chart, definition } = record;
    if (this.machines.has(key)) return;
    const chars = charsOfMachine(record);
    const idle = this.#hasRoomFor(chars) ? [] : this.#idleMachines();
    for (const one of idle) {
      if (this.#hasRoomFor(chars)) break;
      this.machines.delete(one.key);
      this.#silent.delete(one.key);
      this.#machineChars -= one.chars;
    }
    if (!this.#hasRoomFor(chars)) return;
    this.machines.set(key, { key, chart, definition, chars });
    this.#machineChars += chars;
  }

  #hasRoomFor(chars: number, freed = 0): boolean {
    const count = this.machines.size - freed;
    return count < KEPT_MACHINES && this.#machineChars + chars <= KEPT_MACHINE_CHARS;
  }

  /** Machines without a running session, those without any first, and the first to come before others. */
  #idleMachines(): MachineView[] {
    const views = [...this.sessions.values()];
    const known = new Set(views.map(({ machine }) => machine));
    const running = new Set(views.filter((one) => !isOver(one)).map(({ machine }) => machine));
    const idle = [...this.machines.values()].filter(({ key }) => !running.has(key));
    const isKnown = ({ key }: MachineView): boolean => known.has(key);
    return [...idle.filter((one) => !isKnown(one)), ...idle.filter(isKnown)];
  }

  get #isFull(): boolean {
    const open = this.sessions.size - this.#over.size;
    return open >= KEPT_OPEN || (this.#over.size === 0 && this.#sessionChars > KEPT_SESSION_CHARS);
  }

  #open(record: SessionOpened): string[] {
    if (this.#isFull) return [];
    const view = opened(record);
    // A number of a session that comes again is a new session.
    this.#over.delete(view.key);
    this.#set(view);
    return this.#makeRoom(view);
  }

  #set(view: SessionView): void {
    this.#sessionChars += view.chars - (this.sessions.get(view.key)?.chars ?? 0);
    this.sessions.set(view.key, view);
  }

  /** Forgets sessions that are over; where that is not enough, the last one keeps little. */
  #makeRoom(last: SessionView): string[] {
    const forgotten: string[] = [];
    for (const key of this.#over) {
      if (this.#over.size <= KEPT_ENDED && this.#sessionChars <= KEPT_SESSION_CHARS)
        return forgotten;
      this.#forget(key);
      forgotten.push(key);
    }
    if (this.#sessionChars > KEPT_SESSION_CHARS && !isOver(last)) this.#set(bare(last));
    return forgotten;
  }

  #forget(key: string): void {
    const { run, chars } = this.sessions.get(key) as SessionView;
    this.#over.delete(key);
    this.sessions.delete(key);
    this.#sessionChars -= chars;
    this.#forgetRun(run);
  }

  /** A process that is over, and has no session left to show. */
  #forgetRun(run: string): void {
    if (this.runs.get(run)?.status === 'active') return;
    for (const session of this.sessions.values()) if (session.run === run) return;
    this.runs.delete(run);
  }

  /** The transitions of a machine that change nothing. */
  #silentOf(machine: string): Set<string> {
    const known = this.#silent.get(machine);
    if (known !== undefined) return known;
    const { transitions } = this.machines.get(machine)?.chart ?? {};
    // Such a machine may still come: nothing is kept for it.
    if (transitions === undefined) return new Set();
    const silent = new Set(transitions.filter(isIgnored).map(({ id }) => id));
    this.#silent.set(machine, silent);
    return silent;
  }
}

function charsOfMachine({ machine, chart, definition }: MachineKnown): number {
  return machine.length + JSON.stringify(chart).length + definition.length;
}
