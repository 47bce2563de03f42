/**
 * HTML as text: every value that is put in is escaped.
 *
 * Rule 1. `html` is the only maker of markup. A value is text unless it is markup or a list of markup.
 * Rule 2. A character that drives a terminal, or that no page may hold, is shown as an escape.
 */
import { escapeControls } from '../machines/index.js';

/** Markup that may be put into a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Value = string | number | Markup | readonly Markup[];

/** Makes markup; text between is escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const text = parts.map((part, n) => {
    const value = values[n];
    return value === undefined ? part : part + textOf(value);
  });
  return new Markup(text.join(''));
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.join('\n');
  const shown = escapeControls(String(value).toWellFormed());
  return shown.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
