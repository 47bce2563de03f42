/**
 * Code generation: functions made of JavaScript source while a program runs. A call site of its own
 * lets the engine foresee and inline the function of the machine that is called there. A loop over
 * all functions prevents that.
 *
 * Rule 1. Source text contains the structure of the machine and keys, quoted as JSON. Functions and
 *         values of the machine are bindings.
 * Rule 2. Some environments forbid code from strings: a page's Content-Security-Policy, Node's
 *         `--disallow-code-generation-from-strings`. There the interpreter of the table does the
 *         same, somewhat slower.
 */

/** Whether this environment allows code from strings. */
export const canGenerateCode: boolean = probe();

function probe(): boolean {
  try {
    return Boolean(new Function('return true')());
  } catch {
    return false;
  }
}

let generated = 0;

/** Makes a function with these parameters and this body; `bindings` are the names that it may use. */
export function generateFunction<F>(
  parameters: readonly string[],
  body: string,
  bindings: Readonly<Record<string, unknown>>,
): F {
  // Engines share type feedback among functions of the same text. The number keeps texts apart.
  const source = `/* ${generated++} */ return (${parameters.join()}) => {\n${body}\n};`;
  const factory = new Function(...Object.keys(bindings), source);
  return factory(...Object.values(bindings)) as F;
}

/** A function that is being written: its lines, its variables and its bindings. */
export class CodeBuffer {
  readonly #lines: string[] = [];
  readonly #bindings: Record<string, unknown>;
  #bound = 0;
  #variables = 0;

  /** `bindings` are the first names that the code may use. */
  constructor(bindings: Readonly<Record<string, unknown>>) {
    this.#bindings = { ...bindings };
  }

  get length(): number {
    return this.#lines.length;
  }

  write(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** Returns the name of a new variable. */
  variable(): string {
    return `v${this.#variables++}`;
  }

  /** Writes a variable with this value; returns its name. */
  let(value: string): string {
    const name = this.variable();
    this.write(`const ${name} = ${value};`);
    return name;
  }

  /** Binds a value to a new name; returns the name. */
  bind(value: unknown): string {
    if (value === undefined) return 'undefined';
    const name = `$${this.#bound++}`;
    this.#bindings[name] = value;
    return name;
  }

  generate<F>(parameters: readonly string[]): F {
    return generateFunction(parameters, this.#lines.join('\n'), this.#bindings);
  }
}
