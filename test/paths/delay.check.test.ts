/** What `lockstep check` finds where a path holds small messages back. */
import * as assert from 'uvu/assert';
import { startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import {
  caddyPaths,
  forwardPaths,
  framePaths,
  haproxyPaths,
  nginxPaths,
  timedPaths,
} from './paths.js';

const ONLY = { only: ['delay'] } as const;
/** The rests of a check, and the times for which the slowest path holds messages back. */
const LIMIT_MS = 20_000;

suite('check of delays', (test) => {
  for (const path of [
    ...[framePaths.transparent, nginxPaths.right, nginxPaths.buffering],
    ...[haproxyPaths.right, caddyPaths.right],
  ]) {
    test(
      `finds none on ${path.name}`,
      async (context) => {
        const { findings } = await findingsOn(path, context, ONLY);
        assert.equal(
          findings.map(({ code, facts }) => [code, facts['way']]),
          [
            ['DELAY_OK', 'there'],
            ['DELAY_OK', 'back'],
          ],
        );
      },
      LIMIT_MS,
    );
  }

  test(
    'measures for how long each way holds small messages back',
    async (context) => {
      const path = timedPaths.heldBack;
      const { verdict, findings } = await findingsOn(path, context, ONLY);
      assert.is(verdict, 'problem');
      assert.equal(
        findings.map(({ code, blame, facts }) => [code, blame, facts['way']]),
        [
          ['HELD_BACK', 'the path', 'there'],
          ['HELD_BACK', 'the path', 'back'],
        ],
      );
      const heldMs = path.figures?.heldMs as number;
      for (const { facts } of findings) {
        const off = Math.abs((facts['heldMs'] as number) - heldMs);
        assert.ok(off < heldMs / 4, `${facts['heldMs']} ms, not ${heldMs} ms`);
      }
    },
    LIMIT_MS,
  );

  test(
    "sees that tinyproxy leaves Nagle's algorithm on",
    async (context) => {
      const { findings } = await findingsOn(forwardPaths.tinyproxy, context, ONLY);
      const [finding] = findings.filter(({ facts }) => facts['way'] === 'back');
      assert.equal([finding?.code, finding?.blame], ['SECOND_HELD_BACK', 'the path']);
    },
    LIMIT_MS,
  );

  test(
    'blames nobody in front of an echo server',
    async (context) => {
      const server = await startCliServer(context, '--echo', '--no-check');
      const open = await timedPaths.heldBack.open(Number(new URL(server.url).port), context);
      const { findings } = await checkOver(open, context, ONLY);
      assert.equal(
        findings.map(({ code, blame, facts }) => [code, blame, facts['way']]),
        [['HELD_BACK', null, 'round']],
      );
    },
    LIMIT_MS,
  );

  test('cannot tell where large messages do not pass', async (context) => {
    const { findings } = await findingsOn(framePaths.limitByClose, context, ONLY);
    assert.equal(
      findings.map(({ status, code }) => [status, code]),
      [['unknown', 'NO_ANSWER']],
    );
  });

  test('cannot tell of a far end that returns nothing', async (context) => {
    const server = await startCliServer(context, '--no-check', '--message', 'Welcome');
    const open = await framePaths.transparent.open(Number(new URL(server.url).port), context);
    const only = ['largest', 'frames', 'delay'] as const;
    const { farEnd, findings } = await checkOver(open, context, { only, answerTimeout: 300 });
    assert.equal(
      [farEnd, ...findings.map(({ code }) => code)],
      ['other', 'NEEDS_ECHO', 'NEEDS_ECHO', 'NEEDS_ECHO'],
    );
  });
});
