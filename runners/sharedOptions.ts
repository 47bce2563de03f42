/** The options that several commands have. */
import { type Command, Option } from 'commander';
import { MAX_PAYLOAD } from '../adapters/limits.js';
import { duration, size, wholeNumber } from './options.js';

/** A deadline, with its default in ms. */
export function deadlineOption(flags: string, what: string, ms: number): Option {
  return new Option(flags, what).argParser(duration).default(ms, `${ms / 1000}s`);
}

export function maxPayloadOption(): Option {
  const option = new Option('--max-payload <size>', 'largest message received').argParser(size);
  return option.default(MAX_PAYLOAD, `${MAX_PAYLOAD / 2 ** 20}MiB`);
}

/** Adds `--strict-close` and `--no-strict-close`. */
export function withStrictClose(command: Command): Command {
  return command
    .option(
      '--strict-close',
      'take an end without a Close frame for an error (default: where the peer is lockstep)',
    )
    .option('--no-strict-close', 'take it for graceful, whoever the peer is');
}

/** Adds the options of `Reporting`; `quiet` says what is still printed. */
export function withReporting(command: Command, quiet: string): Command {
  return command
    .option('--json', 'print one JSON object a line for every notice')
    .option('--trace', 'write every fact, command and state to stderr')
    .option('--timestamps', 'put the time before each line of transcript and trace')
    .option('--quiet', quiet);
}

/** Reads how many there are to be: a whole number from `min`. */
export function count(min: number): (text: string) => number {
  return wholeNumber(min, 2 ** 31);
}

/** Reads a port; 0 stands for any free one. */
export const port = wholeNumber(0, 65_535);

/**
 * The settings of a session among a command's flags, over their defaults. A session gets no other
 * flag: an inspector may show all that a session is given, and flags hold secrets.
 */
export function settingsIn<S extends object>(flags: Partial<S>, defaults: S): S {
  const names = Object.keys(defaults) as (keyof S)[];
  const settings = names.map((name) => [name, flags[name] ?? defaults[name]]);
  return Object.fromEntries(settings) as S;
}
