/** Inspection in tests: sessions that get facts, the records of an observer, viewers of a relay. */
import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { AnyStateMachine } from 'xstate';
import { createActor, SimulatedClock } from 'xstate';
import { chartOf } from '../../chart/model.js';
import type { FleetState } from '../../inspector/fleet.js';
import { type Inspecting, type InspectOptions, startInspecting } from '../../inspector/index.js';
import { Observer } from '../../inspector/observer.js';
import type { InspectorRecord } from '../../inspector/records.js';
import { clientSession, type Payload, serverSession } from '../../machines/index.js';
import { closed, received, sent } from './facts.js';
import type { TestContext } from './suite.js';

/** Starts to inspect, until the test ends. `troubles` has the sentences of `onTrouble`. */
export async function inspecting(
  { after }: TestContext,
  options: Partial<InspectOptions> = {},
): Promise<Inspecting & { troubles: string[]; troubled: Promise<void> }> {
  const troubles: string[] = [];
  let onFirst: () => void = () => {};
  const troubled = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  const started = await startInspecting({
    name: 'test',
    port: 0,
    onTrouble: (message) => {
      troubles.push(message);
      onFirst();
    },
    ...options,
  });
  after(() => started.close());
  return Object.assign(started, { troubles, troubled });
}

/** Holds a whole conversation between two machines by facts alone, without a socket. */
export function converse(
  inspect: Inspecting['inspect'],
  rounds = 1,
  message: Payload = 'Hi',
): void {
  const settings = typeof message === 'string' ? { message } : {};
  const clock = new SimulatedClock();
  const server = createActor(serverSession, {
    id: 'server-1',
    inspect,
    clock,
    input: { rounds, ...settings },
  }).start();
  const client = createActor(clientSession, { id: 'client', inspect, clock }).start();
  for (let round = 0; round < rounds; round++) {
    server.send(sent);
    client.send(received(message));
    client.send(sent);
    server.send(received(message));
  }
  client.send(closed());
  server.send(closed());
}

/** The records that an observer writes while `act` runs, all at the time 0. */
export function recordsOf(
  act: (inspect: Inspecting['inspect']) => void,
  onTrouble = (message: string): void => {
    throw new Error(message);
  },
): InspectorRecord[] {
  const records: InspectorRecord[] = [];
  const who = { run: 'run', name: 'test', pid: 1 };
  const observer = new Observer(who, (record) => records.push(record), onTrouble);
  act(observer.inspect);
  observer.end();
  return records.map((record) => ({ ...record, ts: 0 }));
}

/** The record of a machine, as an observer writes it. */
export function machineRecord(machine: AnyStateMachine, seq: number): InspectorRecord {
  const definition = JSON.stringify({ id: machine.id });
  return {
    seq,
    ts: 0,
    run: 'run',
    kind: 'machine',
    machine: machine.id,
    chart: chartOf(machine),
    definition,
  };
}

/** A message of the relay. */
export interface RelayMessage {
  snapshot?: FleetState;
  history?: InspectorRecord[];
  records?: InspectorRecord[];
  over?: true;
}

/** A viewer: the WebSocket of a page. */
export interface Viewer {
  ws: WebSocket;
  messages: RelayMessage[];
  /** The close code. */
  closed: Promise<number>;
  /** Resolves when the messages so far fulfil the condition. */
  until(isFulfilled: (messages: RelayMessage[]) => boolean): Promise<void>;
}

/** The URL of a page's WebSocket. */
export function watchUrl(url: string): string {
  return `${url.replace('http:', 'ws:')}watch`;
}

/** Watches as the page does. */
export async function watch(url: string, { after }: TestContext): Promise<Viewer> {
  const ws = new WebSocket(watchUrl(url), { origin: new URL(url).origin });
  after(() => ws.terminate());
  const messages: RelayMessage[] = [];
  const checks = new Set<() => void>();
  ws.on('message', (data) => {
    messages.push(JSON.parse(data.toString()) as RelayMessage);
    for (const check of checks) check();
  });
  // Not by once(): where the test ends before the WebSocket opens, nobody would handle the rejection.
  const closed = new Promise<number>((resolve) => ws.on('close', resolve));
  await once(ws, 'open');
  const until = (isFulfilled: (messages: RelayMessage[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isFulfilled(messages)) return;
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  return { ws, messages, closed, until };
}

/** The status of the answer to an upgrade: 101, or that of a refusal. */
export async function upgradeStatus(url: string, options: ClientOptions = {}): Promise<number> {
  const ws = new WebSocket(url, options);
  try {
    await once(ws, 'open');
    return 101;
  } catch (error) {
    return Number(/\d{3}$/.exec((error as Error).message)?.[0]);
  } finally {
    ws.terminate();
  }
}
