/** The command as it is installed: one file that starts by itself. The other tests run it, too. */
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { COMMAND, startProgram } from '../support/cli.js';
import { readProjectFile } from '../support/docs.js';
import { suite } from '../support/suite.js';

const { bin, version } = JSON.parse(readProjectFile('package.json')) as {
  bin: { lockstep: string };
  version: string;
};

suite('installed command', (test) => {
  test('starts by itself, and knows its version', async (context) => {
    const command = fileURLToPath(new URL(`../../../${bin.lockstep}`, import.meta.url));
    assert.is(command, COMMAND);
    const { status, stdout, stderr } = await startProgram(context, command, ['--version']).ended;
    assert.equal([status, stdout, stderr], [0, `${version}\n`, '']);
  });

  test('holds the conversation where no code can be made of strings', async (context) => {
    const args = ['--disallow-code-generation-from-strings', COMMAND, 'demo'];
    const { status, stdout } = await startProgram(context, process.execPath, args).ended;
    assert.is(status, 0);
    assert.match(stdout, 'Received from server: Hello 9\n');
  });
});
