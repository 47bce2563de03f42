/** `lockstep check`: its options, its help, and its status. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { withoutSecrets } from '../adapters/url.js';
import { EXPERIMENTS, type Experiment } from '../machines/index.js';
import { pageOf } from './checkPage.js';
import { printResult, progressOn } from './checkReport.js';
import { CommandError, type Perform } from './command.js';
import { list } from './options.js';
import type { Lines } from './output.js';
import { pageWriter } from './pageFile.js';
import { type ReachingFlags, reachingIn, withReaching } from './reaching.js';
import { type CheckOptions, runCheck } from './runCheck.js';
import { deadlineOption } from './sharedOptions.js';

/** How long each answer of the far end may take, in ms. */
const ANSWER_TIMEOUT = 10_000;

const EXAMPLES = `
Exit status: 0 where nothing is wrong, 2 where the path does something that applications will notice,
1 where the server is not reached.

Examples:
  lockstep check wss://example.com/                   whatever is there, without harm
  lockstep check wss://staging.example.com/ --json    with lockstep server behind the path: all there is
  lockstep check ws://localhost:12345/ --only close`;

interface CheckFlags extends ReachingFlags {
  json?: true;
  report?: string;
  only?: string[];
  skip?: string[];
  answerTimeout: number;
}

export function addCheck(program: Command, perform: Perform): void {
  const command = program
    .command('check')
    .description('See what the path to a server does to a WebSocket, and who does it.')
    .argument('<url>', 'ws://host:port, wss://host/path or ws+unix:/socket:/path')
    .action((url: string, flags: CheckFlags) =>
      perform((lines, stop) => check(url, flags, lines, stop), 'end early'),
    );
  withReaching(command)
    .addOption(experimentOption('--only <experiment>', 'no other experiment; may be given again'))
    .addOption(experimentOption('--skip <experiment>', 'not this experiment; may be given again'))
    .addOption(
      deadlineOption(
        '--answer-timeout <duration>',
        'for each answer of the server',
        ANSWER_TIMEOUT,
      ),
    )
    .option('--json', 'print one JSON object')
    .option('--report <file.html>', 'write the report as one page, too')
    .addHelpText('after', EXAMPLES);
}

function experimentOption(flags: string, what: string): Option {
  return new Option(flags, `${what}: ${EXPERIMENTS.join(', ')}`).argParser(list);
}

async function check(
  url: string,
  flags: CheckFlags,
  lines: Lines,
  stop: AbortSignal,
): Promise<number> {
  const write = flags.report === undefined ? undefined : pageWriter(flags.report);
  const result = await runCheck(optionsIn(url, flags), progressOn(lines), stop);
  const shown = { ...result, url: withoutSecrets(url) };
  write?.(pageOf(shown, new Date()));
  if (flags.json) lines.json(shown);
  else printResult(shown, lines);
  return { ok: 0, problem: 2, unreachable: 1 }[result.verdict];
}

/** Throws a `CommandError` where an experiment is not known. */
function optionsIn(url: string, flags: CheckFlags): CheckOptions {
  const { only, skip = [], answerTimeout } = flags;
  const chosen = [...(only ?? []), ...skip];
  const stranger = chosen.find((one) => !(EXPERIMENTS as readonly string[]).includes(one));
  if (stranger !== undefined) {
    throw new CommandError({
      expected: `experiments among ${EXPERIMENTS.join(', ')}`,
      came: `one is ${stranger}`,
      remedy: 'mend its name',
    });
  }
  const isChosen = (one: Experiment): boolean =>
    (only?.includes(one) ?? true) && !skip.includes(one);
  const experiments = EXPERIMENTS.filter(isChosen);
  return { url, dialling: reachingIn(flags), experiments, answerTimeout };
}
