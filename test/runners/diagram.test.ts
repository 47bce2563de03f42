/** `lockstep diagram` as its users run it, with machines of their own. */
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { chartOf } from '../../chart/model.js';
import { Coverage } from '../../explore/coverage.js';
import { edgePaths } from '../../explore/graph.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { type DiagramOptions, DrawingError, diagramOf } from '../../runners/drawing.js';
import { client, exploreSubject } from '../proof/subjects.js';
import { takenLive } from '../proof/transitionCoverage.js';
import { type Ended, refusalOf, runCli } from '../support/cli.js';
import { readProjectFile } from '../support/docs.js';
import { folderWith } from '../support/files.js';
import { suite } from '../support/suite.js';

const XSTATE = pathToFileURL(
  new URL('../../../node_modules/xstate', import.meta.url).pathname,
).href;

function fatal(message: string): Ended {
  return { status: 1, stdout: '', stderr: `Fatal error: ${message}\n` };
}

/** Why there is no diagram. */
async function reasonAgainst(options: DiagramOptions): Promise<string> {
  try {
    await diagramOf(options);
  } catch (error) {
    if (error instanceof DrawingError) return error.message;
    throw error;
  }
  throw new Error(`${options.machine} was drawn`);
}

function printed(stdout: string): Ended {
  return { status: 0, stdout, stderr: '' };
}

suite('lockstep diagram', (test) => {
  test('prints the picture that is in the docs', async (context) => {
    assert.equal(
      await runCli(context, 'diagram', 'server'),
      printed(readProjectFile('machines/server.svg')),
    );
  });

  test('prints Mermaid text as in the docs', async (context) => {
    const { status, stdout, stderr } = await runCli(
      context,
      'diagram',
      'client',
      '--format',
      'mermaid',
    );
    assert.equal([status, stderr], [0, '']);
    assert.ok(readProjectFile('machines/README.md').includes(`\`\`\`mermaid\n${stdout}\`\`\`\n`));
  });

  test('prints the model as JSON', async (context) => {
    const { status, stdout, stderr } = await runCli(
      context,
      'diagram',
      'server',
      '--format',
      'json',
    );
    assert.equal([status, stderr], [0, '']);
    assert.equal(JSON.parse(stdout), chartOf(serverSession));
  });

  test("draws a machine of the user's, made by another copy of XState, and ends", async (context) => {
    const folder = folderWith(context, {
      'lamp.mjs': `
        import { createRequire } from 'node:module';
        const { and, createMachine } = createRequire(import.meta.url)('./xstate.cjs');
        setInterval(() => {}, 1000);
        export const lamp = createMachine({
          id: 'lamp',
          initial: 'off',
          states: {
            off: { on: { press: { guard: and(['isPaid', () => true]), target: 'on' } } },
            on: { invoke: { src: { start() {} }, onDone: 'off' }, after: { 100: 'off' } },
          },
        });
        export const wattage = 60;`,
      'xstate.cjs': readProjectFile('node_modules/xstate/dist/xstate.umd.min.js'),
    });
    const expected = printed(
      [
        'stateDiagram-v2',
        '  [*] --> off',
        '  off --> on : press [isPaid and inline]',
        '  on --> off : done inline<br/>after 100 ms',
        '',
      ].join('\n'),
    );
    const args = ['--format', 'mermaid'];
    assert.equal(await runCli(context, 'diagram', `${folder}/lamp.mjs#lamp`, ...args), expected);
    // Its only machine needs no name.
    const { status, stdout } = await runCli(context, 'diagram', `${folder}/lamp.mjs`);
    assert.is(status, 0);
    assert.match(stdout, /^<svg [\s\S]*press \[isPaid and[\s\S]*<\/svg>\n$/);
  });

  test('says what is wrong with the machine it is told to draw', async (context) => {
    const folder = folderWith(context, {
      'none.mjs': 'export const wattage = 60;',
      'odd.mjs': 'export const nothing = null; export const something = {};',
      'string.mjs': "throw 'a string';",
      'bare.mjs': 'throw Object.create(null);',
      'throws.mjs': "throw new Error('no power\\nat all');",
      'machine.ts': 'export const lamp: number = 1;',
      'lost.mjs': `
        import xstate from '${XSTATE}/dist/xstate.cjs.js';
        const { createMachine } = xstate;
        const states = { a: {}, lost: { type: 'history', target: 'nowhere' } };
        export const lost = createMachine({ id: 'lost', initial: 'a', states });
        export const other = createMachine({});`,
      'proto.mjs': `
        import xstate from '${XSTATE}/dist/xstate.cjs.js';
        const states = JSON.parse('{"__proto__": {}, "b": {}}');
        export const proto = xstate.createMachine({ id: 'm', initial: '__proto__', states });`,
      'deep.mjs': `
        import xstate from '${XSTATE}/dist/xstate.cjs.js';
        let state = {};
        for (let n = 0; n < 50; n++) state = { initial: 'a', states: { a: state } };
        export const deep = xstate.createMachine({ id: 'm', ...state });`,
    });
    const wrong = {
      'nothing.mjs#lamp': `expected server, client, or a module such as ./machine.js#name, but there is no file ${folder}/nothing.mjs: check the path`,
      'none.mjs': `expected the name of a machine after ${folder}/none.mjs#, but there is none: export a machine from the module`,
      'none.mjs#lamp': `expected ${folder}/none.mjs to export lamp, but it does not: export a machine from the module`,
      'none.mjs#wattage': `expected wattage of ${folder}/none.mjs to be a machine of XState 5, but it is a number: export a machine from the module`,
      'odd.mjs#nothing': `expected nothing of ${folder}/odd.mjs to be a machine of XState 5, but it is null: export a machine from the module`,
      'odd.mjs#something': `expected something of ${folder}/odd.mjs to be a machine of XState 5, but it is another object: export a machine from the module`,
      'string.mjs#lamp': `expected to import ${folder}/string.mjs, but it threw (a string): mend the module`,
      'bare.mjs#lamp': `expected to import ${folder}/bare.mjs, but it threw ([object Object]): mend the module`,
      'throws.mjs#lamp': `expected to import ${folder}/throws.mjs, but it threw (no power): mend the module`,
      'machine.ts#lamp': `expected ${folder}/machine.ts to be JavaScript, but it is not: compile it first`,
      'lost.mjs': `expected the name of a machine after ${folder}/lost.mjs#, but there is none: name a machine that it exports (lost, other)`,
      'lost.mjs#lamp': `expected ${folder}/lost.mjs to export lamp, but it does not: name a machine that it exports (lost, other)`,
      'lost.mjs#lost': `expected ${folder}/lost.mjs#lost to be a machine of XState 5, but it cannot be read (lost.lost leads to nowhere, which is no state): mend the machine`,
      'proto.mjs': `expected to draw ${folder}/proto.mjs, but m begins in m.__proto__, which is no state in it: mend the machine, or use --format json`,
      'deep.mjs': `expected to draw ${folder}/deep.mjs, but its states are more than 40 levels deep: mend the machine, or use --format json`,
    };
    for (const [machine, message] of Object.entries(wrong)) {
      assert.is(await reasonAgainst({ machine: `${folder}/${machine}`, format: 'svg' }), message);
    }
    const [machine, message] = Object.entries(wrong)[0] as [string, string];
    assert.equal(await runCli(context, 'diagram', `${folder}/${machine}`), fatal(message));
  });

  test('tells of anything that a module throws later', async (context) => {
    const folder = folderWith(context, {
      'late.mjs':
        'setImmediate(() => { throw Object.create(null); }); await new Promise(() => {});',
    });
    const ended = await runCli(context, 'diagram', `${folder}/late.mjs`);
    assert.equal(ended, fatal('unexpected [object Object]'));
  });

  test('names the formats it knows', async () => {
    assert.is(
      await refusalOf('diagram', 'server', '--format', 'png'),
      "Fatal error: option '--format <format>' argument 'png' is invalid. Allowed choices are svg, mermaid, json.",
    );
  });

  test('shows what a proof run took', async (context) => {
    const [explored] = exploreSubject(client);
    assert.ok(explored);
    const coverage = new Coverage(explored.stepper);
    for (const path of edgePaths(explored.graph)) {
      coverage.run([explored.stepper.initial, ...path.map(({ stepped }) => stepped)]);
    }
    const taken = takenLive(new Map([[client, coverage]]));
    const { client: covered } = taken;
    const folder = folderWith(context, { 'proof.json': JSON.stringify({ coverage: taken }) });
    const args = ['--coverage', `${folder}/proof.json`];
    const { status, stdout, stderr } = await runCli(context, 'diagram', 'client', ...args);
    assert.equal([status, stderr], [0, '']);
    assert.match(stdout, /class="edge taken"[\s\S]*>socket\.[^<]* ×\d+</);
    const file = `${folder}/proof.json`;
    const json = await diagramOf({ machine: 'client', format: 'json', coverage: file });
    assert.equal(JSON.parse(json), { ...chartOf(clientSession), coverage: covered });
    assert.is(
      await reasonAgainst({ machine: 'server', format: 'svg', coverage: file }),
      `expected ${file} to cover the machine server, but it covers client: run the proof of that machine anew`,
    );
  });

  test('says what is wrong with the file of what was taken', async (context) => {
    const folder = folderWith(context, {
      'text.json': 'not taken',
      'null.json': 'null',
      'empty.json': '{"coverage": {}}',
      'missing.json': '{"coverage": {"client": null}}',
      'shape.json': '{"coverage": {"client": {"taken": {"x": "often"}, "unreachable": {}}}}',
      'old.json': '{"coverage": {"client": {"taken": {"client.old/x/0": 1}, "unreachable": {}}}}',
    });
    const noCoverage = (file: string) =>
      `expected ${folder}/${file} to have a coverage, but it has none: name the output of npm run --silent proof -- --json`;
    const wrong = {
      'nothing.json': `expected --coverage to name a readable JSON file, but it does not (ENOENT: no such file or directory): check the path`,
      'text.json': `expected --coverage to name a readable JSON file, but it does not (Unexpected token 'o', "not taken" is not valid JSON): check the path`,
      'null.json': noCoverage('null.json'),
      'empty.json': `expected ${folder}/empty.json to cover the machine client, but it covers no machine: run the proof of that machine anew`,
      'missing.json': `expected ${folder}/missing.json to cover the machine client, but its figures cannot be read: run the proof of that machine anew`,
      'shape.json': `expected ${folder}/shape.json to cover the machine client, but its figures cannot be read: run the proof of that machine anew`,
      'old.json': `expected ${folder}/old.json to cover the machine client, but it has client.old/x/0, which the machine has no longer: run the proof of that machine anew`,
    };
    for (const [file, message] of Object.entries(wrong)) {
      const options = { machine: 'client', format: 'svg', coverage: `${folder}/${file}` } as const;
      assert.is(await reasonAgainst(options), message);
    }
  });

  test('finds nothing taken of a machine whose name every object knows', async (context) => {
    const folder = folderWith(context, {
      'machine.mjs': `
        import xstate from '${XSTATE}/dist/xstate.cjs.js';
        export const machine = xstate.createMachine({ id: 'constructor' });`,
      'empty.json': '{"coverage": {}}',
    });
    const coverage = `${folder}/empty.json`;
    assert.is(
      await reasonAgainst({ machine: `${folder}/machine.mjs`, format: 'svg', coverage }),
      `expected ${coverage} to cover the machine constructor, but it covers no machine: run the proof of that machine anew`,
    );
  });
});
