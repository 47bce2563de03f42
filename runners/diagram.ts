/** `lockstep diagram`: its options and its help. `drawing.ts` draws; it is loaded when asked for. */
import { type Command, Option } from 'commander';
import { CommandError, type Perform, type Work } from './command.js';
import type { Format } from './drawing.js';

const EXAMPLES = `
Examples:
  lockstep diagram server > server.svg
  lockstep diagram ./dist/machine.js#machine --format mermaid
  npm run --silent proof -- --json > proof.json; lockstep diagram client --coverage proof.json`;

const FORMATS: readonly Format[] = ['svg', 'mermaid', 'json'];

interface DiagramFlags {
  format: Format;
  coverage?: string;
}

export function addDiagram(program: Command, perform: Perform): void {
  program
    .command('diagram')
    .description('Draw the chart of a machine, on stdout.')
    .argument(
      '<machine>',
      'server, client, opening, pings, one of check (idle, closing …), or a module: ./machine.js#name',
    )
    .addOption(
      new Option('--format <format>', 'what to draw it as').choices(FORMATS).default('svg'),
    )
    .option('--coverage <file>', 'colour what a proof run took (its JSON)')
    .action((machine: string, flags: DiagramFlags) => perform(drawing(machine, flags), 'die'))
    .addHelpText('after', EXAMPLES);
}

function drawing(machine: string, { format, coverage }: DiagramFlags): Work {
  return async (lines) => {
    const { DrawingError, diagramOf } = await import('./drawing.js');
    const drawn = await diagramOf({ machine, format, coverage }).catch((error) => {
      throw error instanceof DrawingError ? new CommandError(error.message) : error;
    });
    await lines.document(drawn, format === 'json' ? 'json' : 'short');
    return 0;
  };
}
