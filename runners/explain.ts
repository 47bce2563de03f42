/** Explanations as the command lines tell them: settings have the names of their options. */
import { type Explanation, type Setting, sentenceOf } from '../machines/index.js';

/** The settings whose options are not simply called after them. */
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
