/** The architecture, out loud: who may import whom, what is public, and what must be current. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import * as listen from '../adapters/listen.js';
import * as message from '../adapters/message.js';
import * as ws from '../adapters/ws.js';
import * as chart from '../chart/index.js';
import * as compiler from '../compiler/index.js';
import * as inspector from '../inspector/index.js';
import * as machines from '../machines/index.js';
import { programOf } from '../runners/program.js';
import { startProgram } from './support/cli.js';
import { DOCS, GENERATED, PICTURES, readProjectFile, regenerate } from './support/docs.js';
import { noLines } from './support/lines.js';
import { suite } from './support/suite.js';
import { withoutAddresses } from './support/transcripts.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

function sourcesIn(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => `${folder}/${path}`);
}

function importsOf(path: string): string[] {
  return [...readProjectFile(path).matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(
    ([, name]) => name as string,
  );
}

/** The files of the project that a source imports. */
function filesImportedBy(source: string): string[] {
  return importsOf(source)
    .filter((name) => name.startsWith('.'))
    .map((name) => new URL(name, `file:///${source}`).pathname.slice(1).replace(/\.js$/, '.ts'))
    .map((file) => (existsSync(`${root}${file}`) ? file : `${file}x`));
}

/** The files that import themselves through others. */
function filesInCycles(importedFiles: ReadonlyMap<string, readonly string[]>): string[] {
  const reachableFrom = (file: string, seen = new Set<string>()): Set<string> => {
    for (const next of importedFiles.get(file) ?? []) {
      if (!seen.has(next)) reachableFrom(next, seen.add(next));
    }
    return seen;
  };
  return [...importedFiles.keys()].filter((file) => reachableFrom(file).has(file));
}

suite('architecture', (test) => {
  /** The rooms in the order of the house: each may import what its line says, and itself. */
  const rooms: Record<string, string> = {
    machines: 'xstate',
    compiler: 'xstate',
    chart: 'xstate @dagrejs/dagre',
    explore: 'xstate chart',
    adapters:
      'xstate ws socks node:dns node:events node:http node:net node:stream node:tls machines compiler',
    // The page is bundled for browsers: what it imports is no dependency of the package.
    'inspector/page': 'preact preact/hooks @preact/signals chart inspector',
    inspector:
      'xstate ws node:crypto node:events node:fs node:http node:net node:stream machines chart',
    runners:
      'xstate ws commander proxy-from-env node:child_process node:crypto node:events node:fs node:http node:net node:path node:stream node:timers/promises node:tls node:url machines chart adapters inspector',
  };
  const roomOf = (path: string): string =>
    Object.keys(rooms).find((room) => path.startsWith(`${room}/`)) ?? path;
  /** What a source imports: packages by name, files of the project by their room. */
  const importedBy = (source: string): string[] =>
    importsOf(source).map((name) =>
      name.startsWith('.') ? roomOf(new URL(name, `file:///${source}`).pathname.slice(1)) : name,
    );

  for (const [room, allowed] of Object.entries(rooms)) {
    test(`lets ${room} import only what stands above it`, () => {
      const sources = sourcesIn(room).filter((path) => roomOf(path) === room);
      assert.is(sources.length > 2, true);
      const strangers = sources.flatMap((source) =>
        importedBy(source)
          .filter((name) => name !== room && !allowed.split(' ').includes(name))
          .map((name) => `${source} imports ${name}`),
      );
      assert.equal(strangers, []);
    });
  }

  for (const room of Object.keys(rooms)) {
    test(`has no cycle of imports in ${room}, type imports included`, () => {
      const sources = sourcesIn(room).filter((path) => roomOf(path) === room);
      const importedFiles = new Map(
        sources.map((source) => [
          source,
          filesImportedBy(source).filter((path) => sources.includes(path)),
        ]),
      );
      assert.is([...importedFiles.values()].flat().length > 2, true);
      assert.equal(filesInCycles(importedFiles), []);
    });
  }

  test('enters machines and the compiler by their public face', () => {
    const inner = sourcesIn('adapters')
      .concat(sourcesIn('inspector'), sourcesIn('runners'))
      .flatMap((source) => importsOf(source).map((name) => `${source} imports ${name}`))
      .filter((line) => /\/(machines|compiler)\/(?!(?:checks\/)?index\.js)/.test(line));
    assert.equal(inner, []);
  });

  test('lets the page read only what runs in a browser', () => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const line of readProjectFile(path).matchAll(
        /^(import|export) (?!type ).*?from '([^']+)'/gms,
      )) {
        const name = line[2] as string;
        assert.not.match(name, /^(node:|ws$|xstate$)/, `${path} imports ${name}`);
        if (!name.startsWith('.')) continue;
        const file = new URL(name, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '.ts');
        visit(existsSync(`${root}${file}`) ? file : `${file}x`);
      }
    };
    visit('inspector/page/main.tsx');
    visit('inspector/page/drawer.ts');
    assert.is(seen.size > 20, true);
  });

  test('gives the machines no clock, no chance and no I/O', () => {
    for (const source of sourcesIn('machines')) {
      const text = readProjectFile(source);
      assert.not.match(
        text,
        /(?<!clock\.)\b(Date|performance|process|setTimeout|Math\.random|Buffer)\b\s*[.(]/,
      );
    }
  });

  test('prints in one place, which escapes what it prints', () => {
    const printing = sourcesIn('runners').filter((path) =>
      /\bconsole\.|\bprocess\.std(out|err)\b/.test(readProjectFile(path)),
    );
    assert.equal(printing, ['runners/output.ts']);
  });

  test('has these public names', () => {
    assert.equal(Object.keys(compiler).sort(), ['compile', 'createCompiledActor']);
    assert.equal(Object.keys(chart).sort(), [
      'chartOf',
      'coverageMarks',
      'fileStyle',
      'layOut',
      'mermaidOf',
      'reasonNotToDraw',
      'svgOf',
    ]);
    assert.equal(Object.keys(machines).sort(), [
      'LONGEST_DELAY',
      'afterSilence',
      'clientDefaults',
      'clientSession',
      'endInWords',
      'escapeControls',
      'hexOf',
      'isPrintable',
      'longest',
      'looksIdle',
      'opening',
      'openingDefaults',
      'pings',
      'quote',
      'sentenceOf',
      'serverDefaults',
      'serverSession',
      'textOf',
    ]);
    assert.equal(Object.keys(ws).sort(), [
      'dial',
      'echo',
      'holdReading',
      'keepPinging',
      'requestStop',
      'speak',
      'wsOptions',
    ]);
    assert.equal(Object.keys(listen).sort(), ['listen']);
    assert.equal(Object.keys(inspector).sort(), [
      'RecordingError',
      'serveReplay',
      'startInspecting',
    ]);
    assert.equal(Object.keys(message).sort(), [
      'Message',
      'MessageError',
      'QUEUE_BYTES',
      'QUEUE_MESSAGES',
      'messages',
    ]);
  });

  test('can be imported by its public names', async (context) => {
    const { exports } = JSON.parse(readProjectFile('package.json')) as {
      exports: Record<string, string>;
    };
    const entries = Object.keys(exports).filter((name) => !name.endsWith('.json'));
    const script = entries.map((name) => `import 'lockstep${name.slice(1)}';`).join('\n');
    const { status, stderr } = await startProgram(context, process.execPath, [
      '--input-type=module',
      '--eval',
      script,
    ]).ended;
    assert.equal([status, stderr], [0, '']);
  });

  test('has types, with which the examples of the docs compile', async (context) => {
    // The guide to adapters is one example in pieces, which its own test puts together.
    const pages = DOCS.filter((page) => page !== 'machines/README.md');
    const examples = pages.flatMap((page) => [
      ...readProjectFile(page).matchAll(/```ts\n([\s\S]*?)```/g),
    ]);
    assert.is(examples.length > 4, true);
    // Inside the project, so that the package finds itself by its name.
    const folder = mkdtempSync(`${root}dist/examples-`);
    context.after(() => rmSync(folder, { recursive: true }));
    const files = examples.map(([, code], n) => {
      writeFileSync(`${folder}/example${n}.mts`, code as string);
      return `${folder}/example${n}.mts`;
    });
    const options =
      '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node';
    const { status, stdout } = await startProgram(context, process.execPath, [
      `${root}node_modules/typescript/bin/tsc`,
      ...options.split(' '),
      '--skipLibCheck',
      ...files,
    ]).ended;
    assert.equal([status, stdout], [0, '']);
  });

  test('depends on every package that its published files import', () => {
    const { dependencies } = JSON.parse(readProjectFile('package.json')) as {
      dependencies: Record<string, string>;
    };
    const published = Object.keys(rooms).filter((room) => room !== 'explore');
    const imported = published
      .filter((room) => room !== 'inspector/page')
      .flatMap((room) => sourcesIn(room).filter((path) => roomOf(path) === room))
      .flatMap(importsOf)
      .filter((name) => /^[a-z@]/.test(name) && !name.startsWith('node:'));
    // ws has no types of its own, and the published declarations speak of it.
    assert.equal(Object.keys(dependencies).sort(), [...new Set([...imported, '@types/ws'])].sort());
  });

  for (const path of GENERATED) {
    test(`has a ${path} whose generated parts are current (else: npm run docs)`, () => {
      const text = readProjectFile(path);
      assert.match(text, '<!-- generated: ');
      assert.is(regenerate(text), text);
    });
  }

  for (const [path, draw] of Object.entries(PICTURES)) {
    test(`has a ${path} that is current (else: npm run docs)`, async () => {
      assert.is(readProjectFile(path), await draw());
    });
  }

  test('shows every picture in a page', () => {
    const pages = DOCS.map(readProjectFile).join('\n');
    for (const path of Object.keys(PICTURES)) assert.match(pages, `](${path.split('/').at(-1)})`);
  });

  test('has a README whose transcript is a true one', async (context) => {
    const readme = readProjectFile('README.md');
    const shown = /<!-- run: (.+) -->\n```text\n([\s\S]*?)```/.exec(readme);
    assert.ok(shown);
    const [, args, transcript] = shown;
    const script =
      'node dist/runners/lockstep.js server --port 0 --rounds 2 --once 2>&1 >/dev/null | ' +
      '{ read -r _ _ url; node dist/runners/lockstep.js "$@" "$url" 2>&1; cat >/dev/null; }';
    const { status, stdout } = await startProgram(context, 'sh', [
      '-c',
      `cd "${root}" && ${script}`,
      'sh',
      ...(args as string).split(' '),
    ]).ended;
    const timeless = (text: string) => withoutAddresses(text).replace(/\d+\.\d{3}/g, '0');
    assert.equal([status, timeless(stdout)], [0, timeless(transcript as string)]);
  });

  test('explains every fact, command, notice and fault in the page on the machines', () => {
    const page = readProjectFile('machines/README.md');
    for (const file of ['facts', 'commands', 'notices', 'errors']) {
      const source = readProjectFile(`machines/${file}.ts`);
      const names = [...source.matchAll(/type: '([a-zA-Z.]+)'|'(ERR_\w+)'|^ {2}(ERR_\w+): \{/gm)];
      assert.is(names.length > 2, true, file);
      for (const [, type, code, verdict] of names) {
        assert.match(page, `\`${type ?? code ?? verdict}\``);
      }
    }
  });

  test('has every command, with its exit statuses, in the page of the command line', () => {
    const page = readProjectFile('docs/cli.md');
    const { commands } = programOf(noLines, async () => {});
    assert.is(commands.length, 6);
    for (const command of commands) {
      assert.match(page, `\n## lockstep ${command.name()}\n`);
      assert.match(page, `<!-- generated: ${command.name()} help -->`);
    }
    for (const status of ['0', '1', '2', '130, 143', '141']) {
      assert.match(page, new RegExp(`^\\| ${status} +\\|`, 'm'));
    }
  });

  for (const page of DOCS) {
    test(`has a ${page} whose links lead somewhere`, () => {
      const links = readProjectFile(page).matchAll(
        /\]\((?!https?:|#)([^)#]+)|src(?:set)?="([^"]+)"/g,
      );
      const missing = [...links]
        .map(([, link, picture]) => new URL((link ?? picture) as string, `file://${root}${page}`))
        .filter((url) => !existsSync(url));
      assert.equal(missing.map(String), []);
    });
  }
});
