/** How `lockstep check` tells that it waits, and the options of experiments that wait. */
import * as assert from 'uvu/assert';
import { Countdown } from '../../runners/countdown.js';
import { runCli, startCli, startCliServer } from '../support/cli.js';
import { suite, type TestContext } from '../support/suite.js';

/** What a countdown writes, on a terminal or off it. */
function written({ after }: TestContext, ms: number, isTerminal: boolean): string[] {
  const said: string[] = [];
  const live = (line: string): number => said.push(`live ${line}`);
  const countdown = new Countdown({ err: (line) => said.push(line), ...(isTerminal && { live }) });
  after(() => countdown.stop());
  countdown.start('idle', ms);
  return said;
}

suite('countdown', (test) => {
  test('is one line off a terminal', (context) => {
    assert.equal(written(context, 75_000, false), ['idle: up to 75 s to go']);
  });

  test('is a live line on a terminal', (context) => {
    assert.equal(written(context, 75_000, true), ['live idle: 75 s to go']);
  });

  test('says who ends a wait without an end', (context) => {
    assert.equal(written(context, Number.POSITIVE_INFINITY, true), [
      'idle: the connection is held. Reload the proxy now, or stop the check.',
    ]);
  });
});

suite('check that waits', (test) => {
  test('tells how long it waits for silence', async (context) => {
    const { url } = await startCliServer(context);
    const only = ['--only', 'idle', '--idle-up-to', '300ms'];
    const { status, stdout, stderr } = await runCli(context, 'check', url, ...only);
    assert.is(status, 0, stderr);
    assert.match(stdout, 'ok idle (IDLE_OK): Silence of 300 ms is borne. No longer one was tried.');
    assert.match(stderr, /^idle: up to 300 ms to go$/m);
  });

  test('holds a busy connection for the lifetime', async (context) => {
    const { url } = await startCliServer(context);
    const only = ['--only', 'lifetime', '--lifetime', '300ms'];
    const { status, stdout } = await runCli(context, 'check', url, ...only);
    assert.is(status, 0);
    assert.match(stdout, 'ok lifetime (LIFETIME_OK): A busy connection lasts 300 ms.');
  });

  test('tells how a server ends a held connection', async (context) => {
    const server = await startCliServer(context);
    const check = startCli(context, 'check', server.url, '--only', 'restart', '--drain');
    await check.prints('stderr', /the connection is held/);
    server.child.kill('SIGTERM');
    const { status, stdout } = await check.ended;
    assert.is(status, 2);
    assert.match(stdout, /^PROBLEM restart \(RESTART_BY_CLOSE\): .* Close frame 1001 /m);
  });

  test('tells that a held connection lasted until a signal', async (context) => {
    const { url } = await startCliServer(context);
    const check = startCli(context, 'check', url, '--only', 'restart', '--drain');
    await check.prints('stderr', /the connection is held/);
    check.child.kill('SIGINT');
    const { status, stdout } = await check.ended;
    assert.is(status, 130);
    assert.match(stdout, 'ok restart (RESTART_HELD)');
  });

  for (const [args, said] of [
    [['--only', 'lifetime'], 'expected --lifetime with this experiment'],
    [['--only', 'restart'], 'expected --drain with this experiment'],
    [['--idle-up-to', '11m'], 'Expected 10m at most: the far end ends a check after 15m.'],
  ] as const) {
    test(`refuses ${args.join(' ')}`, async (context) => {
      const { status, stdout, stderr } = await runCli(context, 'check', 'ws://[::1]:1/', ...args);
      assert.equal([status, stdout], [1, '']);
      assert.match(stderr, said);
    });
  }
});
