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

/** Reads `input` over `defaults`; `misuse` says what is wrong, and then the settings are the defaults. */
export function readSettings<S extends object>(
  input: unknown,
  defaults: S,
  kinds: { readonly [K in keyof S]: Kind },
): { settings: S; misuse: Explanation | undefined } {
  if (input === undefined) return { settings: defaults, misuse: undefined };
  const refuse = (name: string, inWords: string, value: unknown) => ({
    settings: defaults,
    misuse: misuseOf(name, inWords, value),
  });
  if (typeof input !== 'object' || input === null) return refuse('settings', 'an object', input);
  const settings = { ...defaults };
  for (const name in kinds) {
    const value = (input as S)[name];
    if (value === undefined) continue;
    if (!kinds[name].is(value)) return refuse(name, kinds[name].inWords, value);
    settings[name] = value;
  }
  return { settings, misuse: undefined };
}

function misuseOf(name: string, expected: string, value: unknown): Explanation {
  const came = typeof value === 'string' ? quote(value) : shown(value);
  return {
    expected: `${name} to be ${expected}`,
    came: `it is ${came}`,
    remedy: 'give such a value, or leave it out for the default',
  };
}

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
