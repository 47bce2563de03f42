/**
 * Makes one line of commander's text on wrong usage.
 *
 * Rule 1. A value that may be a secret is not repeated: a header, the URL of an inspector, the user and
 *         password in any URL, what follows the letters of an unknown option.
 */
import { withoutSecrets } from '../adapters/url.js';

/** The options whose values are secrets. */
const SECRET = /^(option '--(?:header|inspect-connect) [^']*') argument '.*' is invalid\./s;
const UNKNOWN_OPTION = /^(unknown option ')(--[a-z-]*|-[a-z]?).*?'(?=$| \(Did you)/is;
const REPEATED =
  /^(unknown (?:command|option)|option '[^']*' argument) '(.*)'(?=$| is invalid\.| \(Did you)/s;
const SUGGESTION = /\n(?=\(Did you mean [^\n]*\)$)/;

/** The sentence for a text of commander's. */
export function usageError(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(SUGGESTION, ' ')
    .replace(SECRET, '$1 has a wrong argument.')
    .replace(UNKNOWN_OPTION, "$1$2'")
    .replace(REPEATED, (_, what: string, value: string) => `${what} '${withoutSecrets(value)}'`);
}
