/** What `lockstep check` finds of the size of messages: the limits of paths, and those of our far end. */
import * as assert from 'uvu/assert';
import { startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import { caddyPaths, framePaths, haproxyPaths, nginxPaths, timedPaths } from './paths.js';

const MIB = 2 ** 20;
/** A check up to this size takes a few seconds, with the start of a product. */
const LIMIT_MS = 20_000;

suite('check of the largest message', (test) => {
  for (const [path, how] of [
    [framePaths.limitByClose, { by: 'close', closeCode: 1009, reason: 'too big for the path' }],
    [framePaths.limitByReset, { by: 'reset' }],
    [framePaths.limitBySilence, { by: 'silence' }],
  ] as const) {
    test(`finds the limit of ${path.name}, each way`, async (context) => {
      const result = await findingsOn(path, context, { only: ['largest'], answerTimeout: 1_000 });
      const { largest } = path.figures ?? {};
      assert.is(result.verdict, 'problem');
      assert.equal(
        result.findings.map(({ code, blame, facts }) => [code, blame, facts]),
        ['there', 'back'].map((way) => [
          'MESSAGE_REFUSED',
          'the path',
          { way, passed: largest, refused: (largest as number) * 2, ...how },
        ]),
      );
    });
  }

  test('takes the limit of our server for its setting, and goes on the other way', async (context) => {
    const only = ['largest'] as const;
    const result = await findingsOn(framePaths.transparent, context, { only, upTo: 3 * MIB });
    assert.is(result.verdict, 'ok');
    const [there, back] = result.findings;
    assert.equal(
      [there?.code, there?.blame, there?.status],
      ['MESSAGE_LIMIT', 'the far end', 'note'],
    );
    assert.equal([there?.facts['passed'], there?.facts['refused']], [MIB, 2 * MIB]);
    assert.equal([back?.code, back?.facts['passed']], ['LARGEST_OK', 3 * MIB]);
  });

  test('needs no limit of this end', async (context) => {
    const result = await findingsOn(framePaths.transparent, context, {
      only: ['largest'],
      upTo: MIB / 2,
      reaching: { maxPayload: 1_000 },
    });
    assert.equal(
      result.findings.map(({ code }) => code),
      ['LARGEST_OK', 'LARGEST_OK'],
    );
  });

  for (const path of [nginxPaths.bodySize, haproxyPaths.right, caddyPaths.right]) {
    test(
      `finds that ${path.name} passes 4 MiB, each way`,
      async (context) => {
        const server = await startCliServer(context, '--max-payload', '4MiB');
        const open = await path.open(Number(new URL(server.url).port), context);
        const result = await checkOver(open, context, { only: ['largest'], upTo: 4 * MIB });
        assert.equal(
          result.findings.map(({ code, facts }) => [code, facts['way'], facts['passed']]),
          [
            ['LARGEST_OK', 'there', 4 * MIB],
            ['LARGEST_OK', 'back', 4 * MIB],
          ],
        );
      },
      LIMIT_MS,
    );
  }

  test('does not take a slow path for a silent one', async (context) => {
    const result = await findingsOn(timedPaths.trickled, context, {
      only: ['largest'],
      answerTimeout: 500,
      upTo: MIB / 16,
    });
    assert.equal(
      result.findings.map(({ code }) => code),
      ['LARGEST_OK', 'LARGEST_OK'],
    );
  });

  test('sends an echo server of strangers no more than 1 MiB, and more if it is thorough', async (context) => {
    const server = await startCliServer(context, '--echo', '--no-check', '--max-payload', '2MiB');
    const open = await framePaths.transparent.open(Number(new URL(server.url).port), context);
    const only = ['largest'] as const;
    for (const [thorough, passed] of [
      [false, MIB],
      [true, 2 * MIB],
    ] as const) {
      const { farEnd, findings } = await checkOver(open, context, {
        only,
        thorough,
        upTo: 2 * MIB,
      });
      assert.is(farEnd, 'echo');
      assert.equal(
        findings.map(({ code, facts }) => [code, facts['way'], facts['passed']]),
        [['LARGEST_OK', 'round', passed]],
      );
    }
  });

  test('cannot tell where no message passes', async (context) => {
    const result = await findingsOn(framePaths.toServerDropped, context, {
      only: ['largest'],
      answerTimeout: 300,
    });
    assert.equal(
      result.findings.map(({ status, code }) => [status, code]),
      [
        ['unknown', 'NO_MESSAGE'],
        ['unknown', 'NO_MESSAGE'],
      ],
    );
  });
});
