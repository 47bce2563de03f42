/**
 * The command as it is installed: `cli.js` in one file, so that it starts faster. What it does is
 * tested in the other files; here, that nothing got lost on the way into that file.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { CLI, runCli, startProgram } from '../support/cli.js';
import { readProjectFile } from '../support/docs.js';
import { suite } from '../support/suite.js';

const { bin, version } = JSON.parse(readProjectFile('package.json')) as {
  bin: { lockstep: string };
  version: string;
};
const command = fileURLToPath(new URL(`../../../${bin.lockstep}`, import.meta.url));

suite('installed command', (test) => {
  test('starts by itself, and knows its version', async (context) => {
    const { status, stdout, stderr } = await startProgram(context, command, ['--version']).ended;
    assert.equal([status, stdout, stderr], [0, `${version}\n`, '']);
  });

  test('holds the conversation', async (context) => {
    const { status, stdout } = await startProgram(context, command, ['demo']).ended;
    assert.is(status, 0);
    assert.match(stdout, 'Received from server: Hello 9\n');
  });

  test('holds the conversation where no code can be made of strings', async (context) => {
    const args = ['--disallow-code-generation-from-strings', CLI, 'demo'];
    const { status, stdout } = await startProgram(context, process.execPath, args).ended;
    assert.is(status, 0);
    assert.match(stdout, 'Received from server: Hello 9\n');
  });

  test('finds what it loads when asked: diagrams', async (context) => {
    const args = ['diagram', 'client', '--format', 'mermaid'];
    const bundled = await startProgram(context, command, args).ended;
    assert.equal(bundled, await runCli(context, ...args));
  });

  test('finds what it loads when asked: the inspector', async (context) => {
    const folder = mkdtempSync(`${tmpdir()}/lockstep-`);
    context.after(() => rmSync(folder, { recursive: true }));
    const file = `${folder}/run.ndjson`;
    const { status } = await startProgram(context, command, ['demo', '--inspect-file', file]).ended;
    assert.is(status, 0);
    assert.match(readFileSync(file, 'utf8'), '"session.ended"');
  });
});
