/** Recordings: the reader reads what the recorder wrote, and refuses other files. */
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createActor, createMachine } from 'xstate';
import { startInspecting } from '../../inspector/index.js';
import { readRecording } from '../../inspector/recording.js';
import { serveReplay } from '../../inspector/replay.js';
import { serverSession } from '../../machines/index.js';
import { converse, inspecting, recordsOf, upgradeStatus } from '../support/inspection.js';
import { suite, type TestContext } from '../support/suite.js';

function folder({ after }: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-'));
  after(() => rmSync(path, { recursive: true }));
  return path;
}

const HEADING = '{"lockstep":"recording","format":1}';
const RECORDS = recordsOf((inspect) => converse(inspect)).map((record) => JSON.stringify(record));

suite('recordings', (test) => {
  test('have every record, the last one too, and no other user may read them', async (context) => {
    const file = join(folder(context), 'run.ndjson');
    const started = await inspecting(context, { file });
    converse(started.inspect, 50);
    await started.close();
    const { lines, isCut } = readRecording(readFileSync(file, 'utf8'), file);
    const records = lines.map((line) => JSON.parse(line));
    assert.equal(
      records.map(({ seq }) => seq),
      Array.from({ length: records.length }, (_, n) => n + 1),
    );
    assert.equal([records[0].kind, records.at(-1).kind, isCut], ['run', 'ended', false]);
    assert.is(statSync(file).mode & 0o077, 0);
  });

  test('are served to the page', async (context) => {
    const file = join(folder(context), 'run.ndjson');
    writeFileSync(file, `${[HEADING, ...RECORDS].join('\n')}\n`);
    const replay = await serveReplay(file);
    context.after(() => replay.close());
    const page = await (await fetch(replay.url)).text();
    assert.match(page, 'data-mode="replay"');
    const recording = await (await fetch(`${replay.url}recording`)).text();
    assert.equal(recording.trimEnd().split('\n'), RECORDS);
    const upgrade = `${replay.url.replace('http:', 'ws:')}watch`;
    assert.is(await upgradeStatus(upgrade, { origin: new URL(replay.url).origin }), 404);
    assert.equal([replay.records, replay.isCut], [RECORDS.length, false]);
  });

  test('of a very deep machine can be replayed', async (context) => {
    const file = join(folder(context), 'run.ndjson');
    const started = await inspecting(context, { file });
    const states = (depth: number): object =>
      depth === 0 ? {} : { initial: 'a', states: { a: states(depth - 1) } };
    createActor(createMachine({ id: 'deep', ...states(60) }), { inspect: started.inspect }).start();
    await started.close();
    assert.match(started.troubles[0] ?? '', 'it is shown without a chart');
    const replay = await serveReplay(file);
    context.after(() => replay.close());
    assert.is(replay.records, 4);
  });

  test('are read without a last line that was cut off', () => {
    const text = [HEADING, ...RECORDS].join('\n');
    const { lines, isCut } = readRecording(text.slice(0, -20), 'run.ndjson');
    assert.equal([lines, isCut], [RECORDS.slice(0, -1), true]);
  });

  const whole = [HEADING, ...RECORDS].join('\n');
  const kept: [name: string, text: string][] = [
    ['without the last newline', whole],
    ['with empty last lines', `${whole}\n\n \n`],
    ['with CRLF', `${whole.replaceAll('\n', '\r\n')}\r\n`],
    ['with CRLF but for the last line', whole.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${whole}\n`],
  ];
  for (const [name, text] of kept) {
    test(`are read whole ${name}`, () => {
      assert.equal(readRecording(text, 'run.ndjson'), { lines: RECORDS, isCut: false });
    });
  }

  test('are read without a last line that was cut off, wherever that was', () => {
    for (let end = whole.length - 1; end > whole.length - (RECORDS.at(-1)?.length ?? 0); end--) {
      const read = readRecording(whole.slice(0, end), 'run.ndjson');
      assert.equal(read, { lines: RECORDS.slice(0, -1), isCut: true });
    }
  });

  const bad: [name: string, text: string, message: string][] = [
    [
      'an empty file',
      '',
      'expected run.ndjson to be a recording, but its first line says nothing of it: name a file that --inspect-file wrote',
    ],
    [
      'a file of something else',
      '{"name":"lockstep"}\n',
      'expected run.ndjson to be a recording, but its first line says nothing of it: name a file that --inspect-file wrote',
    ],
    [
      'another format',
      '{"lockstep":"recording","format":2}\n',
      'expected a recording of format 1, but run.ndjson has format 2: replay it with the version of lockstep that wrote it',
    ],
    [
      'a damaged line',
      `${HEADING}\n${RECORDS[0]}\n{"seq":2\n${RECORDS[2]}\n`,
      'expected a record, but got no JSON in line 3 of run.ndjson: the file was damaged, record anew',
    ],
    [
      'an empty line among the records',
      `${HEADING}\n${RECORDS[0]}\n\n${RECORDS[1]}\n`,
      'expected a record, but got no JSON in line 3 of run.ndjson: the file was damaged, record anew',
    ],
    [
      'a very deep line',
      `${HEADING}\n${RECORDS[0]?.replace('}', `,"more":${'['.repeat(250_000)}${']'.repeat(250_000)}}`)}\n`,
      'expected a record of at most 100 levels, but got a deeper one in line 2 of run.ndjson: the limit is 100 levels, record anew with this version, which keeps to it',
    ],
    [
      'a line of very many values',
      `${HEADING}\n${RECORDS[0]?.replace('}', `,"more":[${'0,'.repeat(50_000)}0]}`)}\n`,
      'expected a record of at most 40000 values, but got more in line 2 of run.ndjson: the limit is 40000 values, record anew with this version, which keeps to it',
    ],
    [
      'a very long line',
      `${HEADING}\n${RECORDS[0]?.replace('}', `,"more":"${'x'.repeat(70_000)}"}`)}\n`,
      'expected a record of at most 65536 characters, but got a longer one in line 2 of run.ndjson: the limit is 65536 characters, record anew with this version, which keeps to it',
    ],
    [
      'a very long name',
      `${HEADING}\n${RECORDS[0]?.replace('"test"', `"${'x'.repeat(1_001)}"`)}\n`,
      'expected a name of at most 1000 characters, but got a longer one in line 2 of run.ndjson: the limit is 1000 characters, record anew with this version, which keeps to it',
    ],
    [
      'a whole last line that is no record',
      `${HEADING}\n${RECORDS[0]}\n{}`,
      'expected a record, but got other JSON in line 3 of run.ndjson: the file was damaged, record anew',
    ],
    [
      'a last line that is damaged but has an end',
      `${HEADING}\n${RECORDS[0]}\n{"seq":2\n`,
      'expected a record, but got no JSON in line 3 of run.ndjson: the file was damaged, record anew',
    ],
    [
      'nothing but a line that was cut off',
      `${HEADING}\n${RECORDS[0]?.slice(0, 9)}`,
      'expected records in run.ndjson, but it has none: nothing was recorded',
    ],
    [
      'a recording without records',
      `${HEADING}\n`,
      'expected records in run.ndjson, but it has none: nothing was recorded',
    ],
  ];
  for (const [name, text, message] of bad) {
    test(`are not read from ${name}, in one sentence`, () => {
      assert.throws(
        () => readRecording(text, 'run.ndjson'),
        (error: Error) => error.message === message,
      );
    });
  }

  test('are not served where they are too large for a page', async (context) => {
    const file = join(folder(context), 'run.ndjson');
    writeFileSync(file, HEADING);
    truncateSync(file, 128 * 2 ** 20 + 1);
    await serveReplay(file).then(
      () => assert.unreachable(),
      (error: Error) =>
        assert.is(
          error.message,
          `expected a recording of at most 134217728 bytes, but ${file} has 134217729: record fewer sessions`,
        ),
    );
  });

  test('keep no page open where their file cannot be opened', async () => {
    const options = { name: 'test', file: '/nowhere/run', onTrouble: () => {} };
    for (const where of [{}, { port: 0 }]) {
      await startInspecting({ ...options, ...where }).then(
        () => assert.unreachable(),
        (error: NodeJS.ErrnoException) => assert.is(error.code, 'ENOENT'),
      );
    }
  });

  test('have the addresses of a socket as both ends write them, and none where it is gone', async (context) => {
    const file = join(folder(context), 'run.ndjson');
    const started = await startInspecting({ name: 'test', file, onTrouble: () => {} });
    const actor = createActor(serverSession, { inspect: started.inspect });
    const ends = (localAddress?: string, localPort?: number) =>
      started.connected(actor, {
        localAddress,
        localPort,
        remoteAddress: '::1',
        remotePort: 2,
      } as Socket);
    ends('::ffff:127.0.0.1', 1);
    ends('fe80::1', 1);
    ends();
    await started.close();
    const records = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
    const told = records.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'connected');
    assert.equal(
      told.map(({ local, remote }) => [local, remote]),
      [
        ['127.0.0.1:1', '[::1]:2'],
        ['[fe80::1]:1', '[::1]:2'],
        ['', '[::1]:2'],
      ],
    );
  });

  test('stop, and the run goes on, where the disk is full', async (context) => {
    const started = await inspecting(context, { file: '/dev/full' });
    converse(started.inspect, 1_000);
    await started.close();
    assert.is(started.troubles.length, 1);
    assert.match(
      started.troubles[0] ?? '',
      'expected to record to /dev/full, but could not (ENOSPC: no space left on device, write): the recording stops there',
    );
  });
});
