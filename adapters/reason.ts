/** Writes errors in one line, for explanations. */

/** Returns an error in one line, with the system's code. Several attempts to connect are joined. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors
      .map((one) => (one instanceof Error ? reasonOf(one) : String(one)))
      .join('; ');
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // OpenSSL ends its reasons with a line break.
  const message = error.message.trim();
  return code === '' || message.includes(code) ? message : `${message}, ${code}`;
}
