/** The way out of the process: it exits once its work is over, and after a signal in time. */
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { Readers } from '../../runners/readers.js';
import { WayOut } from '../../runners/wayOut.js';
import { startCli, startCliServer } from '../support/cli.js';
import { noLines } from '../support/lines.js';
import { rawServer } from '../support/rawPeer.js';
import { slowReader } from '../support/slowReader.js';
import { suite } from '../support/suite.js';

const never = new Promise(() => {});

suite('the way out', (test) => {
  test('waits for no step longer than its deadline after the stop', async () => {
    const stop = new AbortController();
    const wayOut = new WayOut(stop.signal, { ms: 1 });
    const steps = [wayOut.take(never), wayOut.take(never)];
    stop.abort();
    await Promise.all(steps);
    await wayOut.take(never);
  });

  test('waits for a reader as long as it takes, without a stop', async () => {
    const reader = slowReader();
    const lines = { ...noLines, readers: new Readers([reader.stream]) };
    reader.stream.write('late\n');
    const written = new WayOut(new AbortController().signal, { ms: 1 }).write(lines);
    reader.read();
    assert.is(await written, true);
    assert.equal(reader.lines, ['late', '']);
  });

  test('tells how much output is lost where its reader does not read', async () => {
    const said: string[] = [];
    const { stream } = slowReader();
    const err = (line: string): void => void said.push(line);
    const lines = { ...noLines, err, readers: new Readers([stream]) };
    stream.write('lost\n');
    const wayOut = new WayOut(AbortSignal.abort(), { ms: 1, setting: 'drainTimeout' });
    assert.is(await wayOut.write(lines), false);
    assert.equal(said, [
      'Fatal error: expected the output to be read within 1 ms of the signal, but 5 characters of it were not and are lost: have its reader read on, or wait longer (--drain-timeout)',
    ]);
  });

  test('of a server whose reader does not read ends at the drain timeout, with 1', async (context) => {
    const server = await startCliServer(
      context,
      ...['--drain-timeout', '50ms', '--message', 'x'.repeat(60_000), '--rounds', '1000'],
    );
    server.child.stdout?.pause();
    const client = startCli(context, 'client', server.url, '--json', '--reply-timeout', '200ms');
    // By then more was said than fits into a pipe, and the session waits.
    await client.ended;
    const exit = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    assert.equal(await exit, [1, null]);
    server.child.stdout?.resume();
    assert.match(
      (await server.ended).stderr,
      /\nFatal error: expected the output to be read within 50 ms of the signal, but \d+ characters of it were not and are lost: .* \(--drain-timeout\)\n$/,
    );
  });

  test('of a client is open once its session is over, though the server keeps the connection', async (context) => {
    const server = await rawServer(context);
    const client = startCli(context, 'client', server.url, '--close-timeout', '60s');
    const peer = await server.peer;
    peer.isPolite = false;
    peer.close(1000);
    assert.is((await client.ended).status, 0);
  });
});
