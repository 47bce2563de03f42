/**
 * Writes docs/paths.md: what each product does to a WebSocket, by running `check` over its paths.
 *
 * Rule 1. Every cell is measured. No cell is written by hand.
 * Rule 2. The columns are the experiments that there are.
 * Rule 3. A cell has no figure that differs from run to run.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXPERIMENTS } from '../../machines/checks/index.js';
import type { CheckResult } from '../../runners/runCheck.js';
import { startCliServer } from '../support/cli.js';
import type { TestContext } from '../support/suite.js';
import { type Checked, checkOver } from './checked.js';
import type { Path } from './path.js';
import { PATHS } from './paths.js';
import { missingProducts, type ProductName, versionOf } from './products.js';
import { cellOf, codesIn } from './tableCells.js';

const FILE = fileURLToPath(new URL('../../../docs/paths.md', import.meta.url));

/** What the check is told. The silences that are tried are as short as the timeouts of the paths. */
const CHECKED: Checked = { answerTimeout: 2_000, idleUpTo: 4_000, upTo: 1024 ** 2 };

/** The options of the far end: it takes every message that the check tries. */
const FAR_END = ['--max-payload', '17MiB'];

/** A path of a product, and what the check found. */
interface Measured {
  path: Path;
  result: CheckResult;
}

const INTRODUCTION = `# What products do to a WebSocket

\`npm run paths:table\` writes this page. It puts each product between \`lockstep check\` and \`lockstep server\`,
and writes down the findings. No cell is written by hand. The configurations are in [test/paths](../test/paths):
each is named in the first column. Their times are short: a timeout that is 1 s here is often 60 s elsewhere.

\`ok\` means that nothing is wrong. A code stands for a finding: the last section explains it. A dash means
that the path did not open, or that nothing was found out.
`;

async function measure(path: Path): Promise<Measured> {
  const releases: (() => unknown)[] = [];
  const context: TestContext = { after: (release) => releases.unshift(release) };
  try {
    const { url } = await startCliServer(context, ...FAR_END);
    const open = await path.open(Number(new URL(url).port), context);
    return { path, result: await checkOver(open, context, CHECKED) };
  } finally {
    for (const release of releases) await release();
  }
}

/** Measures one path after the other: a busy machine looks like a path that holds messages back. */
async function measureAll(paths: readonly Path[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const path of paths) {
    const one = await measure(path);
    process.stdout.write(`${path.name}: ${one.result.verdict}\n`);
    measured.push(one);
  }
  return measured;
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The section of a product: its version, and a row for each of its paths. */
function sectionOf(product: ProductName, measured: readonly Measured[]): string {
  // The name of a path begins with that of its product.
  const name = measured[0]?.path.name.split(' ')[0];
  const [version] = /\d+(?:\.\d+)+/.exec(versionOf(product)) ?? [];
  const rows = measured.map(({ path, result }) => {
    const cells = EXPERIMENTS.map((experiment) => cellOf(experiment, result));
    return rowOf([path.name.replace(`${name} `, ''), ...cells]);
  });
  const head = rowOf([`${name}`, ...EXPERIMENTS]);
  const rule = rowOf(['---', ...EXPERIMENTS.map(() => '---')]);
  return [`## ${name} ${version}`, '', head, rule, ...rows, ''].join('\n');
}

/** What each code means: its message on the first path that has it. */
function legendOf(measured: readonly Measured[]): string {
  const examples = codesIn(measured.map(({ path, result }) => ({ name: path.name, result })));
  const rows = examples.map(({ code, message, name }) => rowOf([`\`${code}\``, message, name]));
  const head = [rowOf(['code', 'message', 'as on']), rowOf(['---', '---', '---'])];
  return ['## The codes', '', ...head, ...rows, ''].join('\n');
}

const missing = missingProducts();
if (missing.length > 0) {
  process.stdout.write(`✘ the table needs: apt-get install ${missing.join(' ')}\n`);
  process.exitCode = 1;
} else {
  const measured = await measureAll(PATHS.filter(({ by }) => by !== 'own'));
  const products = new Set(measured.map(({ path }) => path.by as ProductName));
  const sections = [...products].map((product) =>
    sectionOf(
      product,
      measured.filter(({ path }) => path.by === product),
    ),
  );
  writeFileSync(FILE, [INTRODUCTION, ...sections, legendOf(measured)].join('\n'));
}
