/**
 * Shapes: the keys of a context, and functions that copy a context fast. A copy is written out as an
 * object literal, which engines turn into one allocation. A spread costs ten times as much and more
 * (V8 11).
 */
import type { MachineContext } from 'xstate';
import { generateFunction } from './codegen.js';

/** The most keys that a literal has. */
const MOST_KEYS = 32;

/** Copies a context, and gives some keys new values. */
export type Setter = (context: MachineContext, ...values: unknown[]) => MachineContext;

/** The keys of a context, in their order. */
export class Shape {
  readonly #keys: readonly string[];
  readonly #setters = new Map<string, Setter>();

  private constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** Returns the shape of a context; null if a literal of its keys would lose something. */
  static of(context: MachineContext): Shape | null {
    const keys = Reflect.ownKeys(context);
    const isPlain =
      keys.length <= MOST_KEYS &&
      Object.getPrototypeOf(context) === Object.prototype &&
      keys.every((key) => {
        const property = Object.getOwnPropertyDescriptor(context, key);
        const isData = property?.enumerable === true && 'value' in property;
        // In a literal, the key `__proto__` would set the prototype.
        return typeof key === 'string' && key !== '__proto__' && isData;
      });
    return isPlain ? new Shape(keys as string[]) : null;
  }

  /** Whether a context has exactly these keys, in this order. */
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

  /** Returns the setter of these keys; undefined if one of them is not in the shape. */
  setterOf(keys: readonly string[]): Setter | undefined {
    if (!keys.every((key) => this.#keys.includes(key))) return undefined;
    const name = JSON.stringify(keys);
    const values = keys.map((_, i) => `value${i}`);
    const setter =
      this.#setters.get(name) ??
      generateFunction<Setter>(['context', ...values], `return ${literal(this.#keys, keys)};`, {});
    this.#setters.set(name, setter);
    return setter;
  }
}

/** The source of a copy of `context`; `value0`, `value1` … are the new values of the keys `set`. */
function literal(keys: readonly string[], set: readonly string[]): string {
  const entries = keys.map((key) => {
    const name = JSON.stringify(key);
    const value = set.includes(key) ? `value${set.indexOf(key)}` : `context[${name}]`;
    return `${name}: ${value}`;
  });
  return `{ ${entries.join(', ')} }`;
}
