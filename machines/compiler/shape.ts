/**
 * Copies of a context, fast: an object with the keys of the last one, written out as a literal, which
 * engines make one allocation of. Spreading costs ten times as much and more (V8 11).
 */
import type { MachineContext } from 'xstate';
import { canMakeCode, makeCode } from './code.js';

/** The most keys that are written out. */
const MOST_KEYS = 32;

/** Copies a context, with one key set anew. */
export type Setter = (context: MachineContext, value: unknown) => MachineContext;

/** The keys of a context, in their order. */
export class Shape {
  readonly #keys: readonly string[];
  readonly #setters = new Map<string, Setter>();
  readonly copy: (context: MachineContext) => MachineContext;

  private constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.copy = makeCode(['context'], `return ${literal(keys)};`, {});
  }

  /** The shape of a context; undefined where it is none that copying by keys would preserve. */
  static of(context: MachineContext): Shape | undefined {
    const keys = Reflect.ownKeys(context);
    const isPlain =
      canMakeCode &&
      keys.length <= MOST_KEYS &&
      Object.getPrototypeOf(context) === Object.prototype &&
      keys.every((key) => {
        const property = Object.getOwnPropertyDescriptor(context, key);
        return typeof key === 'string' && property?.enumerable === true && 'value' in property;
      });
    return isPlain ? new Shape(keys as string[]) : undefined;
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

  /** What sets a key; undefined where the context would have one more by it. */
  setterOf(key: string): Setter | undefined {
    if (!this.#keys.includes(key)) return undefined;
    const setter =
      this.#setters.get(key) ??
      makeCode<Setter>(['context', 'value'], `return ${literal(this.#keys, key)};`, {});
    this.#setters.set(key, setter);
    return setter;
  }
}

/** A copy of `context`; the value of one key is in `value`. */
function literal(keys: readonly string[], set?: string): string {
  // In brackets, since a plain `__proto__` would be the prototype.
  const entries = keys.map((key) => {
    const name = JSON.stringify(key);
    return `${key === '__proto__' ? `[${name}]` : name}: ${key === set ? 'value' : `context[${name}]`}`;
  });
  return `{ ${entries.join(', ')} }`;
}
