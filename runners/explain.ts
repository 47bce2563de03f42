/**
 * Explanations as the command lines tell them: settings have the names of their options, and the
 * system's errors have words.
 */
import { type Explanation, type Setting, sentenceOf } from '../machines/index.js';

/** The settings whose options have other names. */
const OPTIONS: { readonly [setting in Setting]?: string } = {
  strictClose: '--no-strict-close',
  headers: '--header',
  subprotocols: '--subprotocol',
  allowOrigins: '--allow-origin',
};

/** The sentence of an explanation. */
export function explain(explanation: Explanation): string {
  return sentenceOf(explanation, optionOf);
}

/** The option that has a setting: `--reply-timeout` for `replyTimeout`. */
function optionOf(setting: Setting): string {
  return (
    OPTIONS[setting] ?? `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  );
}

/** What came instead, where the system would not listen on a port. */
export function whyNotListening({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'it is in use';
  if (code === 'EACCES') return 'this user may not listen on it';
  return `could not (${message})`;
}
