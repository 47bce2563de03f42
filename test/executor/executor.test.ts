/** The executor of tests: each way in which uvu passes in silence is red here. */
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { startProgram } from '../support/cli.js';
import { suite } from '../support/suite.js';

const RUN = fileURLToPath(new URL('../run.js', import.meta.url));
const fixture = (name: string): string =>
  fileURLToPath(new URL(`./${name}.fixture.js`, import.meta.url));

suite('executor', (test) => {
  const red: [string, string, string][] = [
    ['a file without tests', 'nothing', 'nothing.fixture.js: no test was registered'],
    ['a suite without tests', 'emptySuite', 'the suite "empty" has no tests'],
    ['two tests of one name', 'twins', '"twins" has two tests named "same"'],
    ['a thrown value that is no Error', 'thrownString', 'thrown: only a string'],
    ['a test that never ends', 'hanging', '"hangs" was not over after 50 ms'],
    [
      'a clean-up that never ends',
      'hangingCleanUp',
      '"the clean-up of leaves" was not over after 50 ms',
    ],
    ['a process that ends too early', 'earlyExit', 'the process ended before its tests did'],
    ['a handle that is left open', 'openHandle', 'something is still open after the last test'],
    ['a rejection that nobody handles', 'floating', 'nobody handles this'],
  ];

  for (const [name, file, message] of red) {
    test(`is red on ${name}`, async (context) => {
      const { status, stdout, stderr } = await startProgram(context, process.execPath, [
        RUN,
        fixture(file),
      ]).ended;
      assert.is.not(status, 0);
      assert.match(stdout + stderr, message);
    });
  }

  test('is red when no file matches', async (context) => {
    const { status, stdout } = await startProgram(context, process.execPath, [RUN, 'no-such'])
      .ended;
    assert.equal([status, stdout], [1, '✘ no test file matches\n\n0 passed, 1 failed\n']);
  });

  test('counts what files side by side come to', async (context) => {
    const files = ['well', 'earlyExit', 'nothing'].map(fixture);
    const { status, stdout } = await startProgram(context, process.execPath, [RUN, ...files]).ended;
    assert.is(status, 1);
    assert.match(stdout, 'the process ended before its tests did');
    assert.match(stdout, 'nothing.fixture.js: no test was registered');
    assert.match(stdout, /\n2 passed, 2 failed\n$/);
  });

  test('is green on tests that pass', async (context) => {
    const { status, stdout } = await startProgram(context, process.execPath, [RUN, fixture('well')])
      .ended;
    assert.is(status, 0);
    assert.match(stdout, /\n2 passed, 0 failed\n$/);
  });
});
