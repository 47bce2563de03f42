/**
 * The load, in a process of its own: `node load.js '{"servers":[…],…}'`. It prints one line of JSON
 * with a `LoadResult` for each server.
 *
 * All servers run at once, with their sessions, and take turns of a fraction of a second. So other
 * work on the computer disturbs all of them alike.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { cpuOf } from './accounting.js';
import { Peer } from './peer.js';

/** The options of the load. */
export interface LoadOptions {
  servers: readonly { port: number; pid: number }[];
  /** `idle` opens sessions that never answer, prints a line, and waits for the end of stdin. */
  kind: 'exchange' | 'conversation' | 'idle';
  /** Sessions for each server. */
  sessions: number;
  /** Turns for each server: `warmUps` precede the measurement, `turns` are measured. */
  warmUps: number;
  turns: number;
  /** The length of a turn in ms. */
  turn: number;
}

/** The measurements of one server. */
export interface LoadResult {
  turns: readonly Turn[];
  /** Quantiles of the time from a reply to the next message, in ms. */
  p50: number;
  p99: number;
}

/** The measurements of one turn. */
export interface Turn {
  /** Exchanges or conversations that began in the turn. All of them are finished. */
  count: number;
  /** The server's CPU time for all of them, in µs. */
  serverCpu: number;
  /** Bytes of messages that came before the end of the turn, incomplete messages included. */
  bytes: number;
  /** The length of the turn by the clock, in µs. */
  elapsed: number;
  /** CPU times within the turn, in µs. */
  serverBusy: number;
  loadBusy: number;
}

/** The time for unfinished exchanges and conversations after a turn, in ms. */
const PATIENCE = 10_000;

const options = JSON.parse(process.argv[2] as string) as LoadOptions;

/** The load on one server. */
class Subject {
  readonly #pid: number;
  readonly #port: number;
  readonly #turns: Turn[] = [];
  readonly #trips: number[] = [];
  readonly #peers: Peer[] = [];
  #count = 0;
  #bytes = 0;
  /** Sessions with an unfinished exchange, and the callback for the last of them to finish. */
  #underWay = 0;
  #onRest = (): void => {};
  #isActive = false;
  #isMeasured = false;

  constructor({ port, pid }: { port: number; pid: number }) {
    this.#port = port;
    this.#pid = pid;
  }

  /** Opens the sessions, 50 at a time; resolves when each has its first message. */
  async open(): Promise<void> {
    const { sessions } = options;
    const openSome = async (): Promise<void> => {
      while (this.#peers.length < sessions) await this.#open();
    };
    await Promise.all(Array.from({ length: 50 }, openSome));
  }

  #open(): Promise<void> {
    return new Promise((resolve) => {
      const peer = new Peer(this.#port, {
        onBytes: (bytes) => {
          this.#bytes += bytes;
        },
        onMessage: () => {
          resolve();
          if (this.#underWay === 0) return;
          this.#count++;
          if (!this.#isActive) this.#rest();
          const now = performance.now();
          if (this.#isMeasured && this.#trips.length < 500_000) this.#trips.push(now - peer.since);
          peer.since = now;
        },
      });
      peer.isPaused = true;
      this.#peers.push(peer);
    });
  }

  #converse(): void {
    new Peer(this.#port, {
      onGone: () => {
        this.#count++;
        if (this.#isActive) this.#converse();
        else this.#rest();
      },
    });
  }

  #rest(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#onRest();
  }

  async take(isMeasured: boolean): Promise<void> {
    const { kind, sessions, turn } = options;
    this.#isActive = true;
    this.#isMeasured = isMeasured;
    this.#underWay = sessions;
    const count = this.#count;
    const bytes = this.#bytes;
    const begun = performance.now();
    const serverBefore = cpuOf(this.#pid);
    const loadBefore = process.cpuUsage();
    if (kind === 'exchange') for (const peer of this.#peers) peer.resume();
    else for (let i = 0; i < sessions; i++) this.#converse();
    await wait(turn);
    const over = {
      bytes: this.#bytes - bytes,
      elapsed: (performance.now() - begun) * 1_000,
      serverBusy: cpuOf(this.#pid) - serverBefore,
      loadBusy: sum(process.cpuUsage(loadBefore)),
    };
    await this.#halt();
    const serverCpu = cpuOf(this.#pid) - serverBefore;
    if (isMeasured) this.#turns.push({ count: this.#count - count, serverCpu, ...over });
  }

  /** Begins no more exchanges; resolves when all exchanges are finished. */
  async #halt(): Promise<void> {
    const rest = new Promise<void>((resolve) => {
      this.#onRest = resolve;
    });
    this.#isActive = false;
    for (const peer of this.#peers) peer.isPaused = true;
    const late = wait(PATIENCE, true, { ref: false });
    if ((await Promise.race([rest, late])) === true) {
      throw new Error(`${this.#underWay} sessions got no answer within ${PATIENCE} ms`);
    }
  }

  get result(): LoadResult {
    const trips = this.#trips.sort((a, b) => a - b);
    const quantile = (q: number): number => trips[Math.floor(q * (trips.length - 1))] ?? 0;
    return { turns: this.#turns, p50: quantile(0.5), p99: quantile(0.99) };
  }
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

const { servers, kind, warmUps, turns } = options;
const subjects = servers.map((server) => new Subject(server));
if (kind !== 'conversation') for (const subject of subjects) await subject.open();
if (kind !== 'idle') {
  for (let turn = -warmUps; turn < turns; turn++) {
    // The order rotates, so that a server does not always follow the same other one.
    for (let i = 0; i < subjects.length; i++) {
      await (subjects[(i + turn + warmUps) % subjects.length] as Subject).take(turn >= 0);
    }
  }
}
process.stdout.write(`${JSON.stringify(subjects.map(({ result }) => result))}\n`);
if (kind === 'idle') {
  process.stdin.resume();
  await once(process.stdin, 'end');
}
process.exit(0);
