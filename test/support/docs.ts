/**
 * What is generated of the docs: whole pictures, and parts that stand in a code block behind a comment
 * that names them:
 *
 *   <!-- generated: server -->
 *
 * `npm run docs` writes them anew; a test fails when one is stale.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagramOf } from '../../runners/drawing.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The files that have generated parts. */
export const DOCS = ['README.md', 'machines/README.md'];

/** The files that are generated whole. */
export const PICTURES: Record<string, () => Promise<string>> = {
  'machines/server.svg': () => diagramOf({ machine: 'server', format: 'svg' }),
  'machines/client.svg': () => diagramOf({ machine: 'client', format: 'svg' }),
};

const mermaid = await Promise.all(
  ['server', 'client'].map((machine) => diagramOf({ machine, format: 'mermaid' })),
);
const [server, client] = mermaid as [string, string];

const generators: Record<string, () => { language: string; text: string }> = {
  server: () => ({ language: 'mermaid', text: server }),
  client: () => ({ language: 'mermaid', text: client }),
  'server help': () => ({ language: 'text', text: helpOf('server') }),
  'client help': () => ({ language: 'text', text: helpOf('client') }),
  'replay help': () => ({ language: 'text', text: helpOf('replay') }),
  'diagram help': () => ({ language: 'text', text: helpOf('diagram') }),
};

function helpOf(command: string): string {
  const cli = fileURLToPath(new URL('../../runners/cli.js', import.meta.url));
  return spawnSync(process.execPath, [cli, command, '--help'], { encoding: 'utf8' }).stdout;
}

const PART = /(<!-- generated: (.+) -->\n)```\w*\n[\s\S]*?```\n/g;

/** What a file should say, generated parts anew. */
export function regenerate(text: string): string {
  return text.replace(PART, (_, comment: string, name: string) => {
    const generate = generators[name];
    if (generate === undefined) throw new Error(`nothing generates "${name}"`);
    const { language, text: body } = generate();
    return `${comment}\`\`\`${language}\n${body}\`\`\`\n`;
  });
}

/** Reads a file of the project. */
export function readProjectFile(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** Writes all that is generated anew. */
async function writeDocs(): Promise<void> {
  for (const [path, draw] of Object.entries(PICTURES))
    writeFileSync(`${root}${path}`, await draw());
  for (const path of DOCS) writeFileSync(`${root}${path}`, regenerate(readProjectFile(path)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeDocs();
