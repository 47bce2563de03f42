/** What of a URL may be shown: all but its secrets, which would stay in logs and scrollback. */

/**
 * A URL, or what was meant to be one, without its secrets: the user and password, the token in the
 * URLs of an inspector, and the query.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^(\w*:?\/\/)?.*@/s, '$1…@')
    .replace(/(?<=\/)[\w-]{32}(?=\/|$)/, '…')
    .replace(/\?.*/s, '?…');
}
