/**
 * `lockstep check` over a path, with `lockstep server` behind it.
 *
 * Rule 1. The near end runs in the process of the test. The far end is the command, as its users run it.
 * Rule 2. Deadlines are short: a test need not wait as people do.
 * Rule 3. An error carries the version and the log of the product.
 */
import * as assert from 'uvu/assert';
import { EXPERIMENTS, type Experiment, type Finding } from '../../machines/checks/index.js';
import { hostAndPort } from '../../runners/options.js';
import { type ReachingFlags, reachingIn } from '../../runners/reaching.js';
import { type CheckOptions, type CheckResult, runCheck } from '../../runners/runCheck.js';
import { startCliServer } from '../support/cli.js';
import { type TestContext, within } from '../support/suite.js';
import type { EntryPoint, OpenPath, Path } from './path.js';
import { withLog } from './startProduct.js';

/** The most that a check may take once its path is open, in ms. */
const CHECK_MS = 15_000;

/** What `check` is told unless a test says otherwise. */
const DEFAULTS = { answerTimeout: 1_000 };

/** What a test may choose. */
export interface Checked extends Partial<Omit<CheckOptions, 'url' | 'dialling' | 'experiments'>> {
  /** The experiments to run; all by default. */
  only?: readonly Experiment[];
  /** How the path is reached, beside what its entry says. */
  reaching?: Partial<ReachingFlags>;
}

/** Checks a path; resolves with the result. */
export async function findingsOn(
  path: Path,
  context: TestContext,
  checked: Checked = {},
): Promise<CheckResult> {
  const { url } = await startCliServer(context);
  const open = await path.open(Number(new URL(url).port), context);
  return checkOver(open, context, checked);
}

/** Checks a path that is open already; resolves with the result. */
export async function checkOver(
  open: OpenPath,
  context: TestContext,
  { only = EXPERIMENTS, reaching, ...options }: Checked = {},
): Promise<CheckResult> {
  const stop = new AbortController();
  context.after(() => stop.abort());
  const dialling = reachingIn({ ...flagsFor(open.entry), ...reaching });
  let result: CheckResult | undefined;
  await withLog(open, () =>
    within(CHECK_MS, 'the check', async () => {
      const { url } = open.entry;
      result = await runCheck(
        { url, dialling, experiments: only, ...DEFAULTS, ...options },
        { began: () => {}, found: () => {} },
        stop.signal,
      );
    }),
  );
  return result as CheckResult;
}

function flagsFor({ proxy, ca, connectTo, servername }: EntryPoint): ReachingFlags {
  return {
    origin: 'http://localhost',
    proxy: proxy ?? false,
    maxPayload: 16 * 1024 * 1024,
    connectTimeout: 2_000,
    ...(ca !== undefined && { ca }),
    ...(connectTo !== undefined && { connectTo: hostAndPort(connectTo) }),
    ...(servername !== undefined && { servername }),
  };
}

/** The only finding that has this code. */
export function findingOf({ findings }: CheckResult, code: string): Finding {
  const [finding, ...more] = findings.filter((one) => one.code === code);
  if (finding !== undefined && more.length === 0) return finding;
  throw new Error(`expected one ${code}, but came ${JSON.stringify(findings, null, 2)}`);
}

/** Demands that nothing is wrong: the verdict is ok, and no finding is a problem or unknown. */
export function assertHarmless(result: CheckResult): void {
  const wrong = result.findings.filter(
    ({ status }) => status === 'problem' || status === 'unknown',
  );
  assert.equal(wrong, []);
  assert.is(result.verdict, 'ok');
}
