/**
 * Runs the test files named by its arguments: whole files, or parts of their paths. Without arguments it
 * runs all files except `interop`, `paths` and `browser`, which need programs that not every machine has.
 *
 * Rule 1. Files run side by side, a process each, as many at a time as the machine has cores.
 * Rule 2. uvu's own runner exits with 0 where a file registers nothing, a suite breaks off, or tests are
 *         skipped, and does not exit while a handle is open. Here each of these is a failure.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

type RunSuite = () => Promise<[errors: string | true, ran: number, skipped: number, total: number]>;

declare global {
  var UVU_DEFER: number;
  var UVU_INDEX: number;
  var UVU_QUEUE: [file: string, ...suites: RunSuite[]][];
}

const here = fileURLToPath(new URL('.', import.meta.url));

/** Loads the files, runs their suites, and reports; resolves with whether all is well. */
export async function runFiles(files: string[]): Promise<boolean> {
  globalThis.UVU_DEFER = 1;
  globalThis.UVU_QUEUE = [];
  const complaints: string[] = [];
  let passed = 0;
  let failed = 0;

  for (const [index, file] of files.entries()) {
    globalThis.UVU_INDEX = index;
    globalThis.UVU_QUEUE.push([file]);
    await import(pathToFileURL(file).href);
    const [name, ...suites] = globalThis.UVU_QUEUE[index] ?? [file];
    const label = relative(here, name);
    process.stdout.write(`${label}\n`);
    let total = 0;
    for (const run of suites) {
      const [errors, ran, skipped, all] = await run();
      if (errors !== true) process.stdout.write(`\n${errors}\n`);
      if (skipped > 0) complaints.push(`${label}: ${skipped} tests were skipped`);
      total += all;
      passed += ran;
      failed += all - ran;
    }
    if (total === 0) complaints.push(`${label}: no test was registered`);
  }

  if (files.length === 0) complaints.push('no test file matches');
  for (const complaint of complaints) process.stdout.write(`✘ ${complaint}\n`);
  process.stdout.write(`\n${passed} passed, ${failed + complaints.length} failed\n`);
  return failed + complaints.length === 0;
}

/** Runs the files as the only work of this process: an end in the middle is a failure. */
export async function runAsProcess(files: string[]): Promise<void> {
  let over = false;
  process.on('exit', () => {
    if (over) return;
    process.stdout.write('\n✘ the process ended before its tests did\n0 passed, 1 failed\n');
    process.exitCode = 1;
  });
  const isWell = await runFiles(files);
  over = true;
  process.exitCode = isWell ? 0 : 1;
  setTimeout(() => {
    const left = process.getActiveResourcesInfo().join(', ');
    process.stdout.write(`✘ something is still open after the last test: ${left}\n`);
    process.exit(1);
  }, 2_000).unref();
}

/** The end of the output of a process that ran one file. */
const SUMMARY = /\n(\d+) passed, (\d+) failed\n$/;

/** Runs one file in a process of its own, and prints its output; resolves with the numbers. */
function runOne(file: string): Promise<{ passed: number; failed: number }> {
  return new Promise((resolve, reject) => {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), file];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => {
      const [summary = '', passed = 0, failed = 0] = SUMMARY.exec(text) ?? [];
      process.stdout.write(text.slice(0, text.length - summary.length));
      const isCounted = status === 0 || Number(failed) > 0;
      resolve({ passed: Number(passed), failed: Number(failed) + (isCounted ? 0 : 1) });
    });
  });
}

/** Runs files side by side. The largest go first: they tend to take longest. */
export async function runSideBySide(files: readonly string[]): Promise<void> {
  const left = [...files].sort((a, b) => statSync(b).size - statSync(a).size);
  const sum = { passed: 0, failed: 0 };
  const work = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const { passed, failed } = await runOne(file);
      sum.passed += passed;
      sum.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed\n`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

/** The test files below a folder of `test`, sorted. */
export function testFiles(isWanted: (path: string) => boolean): string[] {
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js') && isWanted(path))
    .sort()
    .map((path) => `${here}${path}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const parts = process.argv.slice(2);
  const files = parts.filter((part) => part.endsWith('.js'));
  const found = testFiles((path) =>
    parts.length > 0
      ? parts.some((part) => path.includes(part))
      : !/^(?:interop|paths|browser)/.test(path),
  );
  const chosen = files.length > 0 ? files : found;
  await (chosen.length > 1 ? runSideBySide(chosen) : runAsProcess(chosen));
}
