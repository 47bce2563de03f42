/** What `lockstep check` finds of the age that a connection reaches, and of the reload of a proxy. */
import * as assert from 'uvu/assert';
import type { Finding } from '../../machines/checks/index.js';
import { startCliServer } from '../support/cli.js';
import { suite, type TestContext } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import type { Path } from './path.js';
import { framePaths, haproxyPaths, nginxPaths, timedPaths } from './paths.js';
import { relay } from './relay.js';

function lifetimeOf({ figures }: Path): number {
  return figures?.lifetimeMs ?? Number.NaN;
}

suite('the experiment lifetime', (test) => {
  for (const [path, cutBy] of [
    [timedPaths.lifetimeByFin, 'fin'],
    [timedPaths.lifetimeByClose, 'close'],
  ] as const) {
    test(`measures ${path.name}`, async (context) => {
      const { findings } = await findingsOn(path, context, { only: ['lifetime'], lifetime: 1_200 });
      const [{ code, blame, facts } = {} as Finding] = findings;
      assert.equal([code, blame, facts['cutBy']], ['LIFETIME_CUT', 'the path', cutBy]);
      const off = Number(facts['cutAfterMs']) - lifetimeOf(path);
      assert.ok(Math.abs(off) < 200, `the cut is off by ${off} ms`);
    });
  }

  for (const path of [framePaths.transparent, timedPaths.idleByFin, nginxPaths.readTimeout]) {
    test(`finds a busy connection to last over ${path.name}`, async (context) => {
      const { findings } = await findingsOn(path, context, { only: ['lifetime'], lifetime: 1_500 });
      assert.equal(
        findings.map(({ status, code }) => [status, code]),
        [['ok', 'LIFETIME_OK']],
      );
    });
  }

  test('does not run without its option, nor does restart', async (context) => {
    const { findings } = await findingsOn(framePaths.transparent, context, {
      only: ['lifetime', 'restart'],
    });
    assert.equal(findings, []);
  });
});

/** Reloads a path once a check holds its connection; resolves with the finding. */
async function restartOn(path: Path, context: TestContext): Promise<Finding> {
  const { url } = await startCliServer(context);
  let connections = 0;
  let held: () => void = () => {};
  const isHeld = new Promise<void>((resolve) => {
    held = resolve;
  });
  // The check looks at the far end on the first connection, and holds the second.
  const opened = (): void => {
    if (++connections === 2) held();
  };
  const farPort = await relay(Number(new URL(url).port), context, () => ({ opened }));
  const open = await path.open(farPort, context);
  const checking = checkOver(open, context, { only: ['restart'], drain: true });
  await isHeld;
  await open.reload?.();
  const { findings } = await checking;
  return findings[0] as Finding;
}

suite('the experiment restart', (test) => {
  for (const path of [nginxPaths.reloading, haproxyPaths.reloading]) {
    test(`tells the end that a client sees at ${path.name}`, async (context) => {
      const { status, code, facts, message } = await restartOn(path, context);
      assert.equal([status, code, facts['isBack']], ['problem', 'RESTART_BY_FIN', true], message);
      const ms = Number(facts['cutAfterMs']);
      assert.ok(ms > lifetimeOf(path) / 2, `it ended after ${ms} ms`);
    });
  }
});
