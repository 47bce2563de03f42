/**
 * The generated parts of the docs. Each stands in a code block behind a comment that names it:
 *
 *   <!-- generated: server -->
 *
 * `npm run docs` writes them anew; a test fails when one is stale.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clientSession, serverSession } from '../../machines/index.js';
import { mermaidOf } from './mermaid.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The files that have generated parts. */
export const DOCS = ['README.md', 'machines/README.md'];

const generators: Record<string, () => { language: string; text: string }> = {
  server: () => ({ language: 'mermaid', text: mermaidOf(serverSession) }),
  client: () => ({ language: 'mermaid', text: mermaidOf(clientSession) }),
  'server help': () => ({ language: 'text', text: helpOf('server') }),
  'client help': () => ({ language: 'text', text: helpOf('client') }),
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

/** Writes all generated parts anew. */
function writeDocs(): void {
  for (const path of DOCS) writeFileSync(`${root}${path}`, regenerate(readProjectFile(path)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeDocs();
