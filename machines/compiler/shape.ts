/**
 * Copies of a context, fast: an object with the same keys as the last one is written property by
 * property, which engines make one allocation of. Spreading costs ten times as much (V8 11).
 */
import type { MachineContext } from 'xstate';

/** The most keys that are copied one by one. */
const MOST_KEYS = 12;

/** The keys of a context, in their order. */
export class Shape {
  readonly #keys: readonly string[];
  readonly #Copy: new (
    of: MachineContext,
  ) => MachineContext;

  private constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.#Copy = copier(keys);
  }

  /** The shape of a context; undefined where it is none that copying by keys would preserve. */
  static of(context: MachineContext): Shape | undefined {
    const keys = Reflect.ownKeys(context);
    const isPlain =
      keys.length <= MOST_KEYS &&
      Object.getPrototypeOf(context) === Object.prototype &&
      keys.every((key) => {
        const property = Object.getOwnPropertyDescriptor(context, key);
        return typeof key === 'string' && property?.enumerable === true && 'value' in property;
      });
    return isPlain ? new Shape(keys as string[]) : undefined;
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  /** Whether a copy by these keys has all that a context has. */
  fits(context: MachineContext): boolean {
    const keys = this.#keys;
    let count = 0;
    for (const key in context) if (keys[count++] !== key) return false;
    return count === keys.length && Object.getOwnPropertySymbols(context).length === 0;
  }

  copy(context: MachineContext): MachineContext {
    return new this.#Copy(context);
  }
}

// A constructor, since engines learn from its first calls how much room its objects need.
function copier(keys: readonly string[]): new (of: MachineContext) => MachineContext {
  const [a, b, c, d, e, f, g, h, i, j, k, l] = keys as string[];
  function Copy(this: MachineContext, of: MachineContext): void {
    if (a !== undefined) this[a] = of[a];
    if (b !== undefined) this[b] = of[b];
    if (c !== undefined) this[c] = of[c];
    if (d !== undefined) this[d] = of[d];
    if (e !== undefined) this[e] = of[e];
    if (f !== undefined) this[f] = of[f];
    if (g !== undefined) this[g] = of[g];
    if (h !== undefined) this[h] = of[h];
    if (i !== undefined) this[i] = of[i];
    if (j !== undefined) this[j] = of[j];
    if (k !== undefined) this[k] = of[k];
    if (l !== undefined) this[l] = of[l];
  }
  Copy.prototype = Object.prototype;
  return Copy as unknown as new (
    of: MachineContext,
  ) => MachineContext;
}
