/** The build script, on a small project of the same shape. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type Running, startProgram } from './support/cli.js';
import { suite, type TestContext } from './support/suite.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const SAME = [
  ...['build.js', 'package.json', 'package-lock.json', 'tsconfig.json'],
  ...['test/browser/tsconfig.json', 'inspector/page/tsconfig.json'],
];

const SMALL = {
  'machines/one.ts': 'export const one = 1;',
  'machines/two.ts': 'export const two = 2;',
  'runners/cli.ts': "import { one } from '../machines/one.js'; process.exitCode = one;",
  'test/browser/none.ts': 'export {};',
  'inspector/page/main.tsx': 'document.title = "small";',
  'inspector/page/drawer.ts': 'export {};',
  'inspector/page/app.css': '',
  'inspector/page/index.html': '',
  'inspector/page/icon.svg': '',
};

interface Project {
  folder: string;
  build(): Running;
  write(path: string, text: string): void;
}

/** A project of the same shape as this one, in a folder of its own. */
function project(context: TestContext): Project {
  const folder = mkdtempSync(`${tmpdir()}/lockstep-`);
  context.after(() => rmSync(folder, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
    writeFileSync(`${folder}/${path}`, text);
  };
  for (const path of SAME) cpSync(`${root}${path}`, `${folder}/${path}`, { recursive: true });
  const { include } = JSON.parse(readFileSync(`${root}tsconfig.json`, 'utf8')) as {
    include: string[];
  };
  for (const room of include) mkdirSync(`${folder}/${room}`, { recursive: true });
  for (const [path, text] of Object.entries(SMALL)) write(path, text);
  symlinkSync(`${root}node_modules`, `${folder}/node_modules`);
  return { folder, build: () => startProgram(context, 'node', [`${folder}/build.js`]), write };
}

function distsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('dist'));
}

suite('build', (test) => {
  test('makes dist anew when a source has changed, and else does nothing', async (context) => {
    const { folder, build } = project(context);
    const first = await build().ended;
    assert.equal([first.status, first.stdout], [0, '']);
    assert.match(first.stderr, /^Building dist …\nBuilt dist in \d+ s\.\n$/);
    const command = `${folder}/dist/runners/lockstep.js`;
    assert.is((await startProgram(context, 'node', [command]).ended).status, 1);
    const { ino } = statSync(command);
    assert.equal(await build().ended, { status: 0, stdout: '', stderr: '' });
    assert.is(statSync(command).ino, ino);
    rmSync(`${folder}/machines/two.ts`);
    // Both at once: neither disturbs the other.
    const statuses = [build(), build()].map(async ({ ended }) => (await ended).status);
    assert.equal(await Promise.all(statuses), [0, 0]);
    assert.equal(distsIn(folder), ['dist']);
    assert.equal(
      ['one', 'two'].map((name) => existsSync(`${folder}/dist/machines/${name}.js`)),
      [true, false],
    );
    assert.is(existsSync(`${folder}/dist/inspector/page/app.js`), true);
  }, 60_000);

  test('makes a damaged dist anew', async (context) => {
    const { folder, build, write } = project(context);
    assert.is((await build().ended).status, 0);
    rmSync(`${folder}/dist/machines/two.js`);
    assert.is((await build().ended).status, 0);
    assert.is(existsSync(`${folder}/dist/machines/two.js`), true);
    write('dist/machines/two.js', '');
    assert.is((await build().ended).status, 0);
    assert.match(readFileSync(`${folder}/dist/machines/two.js`, 'utf8'), 'two = 2');
  }, 60_000);

  test('is not hindered by the folders of other builds', async (context) => {
    const { folder, build } = project(context);
    // Init is alive, and another user's unless root builds.
    mkdirSync(`${folder}/dist.1`);
    // A process that had the number of the build before.
    const preload = `${folder}/leftovers.cjs`;
    writeFileSync(
      preload,
      "for (const end of ['', '.old']) require('fs').mkdirSync('dist.' + process.pid + end + '/half', { recursive: true });",
    );
    const args = ['--require', preload, `${folder}/build.js`];
    await build().ended;
    writeFileSync(`${folder}/machines/two.ts`, 'export const two = 22;');
    const again = startProgram(context, 'sh', [
      '-c',
      `cd ${folder} && exec node ${args.join(' ')}`,
    ]);
    assert.is((await again.ended).status, 0);
    assert.equal(distsIn(folder), ['dist', 'dist.1']);
  }, 60_000);

  test('leaves dist as it was when it is interrupted', async (context) => {
    const { folder, build, write } = project(context);
    write('dist/old.js', '');
    // What a build that was killed has left.
    write('dist.999999999/half.js', '');
    const running = build();
    await running.prints('stderr', /Building/);
    running.child.kill('SIGINT');
    const { status, stdout } = await running.ended;
    assert.equal([status, stdout], [130, '']);
    assert.equal([distsIn(folder), readdirSync(`${folder}/dist`)], [['dist'], ['old.js']]);
  }, 20_000);

  test('leaves dist as it was when a source is wrong', async (context) => {
    const { folder, build, write } = project(context);
    write('dist/old.js', '');
    write('machines/two.ts', "export const two: number = 'two';");
    const { status, stdout, stderr } = await build().ended;
    assert.equal([status, stdout], [1, '']);
    assert.match(stderr, /machines\/two\.ts.*error TS2322/);
    assert.equal([distsIn(folder), readdirSync(`${folder}/dist`)], [['dist'], ['old.js']]);
  }, 60_000);
});
