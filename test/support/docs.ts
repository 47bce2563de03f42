/**
 * The pages of the docs, and the generated parts of them: whole pictures, and code blocks behind a
 * comment that names them:
 *
 *   <!-- generated: server -->
 *
 * `npm run docs` writes them anew; a test fails when one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagramOf } from '../../runners/drawing.js';
import { saidBy } from './cli.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The pages that have generated parts. */
export const GENERATED = ['machines/README.md', 'docs/cli.md'];

/** The pages for users. */
export const DOCS = [
  'README.md',
  'docs/inspector.md',
  'docs/library.md',
  'compiler/README.md',
  ...GENERATED,
];

/** The files that are generated whole. */
export const PICTURES: Record<string, () => Promise<string>> = {
  'machines/opening.svg': () => diagramOf({ machine: 'opening', format: 'svg' }),
  'machines/pings.svg': () => diagramOf({ machine: 'pings', format: 'svg' }),
  'machines/server.svg': () => diagramOf({ machine: 'server', format: 'svg' }),
  'machines/client.svg': () => diagramOf({ machine: 'client', format: 'svg' }),
};

const mermaid = await Promise.all(
  ['server', 'client'].map((machine) => diagramOf({ machine, format: 'mermaid' })),
);
const [server, client] = mermaid as [string, string];

const generated: Record<string, { language: string; text: string }> = {
  server: { language: 'mermaid', text: server },
  client: { language: 'mermaid', text: client },
  help: { language: 'text', text: (await saidBy('--help')).stdout },
};
for (const command of ['server', 'client', 'check', 'demo', 'diagram', 'replay']) {
  const { stdout } = await saidBy(command, '--help');
  generated[`${command} help`] = { language: 'text', text: stdout };
}

const PART = /(<!-- generated: (.+) -->\n)```\w*\n[\s\S]*?```\n/g;

/** What a file should say, generated parts anew. */
export function regenerate(text: string): string {
  return text.replace(PART, (_, comment: string, name: string) => {
    const part = generated[name];
    if (part === undefined) throw new Error(`nothing generates "${name}"`);
    const { language, text: body } = part;
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
  for (const path of GENERATED) writeFileSync(`${root}${path}`, regenerate(readProjectFile(path)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeDocs();
