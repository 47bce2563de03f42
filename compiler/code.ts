/**
 * JavaScript that is made while compiling. A function of the machine that is called from code of its
 * own is one that the engine can foresee and inline; from a loop over all of them it is not.
 *
 * Rule 1. Only the structure of the machine gets into the code, and keys, quoted as JSON. Its
 *         functions and values are handed over.
 * Rule 2. Where code cannot be made of strings (a page's Content-Security-Policy, node's
 *         `--disallow-code-generation-from-strings`), a loop does the same, somewhat slower.
 */

/** Whether code can be made of strings here. */
export const canMakeCode: boolean = probe();

function probe(): boolean {
  try {
    return Boolean(new Function('return true')());
  } catch {
    return false;
  }
}

let made = 0;

/** Makes a function of these parameters, with this body; `given` are the names in it that are known. */
export function makeCode<F>(
  parameters: readonly string[],
  body: string,
  given: Readonly<Record<string, unknown>>,
): F {
  // Engines share what they learn among functions of the same text: so no two are.
  const code = `/* ${made++} */ return (${parameters.join()}) => {\n${body}\n};`;
  const make = new Function(...Object.keys(given), code);
  return make(...Object.values(given)) as F;
}

/** What is handed over to the code that is being made, by the names that it has there. */
export class Given {
  readonly all: Record<string, unknown>;
  #count = 0;

  /** `known` are names to begin with. */
  constructor(known: Readonly<Record<string, unknown>>) {
    this.all = { ...known };
  }

  /** Hands something over; returns its name. */
  name(value: unknown): string {
    if (value === undefined) return 'undefined';
    const name = `$${this.#count++}`;
    this.all[name] = value;
    return name;
  }
}
