/**
 * The tree of commands, as commander parses it. Each command's own file says its options, its help,
 * and what it runs; here is what they share: how help, usage errors and the version are printed.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCheck } from './check.js';
import { addClient } from './client.js';
import type { Perform } from './command.js';
import { addDemo } from './demo.js';
import { addDiagram } from './diagram.js';
import { fatalLine, type Lines } from './output.js';
import { addReplay } from './replay.js';
import { addServer } from './server.js';
import { usageError } from './usage.js';

const EXAMPLES = `
Examples:
  lockstep demo
  lockstep server --port 8080
  lockstep client ws://localhost:8080/
  lockstep check wss://example.com/`;

/** The program: it prints to `lines`, and gives the work of its commands to `perform`. */
export function programOf(lines: Lines, perform: Perform): Command {
  const program = new Command('lockstep')
    .description('Hold a WebSocket conversation, and see whether the path between two ends works.')
    .version(versionOf())
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      writeOut: (text) => void lines.document(text),
      writeErr: (text) => {
        for (const line of text.trimEnd().split('\n')) lines.err(line);
      },
      outputError: (text) => lines.err(fatalLine(usageError(text))),
    });
  for (const add of [addServer, addClient, addCheck, addDiagram, addDemo, addReplay])
    add(program, perform);
  return program;
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
