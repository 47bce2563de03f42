/** What `lockstep check` finds where a path passes, drops or answers pings. */
import * as assert from 'uvu/assert';
import type { Finding } from '../../machines/checks/index.js';
import { startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import { caddyPaths, framePaths, haproxyPaths, nginxPaths, timedPaths } from './paths.js';

const said = ({ status, blame, code, facts }: Finding): unknown[] => [
  status,
  blame,
  code,
  facts['way'],
];

suite('check of pings', (test) => {
  for (const path of [
    ...[framePaths.transparent, framePaths.closeEaten, timedPaths.trickled],
    ...[nginxPaths.right, haproxyPaths.right, haproxyPaths.h2Front, caddyPaths.right],
  ]) {
    test(`finds that ${path.name} passes them both ways`, async (context) => {
      const { verdict, findings } = await findingsOn(path, context, { only: ['pings'] });
      assert.is(verdict, 'ok');
      assert.equal(findings.map(said), [
        ['ok', null, 'PINGS_OK', 'there'],
        ['ok', null, 'PINGS_OK', 'back'],
      ]);
      assert.equal(
        findings.map(({ facts }) => [facts['count'], facts['arrived']]),
        [
          [5, 5],
          [5, 5],
        ],
      );
    });
  }

  for (const [path, code] of [
    [framePaths.pingsAnswered, 'PINGS_ANSWERED_BY_PATH'],
    [framePaths.pingsDropped, 'PINGS_LOST'],
    [framePaths.pongsDropped, 'PONGS_LOST'],
  ] as const) {
    test(`blames ${path.name}`, async (context) => {
      const { verdict, findings } = await findingsOn(path, context, {
        only: ['pings'],
        answerTimeout: 500,
      });
      assert.is(verdict, 'problem');
      assert.equal(findings.map(said), [
        ['problem', 'the path', code, 'there'],
        ['problem', 'the path', code, 'back'],
      ]);
    });
  }

  test('cannot tell where no message passes', async (context) => {
    const { findings } = await findingsOn(framePaths.toServerDropped, context, {
      only: ['pings'],
      answerTimeout: 300,
    });
    assert.equal(findings.map(said), [
      ['unknown', null, 'NO_MESSAGE', 'there'],
      ['unknown', null, 'NO_MESSAGE', 'back'],
    ]);
  });

  test('does not say who answers in front of a far end that is not ours', async (context) => {
    const server = await startCliServer(context, '--no-check', '--message', 'Welcome');
    const open = await framePaths.pingsAnswered.open(Number(new URL(server.url).port), context);
    const { farEnd, findings } = await checkOver(open, context, { only: ['pings'] });
    assert.is(farEnd, 'other');
    assert.equal(findings.map(said), [['ok', null, 'PINGS_OK', 'round']]);
    assert.match(findings[0]?.message ?? '', 'by the far end or by the path');
  });
});
