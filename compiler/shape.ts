/**
 * Copies of a context, fast: an object with the keys of the last one, written out as a literal, which
 * engines make one allocation of. Spreading costs ten times as much and more (V8 11).
 */
import type { MachineContext } from 'xstate';
import { makeCode } from './code.js';

/** The most keys that are written out. */
const MOST_KEYS = 32;

/** Copies a context, with some keys set anew. */
export type Setter = (context: MachineContext, ...values: unknown[]) => MachineContext;

/** The keys of a context, in their order. */
export class Shape {
  readonly #keys: readonly string[];
  readonly #setters = new Map<string, Setter>();

  private constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The shape of a context; null where it is none that copying by keys would preserve. */
  static of(context: MachineContext): Shape | null {
    const keys = Reflect.ownKeys(context);
    const isPlain =
      keys.length <= MOST_KEYS &&
      Object.getPrototypeOf(context) === Object.prototype &&
      keys.every((key) => {
        const property = Object.getOwnPropertyDescriptor(context, key);
        const isData = property?.enumerable === true && 'value' in property;
        // Written out, that one would be the prototype.
        return typeof key === 'string' && key !== '__proto__' && isData;
      });
    return isPlain ? new Shape(keys as string[]) : null;
  }

  /** Whether a copy by these keys has all that a context has. */
  fits(context: MachineContext): boolean {
    const keys = this.#keys;
    let count = 0;
    for (const key in context) if (keys[count++] !== key) return false;
    return (
      count === keys.length &&
      Object.getPrototypeOf(context) === Object.prototype &&
      Object.getOwnPropertySymbols(context).length === 0
    );
  }

  /** What sets these keys; undefined where the context would have one more by it. */
  setterOf(keys: readonly string[]): Setter | undefined {
    if (!keys.every((key) => this.#keys.includes(key))) return undefined;
    const name = JSON.stringify(keys);
    const values = keys.map((_, i) => `value${i}`);
    const setter =
      this.#setters.get(name) ??
      makeCode<Setter>(['context', ...values], `return ${literal(this.#keys, keys)};`, {});
    this.#setters.set(name, setter);
    return setter;
  }
}

/** A copy of `context`; what the keys of `set` are set to is in `value0`, `value1` … */
function literal(keys: readonly string[], set: readonly string[]): string {
  const entries = keys.map((key) => {
    const name = JSON.stringify(key);
    const value = set.includes(key) ? `value${set.indexOf(key)}` : `context[${name}]`;
    return `${name}: ${value}`;
  });
  return `{ ${entries.join(', ')} }`;
}
