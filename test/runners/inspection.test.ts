/** The command lines under inspection: what they print, what they write, and that they end. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { InspectorRecord } from '../../inspector/records.js';
import { inspected, withInspectValues } from '../../runners/inspection.js';
import { runReplay, whyNoReplay } from '../../runners/replay.js';
import { WayOut } from '../../runners/wayOut.js';
import {
  CLI,
  type Running,
  refusalOf,
  runCli,
  signalAgain,
  startCli,
  startCliServer,
  startProgram,
} from '../support/cli.js';
import { folderWith } from '../support/files.js';
import { converse, inspecting, watch } from '../support/inspection.js';
import { noLines } from '../support/lines.js';
import { portOf } from '../support/portOf.js';
import { rawClient } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';
import { withoutAddresses } from '../support/transcripts.js';

const PAGE = /^Inspector at (http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/(?:#stately)?)$/m;
const JOIN = /^Others join it with --inspect-connect (ws:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/join)$/m;

async function pageOf(running: Running): Promise<string> {
  return (await running.prints('stderr', PAGE))[1] ?? '';
}

/** A path for a recording, or that of a file with this text. */
function file(context: TestContext, text?: string): string {
  return join(folderWith(context, text === undefined ? {} : { 'run.ndjson': text }), 'run.ndjson');
}

/** A program that stands in for `xdg-open`; returns its path. */
function openerOf(context: TestContext, script: string): string {
  const opener = join(dirname(file(context, '')), 'xdg-open');
  writeFileSync(opener, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return opener;
}

/** Starts `lockstep` where the programs of the system are those in a folder. */
function startOpening(context: TestContext, folder: string, ...args: string[]): Running {
  const script = `PATH="${folder}" exec "$@"`;
  return startProgram(context, '/bin/sh', ['-c', script, 'sh', process.execPath, CLI, ...args]);
}

function recordsIn(path: string): InspectorRecord[] {
  const [, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as InspectorRecord);
}

function statesIn(records: InspectorRecord[]): string[] {
  return records.flatMap((record) => (record.kind === 'step' ? [record.state] : []));
}

/** A recording of a whole conversation; returns its path. */
async function recording(context: TestContext): Promise<string> {
  const path = file(context);
  const inspector = await inspecting(context, { file: path });
  converse(inspector.inspect);
  await inspector.close();
  return path;
}

suite('inspection of the command lines', (test) => {
  test('prints where the page is, and that is all it changes', async (context) => {
    const { status, stdout, stderr } = await runCli(context, 'demo', '--inspect');
    assert.is(status, 0);
    const [page, others, ...more] = stderr.trimEnd().split('\n');
    assert.match(page ?? '', PAGE);
    assert.match(others ?? '', JOIN);
    assert.equal(more, []);
    const plain = await runCli(context, 'demo');
    const timeless = (text: string) =>
      withoutAddresses(text)
        .replace(/\d+\.\d{3}|localhost:\d+/g, '0')
        .split('\n')
        .sort();
    assert.equal(timeless(stdout), timeless(plain.stdout));
  });

  test('loads nothing of the inspector when it is off', () => {
    const loaded = new Set<string>();
    const load = (url: URL): void => {
      if (loaded.has(url.pathname)) return;
      loaded.add(url.pathname);
      const imports = /^(?:import|export) [^;]*?from '(\.[^']+)'/gm;
      for (const [, path] of readFileSync(url, 'utf8').matchAll(imports)) {
        load(new URL(path as string, url));
      }
    };
    load(new URL('../../runners/cli.js', import.meta.url));
    assert.is(loaded.size > 40, true);
    const late = [...loaded].filter((path) => /\/inspector\/|\/drawing\.js$/.test(path));
    assert.equal(late, []);
  });

  test('ends when its work is done, though a page watches, which then has everything', async (context) => {
    const server = startCli(context, 'server', '--port', '0', '--once', '--inspect');
    const viewer = await watch(await pageOf(server), context);
    const [, url = ''] = await server.prints('stderr', /^Listening on (\S+)$/m);
    assert.is((await runCli(context, 'client', url)).status, 0);
    assert.is((await server.ended).status, 0);
    assert.is(await viewer.closed, 1001);
    const records = viewer.messages.flatMap(({ records = [] }) => records);
    assert.equal([statesIn(records).at(-1), records.at(-1)?.kind], ['done', 'ended']);
  });

  test('ends on a signal, though a page watches', async (context) => {
    const server = startCli(context, 'server', '--port', '0', '--inspect');
    const viewer = await watch(await pageOf(server), context);
    await server.prints('stderr', /^Listening/m);
    server.child.kill('SIGTERM');
    assert.is((await server.ended).status, 0);
    assert.is(await viewer.closed, 1001);
  });

  test('waits for a page with --inspect-wait', async (context) => {
    const demo = startCli(context, 'demo', '--inspect', '--inspect-wait');
    const viewer = await watch(await pageOf(demo), context);
    assert.is((await demo.ended).status, 0);
    await viewer.closed;
    const records = viewer.messages.flatMap(({ records = [] }) => records);
    // From the very first step on.
    assert.equal(records.find(({ kind }) => kind === 'session')?.kind, 'session');
    assert.is(statesIn(records)[0], 'connecting');
  });

  test('stops to wait on a signal', async (context) => {
    const demo = startCli(context, 'demo', '--inspect', '--inspect-wait');
    await pageOf(demo);
    demo.child.kill('SIGINT');
    assert.is((await demo.ended).status, 130);
  });

  test('has the two ends of a conversation in one page, to the last event of both', async (context) => {
    const server = await startCliServer(context, '--once', '--inspect');
    const [, joinUrl = ''] = await server.prints('stderr', JOIN);
    const viewer = await watch(await pageOf(server), context);
    const client = await runCli(context, 'client', server.url, '--inspect-connect', joinUrl);
    assert.is(client.status, 0);
    assert.is((await server.ended).status, 0);
    await viewer.closed;
    const records = viewer.messages.flatMap(({ records = [] }) => records);
    const ends = records.flatMap((one) => (one.kind === 'connected' ? [one] : []));
    assert.is(ends.length, 2);
    assert.equal([ends[0]?.local, ends[0]?.remote], [ends[1]?.remote, ends[1]?.local]);
    assert.is(ends[0]?.run === ends[1]?.run, false);
    const over = records.flatMap(({ kind, run }) => (kind === 'ended' ? [run] : []));
    assert.equal(over.sort(), ends.map(({ run }) => run).sort());
  });

  test('says once that there is no inspector to join, and goes on', async (context) => {
    const free = createServer();
    const port = await portOf(free, context);
    await new Promise((resolve) => free.close(resolve));
    const server = await startCliServer(context, '--once');
    const joinUrl = `ws://127.0.0.1:${port}/${'x'.repeat(32)}/join`;
    const { status, stderr } = await runCli(
      context,
      'client',
      server.url,
      '--quiet',
      '--inspect-connect',
      joinUrl,
    );
    const [trouble, summary, ...others] = stderr.trimEnd().split('\n');
    assert.equal(
      [status, trouble, others],
      [
        0,
        `Can't inspect: expected an inspector at 127.0.0.1:${port}, but could not reach it (connect ECONNREFUSED 127.0.0.1:${port}): check the URL, and that the other process runs`,
        [],
      ],
    );
    assert.match(summary ?? '', /^client done: 10 exchanges/);
  });

  test('records both sides, to the last event', async (context) => {
    const path = file(context);
    assert.is((await runCli(context, 'demo', '--inspect-file', path)).status, 0);
    const records = recordsIn(path);
    assert.is(records.at(-1)?.kind, 'ended');
    const last = new Map(
      records.flatMap((one) => (one.kind === 'step' ? [[one.session, one.state] as const] : [])),
    );
    assert.equal([...last.values()].sort(), ['done', 'done', 'opened']);
  });

  test('has in a recording what came before the process was told to end at once', async (context) => {
    const path = file(context);
    const server = await startCliServer(context, '--inspect-file', path);
    const peer = await rawClient(server.url, context);
    await peer.next();
    server.child.kill('SIGTERM');
    assert.is(await peer.next(), 'close 1001');
    signalAgain(server, 'SIGTERM', context);
    assert.is((await server.ended).status, 143);
    assert.equal(statesIn(recordsIn(path)), [
      'conversing.sending',
      'conversing.awaitingReply',
      'leaving.stopping',
    ]);
  });

  test('opens the page with the program of the system, and begins when it watches', async (context) => {
    const opener = openerOf(context, 'printf "%s\\n" "$1" > "$0.url"');
    const demo = startOpening(context, dirname(opener), 'demo', '--inspect', '--open');
    const url = await pageOf(demo);
    const viewer = await watch(url, context);
    assert.is((await demo.ended).status, 0);
    await viewer.closed;
    assert.is(readFileSync(`${opener}.url`, 'utf8'), `${url}\n`);
  });

  test('says that it cannot open a browser where there is none, and goes on', async (context) => {
    const demo = startOpening(context, '/nowhere', 'demo', '--inspect', '--open');
    const url = await pageOf(demo);
    const { status, stderr } = await demo.ended;
    assert.is(status, 0);
    assert.match(
      stderr,
      `\nCan't open a browser: expected to run xdg-open, but could not (spawn xdg-open ENOENT): the sessions go on without it; to have them wait, add --inspect-wait and open ${url} yourself\n`,
    );
  });

  test('says that the program of the system opened none, and waits if it is to wait', async (context) => {
    const folder = dirname(openerOf(context, 'exit 3'));
    const options = ['--inspect', '--open', '--inspect-wait'];
    const demo = startOpening(context, folder, 'demo', ...options);
    const url = await pageOf(demo);
    const [said] = await demo.prints('stderr', /^Can't open .*$/m);
    assert.is(
      said,
      `Can't open a browser: expected xdg-open to open one, but it ended with status 3: open ${url} yourself`,
    );
    await watch(url, context);
    assert.is((await demo.ended).status, 0);
  });

  test("begins at the offer of Stately's inspector with =stately", async (context) => {
    const demo = startCli(context, 'demo', '--inspect=stately');
    assert.match(await pageOf(demo), /#stately$/);
    assert.is((await demo.ended).status, 0);
  });

  test('leaves alone what stands behind two dashes', () => {
    assert.equal(withInspectValues(['--inspect', '--inspect=1', '--', '--inspect']), [
      '--inspect=0',
      '--inspect=1',
      '--',
      '--inspect',
    ]);
    assert.equal(withInspectValues(['client', '--inspect', 'url']), [
      'client',
      '--inspect=0',
      'url',
    ]);
  });

  test('does not take the URL to dial for its port', async (context) => {
    const server = await startCliServer(context, '--once');
    const { status, stderr } = await runCli(context, 'client', '--inspect', server.url, '--quiet');
    assert.is(status, 0);
    assert.match(stderr, PAGE);
  });
});

const NO_JOIN_URL =
  "option '--inspect-connect <url>' has a wrong argument. Expected the URL to join that --inspect printed elsewhere.";

suite('inspection that cannot begin', (test) => {
  test('names the port that is in use', async (context) => {
    const port = await portOf(createServer(), context);
    assert.equal(await runCli(context, 'demo', `--inspect=${port}`), {
      status: 1,
      stdout: '',
      stderr: `Fatal error: expected to serve the inspector on port ${port}, but it is in use: choose another, or leave it to --inspect\n`,
    });
  });

  const refused: [args: string[], sentence: string][] = [
    [
      ['--inspect=all'],
      "option '--inspect [=port]' argument 'all' is invalid. Expected a port from 0 to 65535, or stately.",
    ],
    [
      ['--inspect=70000'],
      "option '--inspect [=port]' argument '70000' is invalid. Expected a port from 0 to 65535, or stately.",
    ],
    [['--inspect-connect', 'http://127.0.0.1:1/'], NO_JOIN_URL],
    [['--inspect-connect', 'nowhere'], NO_JOIN_URL],
  ];
  for (const [args, sentence] of refused) {
    test(`refuses ${args.join(' ')} in one sentence`, async () => {
      assert.is(await refusalOf('demo', ...args), `Fatal error: ${sentence}`);
    });
  }

  test('names the file that cannot be written', async (context) => {
    const { status, stdout, stderr } = await runCli(
      context,
      ...['demo', '--inspect-file', '/nowhere/run.ndjson'],
    );
    assert.equal([status, stdout], [1, '']);
    assert.match(
      stderr,
      /^Fatal error: expected to record to \/nowhere\/run\.ndjson, but could not \(ENOENT: .*\): check the path of --inspect-file\n$/,
    );
  });

  for (const [flag, name] of [
    ['open', '--open'],
    ['inspectWait', '--inspect-wait'],
  ] as const) {
    test(`refuses ${name} without --inspect before anything runs`, async () => {
      const run = async (): Promise<void> => assert.unreachable();
      const { signal } = new AbortController();
      const reason = await inspected(
        'demo',
        { [flag]: true },
        noLines,
        signal,
        new WayOut(signal),
        run,
      ).catch(String);
      assert.is(
        reason,
        `Error: expected --inspect with ${name}, but it is missing: add it, there is no page without it`,
      );
    });
  }
});

suite('inspection that fails', (test) => {
  for (const args of [
    ['server', '--port', '0'],
    ['client', 'ws://localhost:1/'],
  ]) {
    test(`ends ${args[0]} before its session begins`, async (context) => {
      assert.equal(await runCli(context, ...args, '--open'), {
        status: 1,
        stdout: '',
        stderr:
          'Fatal error: expected --inspect with --open, but it is missing: add it, there is no page without it\n',
      });
    });
  }
});

suite('replay of the command line', (test) => {
  test('serves a recording until it is told to end', async (context) => {
    const path = await recording(context);
    const replay = startCli(context, 'replay', path);
    const [, count, url = ''] = await replay.prints(
      'stderr',
      /^Replaying (\d+) records at (\S+)$/m,
    );
    assert.is(Number(count), recordsIn(path).length);
    assert.match(await (await fetch(url)).text(), 'data-mode="replay"');
    replay.child.kill('SIGINT');
    const { status, stdout } = await replay.ended;
    assert.equal([status, stdout], [0, '']);
  });

  test('opens the page, if asked to, on the port that it is told, unless that is in use', async (context) => {
    const path = await recording(context);
    const replay = startOpening(context, '/nowhere', 'replay', path, '--open');
    await replay.prints('stderr', /^Can't open a browser: .* open http:.* yourself$/m);
    const [, port = ''] = await replay.prints('stderr', /at http:\/\/127\.0\.0\.1:(\d+)/);
    assert.equal(await runCli(context, 'replay', path, '--port', port), {
      status: 1,
      stdout: '',
      stderr: `Fatal error: expected to serve the replay on port ${port}, but it is in use: choose another --port, or leave it out\n`,
    });
    replay.child.kill('SIGTERM');
    assert.is((await replay.ended).status, 0);
  });

  test('blames the port where the system will not listen on it, and else the file', () => {
    const error = (code: string, syscall: string) =>
      Object.assign(new Error(code), { code, syscall });
    assert.equal(
      [
        whyNoReplay(error('EACCES', 'listen'), 'run.ndjson', 80),
        whyNoReplay(error('EADDRNOTAVAIL', 'listen'), 'run.ndjson', 80),
        whyNoReplay(error('EACCES', 'open'), 'run.ndjson', 80),
      ].map(({ message }) => message),
      [
        'expected to serve the replay on port 80, but this user may not listen on it: choose another --port, or leave it out',
        'expected to serve the replay on port 80, but could not (EADDRNOTAVAIL): choose another --port, or leave it out',
        'expected to read a recording from run.ndjson, but could not (EACCES): check the path',
      ],
    );
  });

  test('says that a recording was cut off, and serves the rest', async (context) => {
    const whole = await recording(context);
    const path = file(context, readFileSync(whole, 'utf8').slice(0, -30));
    const replay = startCli(context, 'replay', path);
    await replay.prints('stderr', /^Replaying/m);
    replay.child.kill('SIGTERM');
    assert.match(
      (await replay.ended).stderr,
      `The last line of ${path} is cut off: the run that wrote it did not end in order\n`,
    );
  });

  test('refuses a file that is not there, a file that is no recording, and no file, in one sentence', async (context) => {
    const text = file(context, 'hello\n');
    const said = [
      [
        '/nowhere',
        /^Error: expected to read a recording from \/nowhere, but could not \(ENOENT: .*\): check the path$/,
      ],
      [text, /^Error: expected .* to be a recording, but its first line says nothing of it: .*$/],
      [
        '/tmp',
        /^Error: expected to read a recording from \/tmp, but could not \(EISDIR: .*\): check the path$/,
      ],
    ] as const;
    const { signal } = new AbortController();
    for (const [path, pattern] of said) {
      const wayOut = new WayOut(signal);
      const replayed: Promise<unknown> = runReplay(path, { port: 0 }, noLines, signal, wayOut);
      assert.match(String(await replayed.catch(String)), pattern);
    }
    assert.is(await refusalOf('replay'), "Fatal error: missing required argument 'file'");
  });
});
