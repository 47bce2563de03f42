/** Hides the secrets of URLs, which would stay in logs and scrollback. */

/**
 * Returns a URL, well-formed or not, without its secrets: the user and password, the token in the URLs
 * of an inspector, the query and the fragment.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^(\w*:?\/\/)?.*@/s, '$1…@')
    .replace(/(?<=\/)[\w-]{32}(?=\/|$)/, '…')
    .replace(/([?#]).*/s, '$1…');
}

/** Returns a text without the secrets of the URLs in it: users, passwords and queries. */
export function withoutSecretsIn(text: string): string {
  return text
    .replace(/\/\/[^\s/@"'<>]*@/g, '//…@')
    .replace(/\?[^\s"'<>=]+=[^\s"'<>]*|(?<=\/[^\s"'<>]*)\?[^\s"'<>]+/g, '?…');
}

/** Returns the target of a request (RFC 9112, 3.2) without its secrets: the user, the password and the query. */
export function targetWithoutSecrets(target: string): string {
  const query = target.indexOf('?');
  const rest = query === -1 ? target : target.slice(0, query);
  return rest.startsWith('/') ? rest : rest.replace(/^(\w+:\/\/)?[^/]*@/, '$1…@');
}
