/** Hides the secrets of URLs, which would stay in logs and scrollback. */

/**
 * Returns a URL, well-formed or not, without its secrets: the user and password, the token in the URLs
 * of an inspector, and the query.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^(\w*:?\/\/)?.*@/s, '$1…@')
    .replace(/(?<=\/)[\w-]{32}(?=\/|$)/, '…')
    .replace(/\?.*/s, '?…');
}
