/**
 * Suites of uvu, without the ways in which uvu is green in silence.
 *
 * Rule 1. A suite is registered whole, in one call: no test can be added too late or left out.
 * Rule 2. There is no `only`, `skip` or hook here; a test cleans up with `after`.
 * Rule 3. Every test, its clean-up included, has a time limit, and is named when it passes it.
 * Rule 4. A suite without tests, or with two of one name, is an error.
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
  const names = new Set<string>();
  let open = true;
  define((testName, body, limit = 10_000) => {
    if (!open) throw new Error(`"${testName}" was registered after its suite "${name}"`);
    if (names.has(testName)) throw new Error(`"${name}" has two tests named "${testName}"`);
    names.add(testName);
    tests(testName, () => runTest(testName, body, limit));
  });
  open = false;
  if (names.size === 0) throw new Error(`the suite "${name}" has no tests`);
  tests.run();
}

async function runTest(name: string, body: TestBody, limit: number): Promise<void> {
  const releases: (() => unknown)[] = [];
  const run = async (): Promise<void> => {
    try {
      await within(limit, name, () => body({ after: (release) => releases.unshift(release) }));
    } finally {
      await within(limit, `the clean-up of ${name}`, async () => {
        for (const release of releases) await release();
      });
    }
  };
  try {
    await run();
  } catch (error) {
    // uvu takes a thrown value that is no Error for a success.
    throw error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  }
}

/** Does the work; rejects, and names it, if it is not over after `limit` ms. */
export async function within(limit: number, name: string, work: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${name}" was not over after ${limit} ms`)), limit);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
