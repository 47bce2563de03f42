/**
 * Transitions of a server session per second, without a socket. This is a process of its own, which
 * prints one line of JSON.
 */
import { createActor } from 'xstate';
import { compile, createCompiledActor } from '../compiler/index.js';
import { serverSession } from '../machines/index.js';
import { median } from './median.js';

/** Transitions per second of CPU time. */
export interface IsolatedResult {
  interpreted: number;
  compiled: number;
  alone: number;
}

const SENT = { type: 'socket.sent' } as const;
const clock = { setTimeout: () => 0, clearTimeout: () => {} } as never;
const input = { rounds: Number.MAX_SAFE_INTEGER };
const logic = compile(serverSession);

interface Subject {
  on(type: 'socket.send', listener: (event: { data: string | Uint8Array }) => void): unknown;
  start(): unknown;
  send(event: typeof SENT | { type: 'socket.received'; data: string | Uint8Array }): void;
}

/** Runs exchanges of two facts each on an actor; returns its transitions per second. */
function measure(actor: Subject, exchanges: number): number {
  let data: string | Uint8Array = '';
  actor.on('socket.send', (event) => {
    data = event.data;
  });
  actor.start();
  const before = process.cpuUsage();
  for (let i = 0; i < exchanges; i++) {
    actor.send(SENT);
    actor.send({ type: 'socket.received', data });
  }
  const { user, system } = process.cpuUsage(before);
  return (2 * exchanges) / ((user + system) / 1e6);
}

const rounds = Array.from({ length: 7 }, () => ({
  interpreted: measure(createActor(serverSession, { clock, input }), 5_000),
  compiled: measure(createActor(logic, { clock, input }), 50_000),
  alone: measure(createCompiledActor(logic, { clock, input }), 50_000),
}));
const result: IsolatedResult = {
  interpreted: median(rounds.map((one) => one.interpreted)),
  compiled: median(rounds.map((one) => one.compiled)),
  alone: median(rounds.map((one) => one.alone)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
