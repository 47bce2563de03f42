/** `lockstep check`: its options, its help, and its status. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { withoutSecrets } from '../adapters/url.js';
import { EXPERIMENTS, type Experiment } from '../machines/checks/index.js';
import { pageOf } from './checkPage.js';
import { printResult, progressOn } from './checkReport.js';
import { CommandError, type Perform } from './command.js';
import { duration, list, sizeUpTo } from './options.js';
import type { Lines } from './output.js';
import { pageWriter } from './pageFile.js';
import { type ReachingFlags, reachingIn, withReaching } from './reaching.js';
import { type CheckOptions, IDLE_UP_TO, runCheck, UP_TO } from './runCheck.js';
import { deadlineOption } from './sharedOptions.js';

/** How long each answer of the far end may take, in ms. */
const ANSWER_TIMEOUT = 10_000;

/** The longest silence, in ms. A connection with a keeper is held longer, and the far end ends it at 15 m. */
const LONGEST_SILENCE = 600_000;

const EXAMPLES = `
Exit status: 0 where nothing is wrong, 2 where the path does something that applications will notice,
1 where the server is not reached.

Examples:
  lockstep check wss://example.com/                   whatever is there, without harm
  lockstep check wss://staging.example.com/ --json    with lockstep server behind the path: all there is
  lockstep check ws://localhost:12345/ --only close
  lockstep check wss://example.com/ --only idle --idle-up-to 4m
  lockstep check wss://example.com/ --only restart --drain`;

interface CheckFlags extends ReachingFlags {
  json?: true;
  report?: string;
  only?: string[];
  skip?: string[];
  answerTimeout: number;
  upTo: number;
  thorough?: true;
  idleUpTo: number;
  lifetime?: number;
  drain?: true;
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
    .addOption(upToOption())
    .option('--thorough', 'try a server that is not lockstep as hard as one that is')
    .addOption(
      new Option('--idle-up-to <duration>', 'longest silence to try; a second round follows a cut')
        .argParser(silence)
        .default(IDLE_UP_TO, `${IDLE_UP_TO / 1000}s`),
    )
    .option('--lifetime <duration>', 'hold a busy connection for so long', duration)
    .option('--drain', 'hold a connection until it ends, while you reload a proxy')
    .option('--json', 'print one JSON object')
    .option('--report <file.html>', 'write the report as one page, too')
    .addHelpText('after', EXAMPLES);
}

function upToOption(): Option {
  const option = new Option('--up-to <size>', 'the largest message to try').argParser(
    sizeUpTo(UP_TO),
  );
  return option.default(UP_TO, `${UP_TO / 2 ** 20}MiB`);
}

function silence(text: string): number {
  const ms = duration(text);
  if (ms <= LONGEST_SILENCE) return ms;
  throw new InvalidArgumentError('Expected 10m at most: the far end ends a check after 15m.');
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

/** Throws a `CommandError` where an experiment is not known, or lacks its option. */
function optionsIn(url: string, flags: CheckFlags): CheckOptions {
  refuseStrangers(flags);
  refuseWithoutOption(flags);
  const { only, skip = [], answerTimeout, upTo, thorough = false } = flags;
  const { idleUpTo, lifetime, drain } = flags;
  const isChosen = (one: Experiment): boolean =>
    (only?.includes(one) ?? true) && !skip.includes(one);
  const experiments = EXPERIMENTS.filter(isChosen);
  const dialling = reachingIn(flags);
  const common = { url, dialling, experiments, answerTimeout };
  return { ...common, upTo, thorough, idleUpTo, lifetime, drain };
}

function refuseStrangers({ only = [], skip = [] }: CheckFlags): void {
  const known: readonly string[] = EXPERIMENTS;
  const stranger = [...only, ...skip].find((one) => !known.includes(one));
  if (stranger === undefined) return;
  throw new CommandError({
    expected: `experiments among ${known.join(', ')}`,
    came: `one is ${stranger}`,
    remedy: 'mend its name',
  });
}

/** Two experiments take long or need help: they run only with an option of their own. */
function refuseWithoutOption({ only = [], lifetime, drain }: CheckFlags): void {
  const lacks =
    lifetime === undefined && only.includes('lifetime')
      ? '--lifetime'
      : drain === undefined && only.includes('restart')
        ? '--drain'
        : undefined;
  if (lacks === undefined) return;
  throw new CommandError({
    expected: `${lacks} with this experiment`,
    came: 'it is missing',
    remedy: 'add the option, or leave the experiment out',
  });
}
