/**
 * The fleet: all runs, machines and sessions after some records. The relay sends it to a page that comes late;
 * the page shows it, live or at any record of a recording.
 *
 * Rule 1. The fleet is a function of the records: no clock, no randomness. So the fleet at any record can be
 *         computed again.
 * Rule 2. This file runs in Node and in the page: it imports nothing of either.
 * Rule 3. Views are replaced, never changed. So a copy of the fleet is cheap, and equal views are identical.
 * Rule 4. The fleet is bounded by `bounds.ts`. Without room, it forgets idle machines and ended sessions, the
 *         oldest first. Without any of these, it ignores a new record.
 */

import { type Chart, isIgnored } from '../chart/model.js';
import type { Explanation } from '../machines/index.js';
import {
  KEPT_ENDED,
  KEPT_MACHINE_CHARS,
  KEPT_MACHINES,
  KEPT_OPEN,
  KEPT_SESSION_CHARS,
} from './bounds.js';
import type { InspectorRecord, MachineKnown, SessionOpened } from './records.js';
import { connectedView, openedView, steppedView } from './sessionSteps.js';
import { isOver, keyOf, type SessionView } from './sessionView.js';
import { trimmed } from './viewSize.js';

const NO_ROOM_FOR_SESSION: Explanation = {
  expected: 'room for a session',
  came: 'too many run',
  remedy: 'end some, or inspect fewer',
};

const NO_ROOM_FOR_MACHINE: Explanation = {
  expected: 'room for a machine',
  came: 'too many are in use',
  remedy: 'inspect fewer',
};

/** A process that inspects its sessions. */
export interface RunView {
  run: string;
  name: string;
  pid: number;
  began: number;
  /** Whether the process runs, has ended, or broke off. */
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
  /** The keys of ended sessions, in the order of their ends. */
  readonly #over = new Set<string>();
  /** The ids of the transitions that change nothing, by machine. */
  readonly #ignored = new Map<string, Set<string>>();
  /** The characters of all sessions, and of all machines. */
  #sessionChars = 0;
  #machineChars = 0;

  /** Applies the next record. Returns the keys of the sessions that it forgot. */
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
        if (view === undefined) return [];
        const next = connectedView(view, record);
        this.#set(next);
        return this.#makeRoom(next);
      }
      case 'step': {
        const view = this.sessions.get(keyOf(record));
        if (view === undefined) return [];
        const next = steppedView(view, record, this.#ignoredBy(view.machine));
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

  /** The fleet whose `state()` this is. */
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
    // No record comes for the open sessions of a process that has ended.
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

  /** The reason to refuse a record; undefined where there is room. */
  refusalOf(record: InspectorRecord): Explanation | undefined {
    if (record.kind === 'session' && this.#isFull) {
      return NO_ROOM_FOR_SESSION;
    }
    if (record.kind !== 'machine' || this.machines.has(record.machine)) return undefined;
    const chars = charsOfMachine(record);
    if (this.#hasRoomFor(chars)) return undefined;
    const idle = this.#idleMachines();
    const freed = idle.reduce((sum, one) => sum + one.chars, 0);
    return this.#hasRoomFor(chars - freed, idle.length) ? undefined : NO_ROOM_FOR_MACHINE;
  }

  #addMachine(record: MachineKnown): void {
    const { machine: key, chart, definition } = record;
    if (this.machines.has(key)) return;
    const chars = charsOfMachine(record);
    const idle = this.#hasRoomFor(chars) ? [] : this.#idleMachines();
    for (const one of idle) {
      if (this.#hasRoomFor(chars)) break;
      this.machines.delete(one.key);
      this.#ignored.delete(one.key);
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

  /** Machines without an open session: those without any session first, the oldest before others. */
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
    const view = openedView(record);
    // A key that comes again is a new session.
    this.#over.delete(view.key);
    this.#set(view);
    return this.#makeRoom(view);
  }

  #set(view: SessionView): void {
    this.#sessionChars += view.chars - (this.sessions.get(view.key)?.chars ?? 0);
    this.sessions.set(view.key, view);
  }

  /** Forgets ended sessions. Where that is not enough, trims the view that was set last. */
  #makeRoom(last: SessionView): string[] {
    const forgotten: string[] = [];
    for (const key of this.#over) {
      if (this.#over.size <= KEPT_ENDED && this.#sessionChars <= KEPT_SESSION_CHARS)
        return forgotten;
      this.#forget(key);
      forgotten.push(key);
    }
    if (this.#sessionChars > KEPT_SESSION_CHARS && !isOver(last)) this.#set(trimmed(last));
    return forgotten;
  }

  #forget(key: string): void {
    const { run, chars } = this.sessions.get(key) as SessionView;
    this.#over.delete(key);
    this.sessions.delete(key);
    this.#sessionChars -= chars;
    this.#forgetRun(run);
  }

  /** Forgets a process that has ended and has no session left. */
  #forgetRun(run: string): void {
    if (this.runs.get(run)?.status === 'active') return;
    for (const session of this.sessions.values()) if (session.run === run) return;
    this.runs.delete(run);
  }

  /** The transitions of a machine that change nothing. */
  #ignoredBy(machine: string): Set<string> {
    const known = this.#ignored.get(machine);
    if (known !== undefined) return known;
    const { transitions } = this.machines.get(machine)?.chart ?? {};
    // The record of this machine may still come: nothing is cached before it.
    if (transitions === undefined) return new Set();
    const ignored = new Set(transitions.filter(isIgnored).map(({ id }) => id));
    this.#ignored.set(machine, ignored);
    return ignored;
  }
}

function charsOfMachine({ machine, chart, definition }: MachineKnown): number {
  return machine.length + JSON.stringify(chart).length + definition.length;
}
