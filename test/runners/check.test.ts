/** `lockstep check` as a process: what it prints, and how it exits. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { runCli, startCliServer } from '../support/cli.js';
import { suite, type TestContext } from '../support/suite.js';

/** A server of ws that does this with each message; resolves with its URL. */
async function serverThat(
  { after }: TestContext,
  answer: (data: Buffer, isBinary: boolean) => string | Buffer | undefined,
): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  after(() => {
    for (const ws of server.clients) ws.terminate();
    server.close();
  });
  server.on('connection', (ws) => {
    ws.on('message', (data: Buffer, isBinary) => {
      const said = answer(data, isBinary);
      if (said !== undefined) ws.send(said, { binary: isBinary });
    });
  });
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The status of each finding, by experiment and code. */
function statusesIn(json: string): Record<string, string> {
  const { findings } = JSON.parse(json) as {
    findings: { experiment: string; code: string; status: string }[];
  };
  return Object.fromEntries(
    findings.map(({ experiment, code, status }) => [`${experiment} ${code}`, status]),
  );
}

const FIRST = ['--only', 'opening', '--only', 'order', '--only', 'close'];

suite('check of the command line', (test) => {
  test('finds nothing wrong between two ends of lockstep on one machine', async (context) => {
    const server = await startCliServer(context);
    const args = ['--json', '--up-to', '64KiB', ...FIRST];
    const { status, stdout } = await runCli(context, 'check', server.url, ...args);
    const { url, farEnd, verdict } = JSON.parse(stdout);
    assert.equal([status, url, farEnd, verdict], [0, server.url, 'ours', 'ok']);
    assert.equal(statusesIn(stdout), {
      'opening OPENED': 'ok',
      'order ORDER_OK': 'ok',
      'close CLOSE_OK': 'ok',
    });
  });

  test('is told for a person with the verdict first', async (context) => {
    const server = await startCliServer(context);
    const { stdout } = await runCli(context, 'check', server.url, '--only', 'order');
    assert.equal(stdout.split('\n'), [
      `${server.url}: nothing is wrong`,
      'The far end is lockstep server.',
      'ok order (ORDER_OK): All 16 messages come back in order and unchanged.',
      '',
    ]);
  });

  test('needs no lockstep at the far end: a server that returns messages will do', async (context) => {
    const url = await serverThat(context, (data) => data);
    const { status, stdout } = await runCli(context, 'check', url, '--json', ...FIRST);
    assert.equal([status, JSON.parse(stdout).farEnd], [0, 'echo']);
    assert.equal(statusesIn(stdout), {
      'opening OPENED': 'ok',
      'order ORDER_OK': 'ok',
      'close CLOSE_OK': 'ok',
    });
  });

  test('says what it cannot tell of a server that returns nothing', async (context) => {
    const url = await serverThat(context, () => undefined);
    const args = ['--answer-timeout', '200ms', ...FIRST];
    const { status, stdout } = await runCli(context, 'check', url, '--json', ...args);
    assert.equal([status, JSON.parse(stdout).farEnd], [0, 'other']);
    assert.is(statusesIn(stdout)['order NEEDS_ECHO'], 'unknown');
  });

  test('exits with 2 where messages are changed', async (context) => {
    const url = await serverThat(context, (data, isBinary) =>
      isBinary ? Buffer.from(data.map((byte) => byte ^ 1)) : data.toString(),
    );
    const { status, stdout } = await runCli(context, 'check', url, '--only', 'order');
    assert.is(status, 2);
    assert.match(stdout, 'PROBLEM order (MESSAGE_CHANGED): ');
  });

  test('exits with 1 where the server is not reached, with the code of the cause', async (context) => {
    const { status, stdout } = await runCli(context, 'check', 'ws://127.0.0.1:1/', '--json');
    assert.equal([status, JSON.parse(stdout).verdict], [1, 'unreachable']);
    assert.equal(statusesIn(stdout), { 'opening ECONNREFUSED': 'problem' });
  });

  test('takes a server that answers no checks for what it is', async (context) => {
    const server = await startCliServer(context, '--no-check', '--echo');
    const { stdout } = await runCli(context, 'check', server.url, '--json', '--only', 'order');
    assert.is(JSON.parse(stdout).farEnd, 'echo');
  });

  test('refuses messages larger than the far end sends', async (context) => {
    const { status, stderr } = await runCli(context, 'check', 'ws://h/', '--up-to', '17MiB');
    assert.is(status, 1);
    assert.match(stderr, /^Fatal error: .*--up-to/);
  });

  test('refuses an experiment that it does not know', async (context) => {
    const { status, stderr } = await runCli(context, 'check', 'ws://h/', '--only', 'luck');
    assert.is(status, 1);
    assert.match(
      stderr,
      /^Fatal error: expected experiments among opening, order, .*, but one is luck: mend its name\n$/,
    );
  });
});
