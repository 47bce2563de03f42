/** What `lockstep check` finds where a path changes or loses messages. */
import * as assert from 'uvu/assert';
import type { Culprit } from '../../machines/checks/index.js';
import { runCli, startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { findingOf, findingsOn } from './checked.js';
import type { Path } from './path.js';
import { framePaths, timedPaths } from './paths.js';

/** Each path that loses messages: the code, the blame, and words of the message. */
const LOST: [Path, string, Culprit | null, RegExp][] = [
  [framePaths.limitByClose, 'MESSAGE_LOST', null, /65535.*a Close frame 1009 came instead/],
  [framePaths.limitByReset, 'MESSAGE_LOST', 'the path', /65535.*a reset came instead/],
  [framePaths.limitBySilence, 'MESSAGE_LOST', 'the path', /65535.*nothing came/],
  [framePaths.toServerDropped, 'NOTHING_PASSES', 'the path', /no message passes both ways/],
  [framePaths.toClientDropped, 'NOTHING_PASSES', 'the path', /no message passes both ways/],
  [timedPaths.holeAfterHandshake, 'NOTHING_PASSES', 'the path', /no message passes both ways/],
];

suite('check of the order of messages', (test) => {
  for (const [path, code, blame, words] of LOST) {
    test(`sees that messages do not pass ${path.name}`, async (context) => {
      const result = await findingsOn(path, context, { only: ['order'], answerTimeout: 1_000 });
      assert.is(result.verdict, 'problem');
      const finding = findingOf(result, code);
      assert.equal([finding.status, finding.blame], ['problem', blame]);
      assert.match(finding.message, words);
    });
  }

  for (const [way, path] of [
    ['there', framePaths.toServerFlipped],
    ['back', framePaths.toClientFlipped],
  ] as const) {
    test(`tells the way on which ${path.name} changes messages`, async (context) => {
      const result = await findingsOn(path, context, { only: ['order'], answerTimeout: 5_000 });
      const { status, blame, facts } = findingOf(result, 'MESSAGE_CHANGED');
      assert.equal([status, blame, facts['way']], ['problem', 'the path', way]);
      const changed = (facts['changes'] as { sample: string }[]).map(({ sample }) => sample);
      assert.ok(changed.includes('binary of 65536 bytes'));
    });
  }

  test('ends with status 2 where messages are changed', async (context) => {
    const server = await startCliServer(context);
    const port = Number(new URL(server.url).port);
    const { entry } = await framePaths.toServerFlipped.open(port, context);
    const { status, stdout } = await runCli(
      context,
      'check',
      '--json',
      '--only',
      'order',
      entry.url,
    );
    assert.is(status, 2);
    assert.is(JSON.parse(stdout).verdict, 'problem');
  });
});
