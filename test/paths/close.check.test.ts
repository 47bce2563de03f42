/** What `lockstep check` finds where a path eats, replaces or hides Close frames. */
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { findingsOn } from './checked.js';
import { framePaths } from './paths.js';

/** The ways of the findings with this code, each with the code that was sent. */
async function waysOf(
  path: Parameters<typeof findingsOn>[0],
  context: Parameters<typeof findingsOn>[1],
  code: string,
): Promise<[unknown, number][]> {
  const { verdict, findings } = await findingsOn(path, context, { only: ['close'] });
  assert.is(verdict, 'problem');
  return findings
    .filter((finding) => finding.code === code && finding.blame === 'the path')
    .map(({ facts }) => [facts['way'], (facts['sent'] as { code: number }).code]);
}

suite('check of the close', (test) => {
  test('sees eaten Close frames both ways', async (context) => {
    const ways = await waysOf(framePaths.closeEaten, context, 'CLOSE_FRAME_LOST');
    assert.equal(ways, [
      ['there', 4321],
      ['back', 4321],
      ['back', 1000],
    ]);
  });

  test('sees replaced close codes both ways', async (context) => {
    const ways = await waysOf(framePaths.closeReplaced, context, 'CLOSE_CODE_CHANGED');
    assert.equal(ways, [
      ['there', 4321],
      ['back', 4321],
    ]);
  });

  test('blames nobody for an ask that the path damages', async (context) => {
    const path = framePaths.toServerFlipped;
    const { verdict, findings } = await findingsOn(path, context, { only: ['close'] });
    assert.is(verdict, 'ok');
    assert.equal(new Set(findings.map(({ code }) => code)), new Set(['CLOSE_NOT_TOLD']));
  });

  test('does not say that all is well where the far end cannot tell', async (context) => {
    const path = framePaths.toClientFlipped;
    const { findings } = await findingsOn(path, context, {
      only: ['close'],
      answerTimeout: 1_000,
    });
    assert.equal(
      findings.map(({ code }) => code),
      ['CLOSE_NOT_TOLD'],
    );
  });
});
