/**
 * Explanations as the command lines tell them: settings have the names of their options, and the
 * system's errors have words.
 */
import { withoutSecrets } from '../adapters/url.js';
import { type Explanation, type Setting, sentenceOf } from '../machines/index.js';

/** The settings whose options have other names. */
const OPTIONS: { readonly [setting in Setting]?: string } = {
  strictClose: '--no-strict-close',
  headers: '--header',
  maxRedirects: '--follow',
  subprotocols: '--subprotocol',
  allowOrigins: '--allow-origin',
};

/** The sentence of an explanation. An option that the user gave is named as it was given. */
export function explain(
  explanation: Explanation,
  given: { strictClose?: unknown; echo?: unknown } = {},
): string {
  return sentenceOf(explanation, (setting) => {
    if (setting === 'strictClose' && given.strictClose === true) return '--strict-close';
    // A server that returns messages speaks first without this option.
    if (setting === 'speak' && given.echo === true) return 'leave out --echo';
    return optionOf(setting);
  });
}

/** The option that has a setting: `--reply-timeout` for `replyTimeout`. */
function optionOf(setting: Setting): string {
  return (
    OPTIONS[setting] ?? `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  );
}

/** A URL, or a user and a password, where a path should be. */
const HAS_SECRETS = /^\w+:\/\/|:[^/]*@/;

/** A path as errors show it: without secrets where it is the URL of something. */
export function shownPath(path: string): string {
  return HAS_SECRETS.test(path) ? withoutSecrets(path) : path;
}

/** The system's reason against a file, or OpenSSL's, without the path and without a line break. */
export function reasonOf(error: unknown): string {
  return messageOf(error)
    .trim()
    .replace(/, \w+ '.*'$/s, '');
}

/** The message of anything that was thrown, or what it is. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** What came instead, where the system would not listen on a port. */
export function whyNotListening({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'it is in use';
  if (code === 'EACCES') return 'this user may not listen on it';
  return `could not (${message})`;
}
