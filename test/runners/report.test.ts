/** What a session's report does when its reader cannot keep up, in the process itself. */
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import type { WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { listen } from '../../adapters/listen.js';
import { type DialOptions, dial, echo, speak } from '../../adapters/ws.js';
import { runDemo } from '../../runners/demo.js';
import { Readers } from '../../runners/readers.js';
import { Report } from '../../runners/report.js';
import { RoundTrips } from '../../runners/roundTrips.js';
import { noLines } from '../support/lines.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { slowReader } from '../support/slowReader.js';
import { suite } from '../support/suite.js';

const reporting = {};

const listening = {
  port: 0,
  host: '127.0.0.1',
  maxPayload: 1024,
  connectTimeout: 10_000,
  closeTimeout: 5_000,
  onError: () => {},
};

/** Dials, and has the client session reported; `replying` resolves with its first message. */
function dialReported(
  url: string,
  report: Report,
  options: DialOptions = {},
): { ended: Promise<unknown>; replying: Promise<unknown> } {
  const { clock } = options;
  let end = (_: unknown): void => {};
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  let reply = (_: unknown): void => {};
  const replying = new Promise((resolve) => {
    reply = resolve;
  });
  const onOpen = (ws: WebSocket): void => {
    const actor = echo(ws, { ...(clock && { clock }) });
    actor.on('session.received', reply);
    report.follow(actor, end);
    actor.start();
  };
  dial(url, onOpen, options).start();
  return { ended, replying };
}

suite('report', (test) => {
  test('has the session wait for a reader that is behind, once its peer has answered', async (context) => {
    const reader = slowReader();
    const lines = {
      ...noLines,
      out: (line: string) => void reader.stream.write(`${line}\n`),
      readers: new Readers([reader.stream]),
    };
    let isPaused = (): boolean => false;
    const listener = await listen({
      ...listening,
      onConnection: (ws) => {
        const actor = speak(ws, { settings: { rounds: 2 } });
        new Report({ role: 'server', peer: 'client', reporting, lines }, 'server-1').follow(actor);
        actor.start();
        isPaused = () => ws.isPaused;
      },
    });
    context.after(() => void listener.close());
    const peer = await rawClient(listener.url, context);
    assert.is(await peer.next(), 'text "Hello 0"');
    assert.is(isPaused(), false);
    peer.send('Hello 0');
    assert.is(await peer.next(), 'text "Hello 1"');
    assert.is(isPaused(), true);
    const drained = once(reader.stream, 'drain');
    reader.read();
    await drained;
    assert.is(isPaused(), false);
    assert.equal(reader.lines, [
      'Echoing',
      'Sending to client: Hello 0',
      'Received back from client: Hello 0',
      'Sending to client: Hello 1',
    ]);
  });

  test('waits no more once the session has ended, though nobody has read', async (context) => {
    const { stream } = slowReader();
    // One session that waits counts for 2 KiB.
    const readers = new Readers([stream], 2047);
    const out = (line: string): void => void stream.write(`${line}\n`);
    const lines = { ...noLines, out, readers };
    const server = await rawServer(context);
    const report = new Report({ role: 'client', peer: 'server', reporting, lines }, 'client');
    const { ended } = dialReported(server.url, report);
    const peer = await server.peer;
    peer.send('Hello 0');
    assert.is(await peer.next(), 'text "Hello 0"');
    assert.is(readers.areFarBehind, true);
    report.requestStop();
    assert.is(await peer.next(), 'close 1001');
    peer.close(1001);
    await ended;
    assert.equal([readers.areBehind, readers.areFarBehind], [true, false]);
  });

  test('says that it did not read where its own reader was behind', async (context) => {
    const errors: string[] = [];
    const reader = slowReader();
    const lines = {
      ...noLines,
      out: (line: string) => void reader.stream.write(`${line}\n`),
      err: (line: string) => void errors.push(line),
      readers: new Readers([reader.stream]),
    };
    const clock = new SimulatedClock();
    const server = await rawServer(context);
    const report = new Report({ role: 'client', peer: 'server', reporting, lines }, 'client');
    const { ended } = dialReported(server.url, report, { clock });
    const peer = await server.peer;
    peer.send('Hello 0');
    assert.is(await peer.next(), 'text "Hello 0"');
    clock.increment(30_000);
    clock.increment(5_000);
    await ended;
    assert.match(
      String(errors),
      /^Couldn't receive msg: expected .* within 30000 ms, but this end did not read, since the readers of its output were behind: have what reads its output go on, use --quiet, or wait longer \(--reply-timeout\)$/,
    );
  });

  test("says that it can't send where the peer takes nothing", async (context) => {
    const errors: string[] = [];
    const lines = { ...noLines, err: (line: string) => void errors.push(line) };
    const clock = new SimulatedClock();
    const message = 'x'.repeat(64 * 1024 * 1024);
    let ended: Promise<unknown> = Promise.resolve();
    const listener = await listen({
      ...listening,
      onConnection: (ws) => {
        const actor = speak(ws, { settings: { message, closeTimeout: 7 }, clock });
        const output = { role: 'server', peer: 'client', reporting, lines } as const;
        const report = new Report(output, 'server-1', {
          remoteAddress: '192.0.2.1',
          remotePort: 1,
        });
        ended = new Promise((resolve) => report.follow(actor, resolve));
        actor.start();
      },
    });
    context.after(() => void listener.close());
    const peer = await rawClient(listener.url, context);
    peer.socket.pause();
    clock.increment(30_000);
    clock.increment(7);
    await ended;
    assert.equal(errors, [
      "Can't send: expected a message to be written within 30000 ms, but it was not: the peer or the path does not take it; wait longer if it is only slow (--reply-timeout) (server-1 from 192.0.2.1:1)",
    ]);
  });

  test("says that it couldn't return a message that the server does not take", async (context) => {
    const errors: string[] = [];
    const lines = { ...noLines, err: (line: string) => void errors.push(line) };
    const clock = new SimulatedClock();
    const server = await rawServer(context);
    const report = new Report({ role: 'client', peer: 'server', reporting, lines }, 'client');
    const { ended, replying } = dialReported(server.url, report, { clock, ws: { maxPayload: 0 } });
    const peer = await server.peer;
    peer.socket.pause();
    peer.send(new Uint8Array(32 * 1024 * 1024));
    await replying;
    clock.increment(30_000);
    clock.increment(5_000);
    await ended;
    assert.equal(errors, [
      "Couldn't return msg: expected a message to be written within 30000 ms, but it was not: the peer or the path does not take it; wait longer if it is only slow (--reply-timeout)",
    ]);
  });

  test('of the demo ends when it is stopped before the client has connected', async () => {
    const stop = new AbortController();
    const status = runDemo(noLines, stop.signal);
    stop.abort();
    assert.is(await status, 1);
  });
});

suite('round trips', (test) => {
  test('are summed up as ping does', () => {
    const trips = new RoundTrips();
    assert.equal(trips.summary(), { count: 0, min: 0, avg: 0, max: 0 });
    trips.end(1);
    for (const [begin, end] of [
      [10, 12],
      [20, 21],
      [30, 36],
    ] as [number, number][]) {
      trips.begin(begin);
      trips.end(end);
    }
    assert.equal(trips.summary(), { count: 3, min: 1, avg: 3, max: 6 });
  });
});
