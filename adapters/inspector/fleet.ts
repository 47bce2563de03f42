/**
 * All sessions as they stand after some records: what the relay gives to a page that comes late, and
 * what the page shows, live or at any moment of a recording.
 *
 * Rule 1. It is a function of the records and nothing else: no clock, no randomness. So the state at
 *         any record can be found again.
 * Rule 2. It runs in Node and in the page: it imports nothing of either.
 * Rule 3. What it holds is never changed, only replaced: a copy of it costs little, and what looks the
 *         same is the same.
 * Rule 4. It is bounded: of the sessions that are over, the last `KEPT_ENDED` are kept.
 */
import { type Chart, isIgnored } from '../chart/model.js';
import type { InspectorRecord } from './records.js';
import { isOver, keyOf, opened, type SessionView, stepped } from './session.js';

/** How many sessions that are over are kept. */
export const KEPT_ENDED = 1_000;

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

  /** Takes the next record. Returns the keys of sessions that are no longer kept. */
  apply(record: InspectorRecord): string[] {
    switch (record.kind) {
      case 'run': {
        const { run, name, pid, ts: began } = record;
        this.runs.set(run, { run, name, pid, began, status: 'active' });
        return [];
      }
      case 'machine': {
        const { machine: key, chart, definition } = record;
        if (!this.machines.has(key)) this.machines.set(key, { key, chart, definition });
        return [];
      }
      case 'session':
        this.sessions.set(keyOf(record), opened(record));
        return [];
      case 'connected': {
        const view = this.sessions.get(keyOf(record));
        const { local, remote } = record;
        if (view) this.sessions.set(view.key, { ...view, local, remote });
        return [];
      }
      case 'step': {
        const view = this.sessions.get(keyOf(record));
        if (view === undefined) return [];
        const next = stepped(view, record, this.#silentOf(view.machine));
        this.sessions.set(view.key, next);
        return isOver(next) ? this.#bury(view.key) : [];
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
    for (const machine of machines) fleet.machines.set(machine.key, machine);
    for (const session of sessions) fleet.sessions.set(session.key, session);
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
      this.sessions.set(session.key, { ...session, status: 'lost', deadlines: {} });
      return this.#bury(session.key);
    });
  }

  #bury(key: string): string[] {
    this.#over.add(key);
    if (this.#over.size <= KEPT_ENDED) return [];
    const [first] = this.#over;
    if (first === undefined) return [];
    const run = this.sessions.get(first)?.run ?? '';
    this.#over.delete(first);
    this.sessions.delete(first);
    this.#forgetRun(run);
    return [first];
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
    const transitions = this.machines.get(machine)?.chart.transitions ?? [];
    const silent = new Set(transitions.filter(isIgnored).map(({ id }) => id));
    this.#silent.set(machine, silent);
    return silent;
  }
}
