/** Files of tests: folders that go with the test, and the certificates in `tls`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TestContext } from './suite.js';

/** A folder of the test's own, with these files; it is removed when the test is over. */
export function folderWith({ after }: TestContext, files: Record<string, string> = {}): string {
  const folder = mkdtempSync(`${tmpdir()}/lockstep-`);
  after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
  return folder;
}

/** The path of a PEM file for tests. */
export function pemPath(name: string): string {
  return fileURLToPath(new URL(`../../../test/support/tls/${name}`, import.meta.url));
}
