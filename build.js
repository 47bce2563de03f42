/**
 * `npm run build`: makes `dist` of the sources.
 *
 * Rule 1. `dist` is whole at any time. A build happens aside, and takes the place of the old one at its
 *         end. A build that fails, is interrupted, or runs beside another leaves `dist` as it was.
 * Rule 2. Where `dist` is current, nothing happens: `dist` holds the digest of its sources, and of the
 *         names and sizes of its own files, so that a damaged one is made anew.
 * Rule 3. Nothing is printed to stdout, which belongs to the command that runs after the build.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const SOURCES = JSON.parse(fs.readFileSync('tsconfig.json', 'utf8')).include;
const SETTINGS = ['build.js', 'package.json', 'package-lock.json', 'tsconfig.json'];
const READ = /\.(tsx?|json|css|html|svg)$/;
const PAGE = 'inspector/page';

const dist = 'dist';
const aside = `dist.${process.pid}`;
/** The file in `dist` with the digests of its sources and of its own files. */
const DIGEST = '.digest';

/** The digest of all sources and settings of a build. */
function digestOfSources() {
  const hash = createHash('sha256');
  const sources = SOURCES.flatMap((folder) =>
    fs.readdirSync(folder, { recursive: true }).map((path) => `${folder}/${path}`),
  );
  for (const path of [...SETTINGS, ...sources.filter((path) => READ.test(path)).sort()]) {
    const text = fs.readFileSync(path);
    hash.update(`${path} ${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}

/** The digest of the names and sizes of all files of a build. */
function digestOfFiles(folder) {
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== DIGEST)
    .map(({ path, name }) => `${path}/${name}`.slice(folder.length));
  const sizes = files.sort().map((path) => `${path} ${fs.statSync(`${folder}${path}`).size}`);
  return createHash('sha256').update(sizes.join('\n')).digest('hex');
}

function isCurrent(digest) {
  try {
    const built = `${digest}\n${digestOfFiles(dist)}`;
    return fs.readFileSync(`${dist}/${DIGEST}`, 'utf8') === built;
  } catch {
    return false;
  }
}

const compilers = new Set();

/** Compiles a TypeScript project; the compiler's errors go to stderr. */
async function compile(project, ...options) {
  const args = ['node_modules/typescript/bin/tsc', '-p', project, ...options];
  // In a process group of its own, so that `leave` ends it whole: tsc starts another process.
  const compiler = spawn(process.execPath, args, { stdio: ['ignore', 2, 2], detached: true });
  compilers.add(compiler.pid);
  const [status] = await once(compiler, 'exit');
  compilers.delete(compiler.pid);
  if (status !== 0) process.exit(1);
}

/** Bundles the page of the inspector, and the command into one file that starts faster. */
async function bundle() {
  const { build } = await import('esbuild');
  const all = { bundle: true, format: 'esm', legalComments: 'none', logLevel: 'warning' };
  const files = ['drawer.ts', 'app.css', 'index.html', 'icon.svg'].map((file) => `${PAGE}/${file}`);
  const out = (path) => ({ in: path, out: path.split('/').at(-1).split('.')[0] });
  await build({
    ...all,
    entryPoints: [{ in: `${PAGE}/main.tsx`, out: 'app' }, ...files.map(out)],
    outdir: `${aside}/${PAGE}`,
    minify: true,
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.html': 'copy', '.svg': 'copy' },
  });
  const command = `${aside}/runners/lockstep.js`;
  await build({
    ...all,
    entryPoints: [`${aside}/runners/cli.js`],
    outfile: command,
    platform: 'node',
    // The command loads the last two when they are asked for.
    external: [
      'ws',
      'commander',
      'proxy-from-env',
      'socks',
      './drawing.js',
      '../inspector/index.js',
    ],
    minifySyntax: true,
    minifyWhitespace: true,
  });
  fs.chmodSync(command, 0o755);
}

/** Puts the new build in the place of the old one, or of another build that was faster. */
function takePlace() {
  const old = `${aside}.old`;
  for (let isDone = false; !isDone; ) {
    ignoring(['ENOENT'], () => fs.renameSync(dist, old));
    isDone = ignoring(['ENOTEMPTY', 'EEXIST'], () => fs.renameSync(aside, dist));
    remove(old);
  }
}

/** Returns whether `act` succeeded; throws an error whose code is not among `codes`. */
function ignoring(codes, act) {
  try {
    act();
    return true;
  } catch (error) {
    if (!codes.includes(error.code)) throw error;
    return false;
  }
}

function remove(path) {
  fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes the folders of builds that were killed. */
function tidyUp() {
  for (const name of fs.readdirSync('.')) {
    const pid = Number(/^dist\.(\d+)/.exec(name)?.[1]);
    // An earlier process had the number of this one.
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) remove(name);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is another user's.
    return error.code !== 'ESRCH';
  }
}

/** Ends the compilers, and removes the folder of this build. */
function leave() {
  for (const pid of compilers) ignoring(['ESRCH'], () => process.kill(-pid, 'SIGKILL'));
  remove(aside);
}

async function make(digest) {
  process.on('exit', leave);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  process.stderr.write('Building dist …\n');
  tidyUp();
  await Promise.all([
    compile('.', '--outDir', aside),
    compile('test/browser', '--outDir', aside),
    compile(PAGE),
  ]);
  await bundle();
  fs.writeFileSync(`${aside}/${DIGEST}`, `${digest}\n${digestOfFiles(aside)}`);
  takePlace();
  process.stderr.write(`Built dist in ${(performance.now() / 1000).toFixed(0)} s.\n`);
}

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const digest = digestOfSources();
if (!isCurrent(digest)) await make(digest);
