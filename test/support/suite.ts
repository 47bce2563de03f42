/**
 * Suites of uvu, without the ways in which uvu is green in silence.
 *
 * Rule 1. A suite is registered whole, in one call: no test can be added too late or left out.
 * Rule 2. There is no `only`, `skip` or hook here; a test cleans up with `after`.
 * Rule 3. Every test has a time limit, and is named when it passes it.
 */
import { suite as uvuSuite } from 'uvu';

/** What a test may do beside asserting. */
export interface TestContext {
  /** Runs `release` once the test is over, passed or not; the last one registered goes first. */
  after(release: () => unknown): void;
}

type TestBody = (context: TestContext) => unknown;

/** Registers a test; `limit` is in ms. */
export type Test = (name: string, body: TestBody, limit?: number) => void;

/** Registers a suite and its tests. */
export function suite(name: string, define: (test: Test) => void): void {
  const tests = uvuSuite(name);
  let open = true;
  define((testName, body, limit = 10_000) => {
    if (!open) throw new Error(`"${testName}" was registered after its suite "${name}"`);
    tests(testName, () => runTest(testName, body, limit));
  });
  open = false;
  tests.run();
}

async function runTest(name: string, body: TestBody, limit: number): Promise<void> {
  const releases: (() => unknown)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${name}" was not over after ${limit} ms`)), limit);
  });
  try {
    await Promise.race([body({ after: (release) => releases.unshift(release) }), late]);
  } catch (error) {
    // uvu takes a thrown value that is no Error for a success.
    throw error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  } finally {
    clearTimeout(timer);
    for (const release of releases) await release();
  }
}
