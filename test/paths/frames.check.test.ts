/** What `lockstep check` finds where a path joins or splits frames, or takes the offer of compression. */
import * as assert from 'uvu/assert';
import { startCliServer } from '../support/cli.js';
import { suite, type TestContext } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import type { Path } from './path.js';
import { caddyPaths, framePaths, haproxyPaths, nginxPaths, timedPaths } from './paths.js';

/** The findings on a path: status, code and way. */
async function found(path: Path, context: TestContext): Promise<unknown[][]> {
  const { findings } = await findingsOn(path, context, { only: ['frames'] });
  return findings.map(({ status, code, facts }) => [status, code, facts['way'] ?? '']);
}

suite('check of frames', (test) => {
  for (const path of [
    ...[framePaths.transparent, framePaths.pingsDropped, framePaths.pingsAnswered],
    ...[framePaths.limitByClose, timedPaths.trickled, timedPaths.heldBack],
    ...[nginxPaths.right, haproxyPaths.right, haproxyPaths.h2Front, caddyPaths.right],
  ]) {
    test(`finds that ${path.name} keeps them`, async (context) => {
      assert.equal(await found(path, context), [['ok', 'FRAMES_OK', '']]);
    });
  }

  test('sees that they are joined', async (context) => {
    const { verdict, findings } = await findingsOn(framePaths.fragmentsJoined, context, {
      only: ['frames'],
    });
    assert.is(verdict, 'ok');
    assert.equal(
      findings.map(({ code, blame, facts }) => [code, blame, facts]),
      ['there', 'back'].map((way) => [
        'FRAMES_JOINED',
        'the path',
        { way, sent: 3, arrived: 1, large: 1 },
      ]),
    );
  });

  test('sees that they are split', async (context) => {
    assert.equal(await found(framePaths.fragmentsSplit, context), [
      ['note', 'FRAMES_SPLIT', 'there'],
      ['note', 'FRAMES_SPLIT', 'back'],
    ]);
  });

  test('sees that the offer of compression does not arrive', async (context) => {
    assert.equal(await found(framePaths.compressionStripped, context), [
      ['note', 'COMPRESSION_STRIPPED', ''],
    ]);
  });

  test('tells of an echo server that it returns messages in fragments', async (context) => {
    const server = await startCliServer(context, '--echo', '--no-check');
    const open = await framePaths.transparent.open(Number(new URL(server.url).port), context);
    const { farEnd, findings } = await checkOver(open, context, { only: ['frames'] });
    assert.equal([farEnd, findings.map(({ code }) => code)], ['echo', ['FRAMES_OK']]);
  });
});
