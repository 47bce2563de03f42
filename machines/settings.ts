/**
 * Settings as they are given: read, checked, and completed.
 *
 * Rule 1. Nothing is thrown: wrong settings become an explanation, and the session ends with it.
 * Rule 2. A setting that is left out or undefined has its default.
 */
import type { Explanation } from './explanation.js';
import { quote, type Template } from './payload.js';

/** What a setting has to be. */
interface Kind {
  is(value: unknown): boolean;
  inWords: string;
}

/** A duration in ms; `Infinity` for no end. */
export const DURATION: Kind = {
  is: (value) => typeof value === 'number' && value >= 0,
  inWords: 'a number of ms from 0 on',
};

export const COUNT: Kind = {
  is: (value) => isWhole(value) || value === Number.POSITIVE_INFINITY,
  inWords: 'a whole number from 0 on',
};

export const COUNT_OR_NULL: Kind = {
  is: (value) => value === null || isWhole(value),
  inWords: 'a whole number from 0 on, or null',
};

export const FLAG: Kind = {
  is: (value) => typeof value === 'boolean',
  inWords: 'true or false',
};

export const FLAG_OR_AUTO: Kind = {
  is: (value) => typeof value === 'boolean' || value === 'auto',
  inWords: "true, false or 'auto'",
};

export const TEMPLATE: Kind = {
  is: (value) => typeof value === 'string' || isBase64((value as Template | null) ?? ''),
  inWords: 'text, or { base64 } with bytes in base64',
};

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBase64(value: Template): boolean {
  if (typeof value !== 'object' || typeof value.base64 !== 'string') return false;
  try {
    atob(value.base64);
    return true;
  } catch {
    return false;
  }
}

/** What was read: whole settings, and what is wrong with the input; then the settings are the defaults. */
interface Read<S> {
  settings: S;
  misuse: Explanation | undefined;
}

/** Reads `input` over `defaults`. A name that neither `kinds` nor `others` knows is wrong. */
export function readSettings<S extends object>(
  input: unknown,
  defaults: S,
  kinds: { readonly [K in keyof S]: Kind },
  others: readonly string[] = [],
): Read<S> {
  if (input === undefined) return { settings: defaults, misuse: undefined };
  try {
    const settings = { ...defaults };
    const misuse = misuseIn(input, settings, kinds, others);
    return { settings: misuse === undefined ? settings : defaults, misuse };
  } catch (error) {
    return { settings: defaults, misuse: unreadable(error) };
  }
}

/** Puts the settings of an input into `settings`, up to the first that is wrong. Throws what getters throw. */
function misuseIn<S extends object>(
  input: unknown,
  settings: S,
  kinds: { readonly [K in keyof S]: Kind },
  others: readonly string[],
): Explanation | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return wrongValue('settings', 'an object', input);
  }
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(kinds, name) && !others.includes(name)) return unknownName(name, kinds);
  }
  for (const name in kinds) {
    const value = (input as S)[name];
    if (value === undefined) continue;
    if (!kinds[name].is(value)) return wrongValue(name, kinds[name].inWords, value);
    settings[name] = value;
  }
  return undefined;
}

function wrongValue(name: string, expected: string, value: unknown): Explanation {
  const came = typeof value === 'string' ? quote(value) : shown(value);
  return {
    expected: `${name} to be ${expected}`,
    came: `it is ${came}`,
    remedy: 'give such a value, or leave it out for the default',
  };
}

function unknownName(name: string, kinds: object): Explanation {
  return {
    expected: `settings by the names ${Object.keys(kinds).join(', ')}`,
    came: `one is called ${quote(name)}`,
    remedy: 'mend the name, or leave it out',
  };
}

function unreadable(error: unknown): Explanation {
  return {
    expected: 'settings that can be read',
    came: `reading them threw ${error instanceof Error ? quote(error.message) : 'a value that is no error'}`,
    remedy: 'give an object with plain values',
  };
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
