/**
 * Suites of paths: the path is the suite, and what it does is the test.
 *
 * Rule 1. The type asks for tests of every path in a list.
 * Rule 2. A test gets a path of its own, opened in front of a far end that is worked by hand.
 * Rule 3. An error carries the version and the log of the product.
 */
import type { RawPeer } from '../support/rawPeer.js';
import { suite, type TestContext, within } from '../support/suite.js';
import { type Answer, dialPath } from './dialPath.js';
import { type FarEnd, startFarEnd } from './farEnd.js';
import type { OpenPath, Path, PathFigures } from './path.js';
import { withLog } from './startProduct.js';

/** The most that a test may take once its path is open, in ms: less than the suite gives the whole. */
const TEST_MS = 9_000;
const SUITE_MS = 20_000;

/** Both ends of a connection that has opened, and what each end was told. */
export interface Connection {
  client: RawPeer;
  server: RawPeer;
  /** The lines of the request as the far end read them. */
  request: string[];
  /** The lines of the answer as the client read them. */
  answer: string[];
}

/** What a test of a path works with. */
export interface Rig extends OpenPath {
  context: TestContext;
  far: FarEnd;
  figures: PathFigures;
  /** Dials the path, whatever the answer; `headers` are lines of the handshake. */
  dial(headers?: readonly string[]): Promise<Answer>;
  /** Opens a connection; `headers` are lines of the request, `answered` lines of the answer. */
  connect(headers?: readonly string[], answered?: readonly string[]): Promise<Connection>;
}

type PathTest = (rig: Rig) => Promise<unknown>;

/** What a path does, in words that follow its name, and the proof. */
export type PathTests = Record<string, PathTest>;

/** Registers a suite for each path. */
export function pathSuites<P extends Record<string, Path>>(
  paths: P,
  tests: { [K in keyof P]: PathTests },
): void {
  for (const [key, path] of Object.entries(paths)) {
    suite(path.name, (test) => {
      for (const [title, body] of Object.entries<PathTest>(tests[key as keyof P])) {
        test(title, (context) => runWithPath(path, context, body), SUITE_MS);
      }
    });
  }
}

async function runWithPath(path: Path, context: TestContext, body: PathTest): Promise<void> {
  const far = await startFarEnd(context);
  const open = await path.open(far.port, context);
  await withLog(open, () =>
    within(TEST_MS, 'the work of the test', () => body(rigOf(path, open, far, context))),
  );
}

function rigOf(path: Path, open: OpenPath, far: FarEnd, context: TestContext): Rig {
  return {
    ...open,
    context,
    far,
    figures: path.figures ?? {},
    dial: (headers) => dialPath(open.entry, context, headers),
    connect: (headers, answered) => connectThrough(open, far, context, headers, answered),
  };
}

/** Opens a connection through a path to its far end. */
export async function connectThrough(
  { entry }: OpenPath,
  far: FarEnd,
  context: TestContext,
  headers?: readonly string[],
  answered?: readonly string[],
): Promise<Connection> {
  const accepted = far.next().then((held) => ({
    server: held.open(undefined, answered),
    request: held.lines,
  }));
  const { peer, lines } = await dialPath(entry, context, headers);
  if (peer === undefined) throw new Error(`expected status 101, but "${lines[0]}" came`);
  return { client: peer, answer: lines, ...(await accepted) };
}
