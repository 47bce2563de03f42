/**
 * `lockstep check` finds nothing wrong where nothing is. The paths are all but the ones that the tests of
 * the opening, of messages and of the close name as wrong.
 */
import * as assert from 'uvu/assert';
import { runCli, startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { assertHarmless, findingsOn } from './checked.js';
import type { Path } from './path.js';
import {
  caddyPaths,
  forwardPaths,
  framePaths,
  haproxyPaths,
  nginxPaths,
  PATHS,
  timedPaths,
} from './paths.js';

/** Paths that do not open, or change or lose messages or Close frames. */
const WRONG: readonly Path[] = [
  ...[nginxPaths.withoutUpgrade, nginxPaths.withoutConnection, nginxPaths.deadBackend],
  ...[nginxPaths.authWithout, nginxPaths.redirecting],
  ...[nginxPaths.tlsExpired, nginxPaths.tlsWrongName, nginxPaths.tlsSelfSigned],
  ...[haproxyPaths.deadBackend, haproxyPaths.h2Alone, caddyPaths.deadBackend],
  ...[forwardPaths.squidPorts, forwardPaths.squidWithout],
  ...[forwardPaths.tinyproxyPorts, forwardPaths.tinyproxyWithout],
  ...[framePaths.closeEaten, framePaths.closeReplaced],
  ...[framePaths.toServerDropped, framePaths.toClientDropped],
  ...[framePaths.toServerFlipped, framePaths.toClientFlipped, framePaths.subprotocolRemoved],
  ...[framePaths.limitByClose, framePaths.limitByReset, framePaths.limitBySilence],
  ...[timedPaths.blackHole, timedPaths.holeAfterHandshake],
  // These hold messages back, or cut a connection that lasts. Their experiments have their own tests.
  ...[timedPaths.heldBack, timedPaths.lifetimeByFin, timedPaths.lifetimeByClose],
];

/** How long an answer may take, in ms: some of the paths pass a few bytes at a time. */
const PATIENCE = 5_000;

suite('check finds nothing wrong', (test) => {
  for (const path of PATHS.filter((one) => !WRONG.includes(one))) {
    test(`over ${path.name}`, async (context) => {
      const only = ['opening', 'order', 'close'] as const;
      assertHarmless(await findingsOn(path, context, { only, answerTimeout: PATIENCE }));
    });
  }

  test('and ends with status 0', async (context) => {
    const server = await startCliServer(context);
    const { entry } = await nginxPaths.right.open(Number(new URL(server.url).port), context);
    const only = ['--only', 'opening', '--only', 'order', '--only', 'close'];
    const { status, stdout } = await runCli(context, 'check', '--json', ...only, entry.url);
    assert.equal([status, JSON.parse(stdout).verdict], [0, 'ok']);
  });
});
