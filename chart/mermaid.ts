/**
 * Writes a chart as a Mermaid state diagram: text that GitHub and many editors draw.
 *
 * Rule 1. All transitions from one state to another are one arrow. Ignored events are not drawn.
 * Rule 2. Mermaid cannot draw an arrow from a state to one in it, or back: such a transition stands in
 *         a note.
 * Rule 3. A state's name in the text is its key, where that is a plain word without a meaning to Mermaid.
 *         Any other state gets a name that is safe by its form, and its key is shown as text.
 * Rule 4. Text keeps letters, digits and harmless marks. Every other character is written as its number.
 */
import { conditionOf, type Notes } from './labels.js';
import {
  type Chart,
  type ChartState,
  type ChartTransition,
  isIgnored,
  statesBelow,
} from './model.js';

/** The chart as a Mermaid state diagram. `notes` go after the text of transitions, by their ids. */
export function mermaidOf(chart: Chart, notes: Notes = new Map()): string {
  return new Writer(chart, notes).text();
}

/**
 * The words of Mermaid's lexer, in any case. Mermaid also makes names of its own, which end in `_start` and
 * `_end`. It reads a word that ends in "direction" and a next line "LR…" as one line.
 */
const RESERVED =
  /^(?:accdescr|acctitle|as|choice|class|classdef|click|default|divider|end|fork|hide|href|join|left|note|right|root|scale|state|statediagram|style)$|direction$|_(?:start|end)$/i;

/** A plain name. */
const PLAIN = /^[a-z]\w*$/i;

class Writer {
  readonly #chart: Chart;
  readonly #notes: Notes;
  readonly #names = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  readonly #ancestors = new Map<string, Set<string>>();
  readonly #lines = ['stateDiagram-v2'];

  constructor(chart: Chart, notes: Notes) {
    this.#chart = chart;
    this.#notes = notes;
    this.#relate(chart.root, new Set());
    const used = new Set<string>();
    for (const { id, key } of statesBelow(chart.root)) {
      const name = nameOf(key, used);
      used.add(name);
      this.#names.set(id, name);
      this.#keys.set(id, key);
    }
  }

  text(): string {
    const { root, transitions } = this.#chart;
    const isOwn = transitions.some((one) => !isIgnored(one) && ends(one).includes(root.id));
    const isFramed = isOwn || root.type !== 'compound';
    if (isFramed) this.#state(root, 1);
    else this.#inside(root, 1);
    this.#arrows();
    if (!isFramed) this.#ends(root, 1);
    return `${this.#lines.join('\n')}\n`;
  }

  #relate(state: ChartState, above: Set<string>): void {
    this.#ancestors.set(state.id, above);
    for (const child of state.children) this.#relate(child, new Set([...above, state.id]));
  }

  #name(id: string): string {
    return this.#names.get(id) as string;
  }

  #write(depth: number, line: string): void {
    this.#lines.push(`${'  '.repeat(depth)}${line}`);
  }

  #state(state: ChartState, depth: number): void {
    const name = this.#name(state.id);
    const memory = state.history === 'deep' ? 'H*' : 'H';
    const shown = state.type === 'history' ? memory : state.key;
    if (name !== shown) this.#write(depth, `state "${titleOf(shown)}" as ${name}`);
    // At the outermost level an arrow alone declares a state.
    else if (state.children.length === 0 && (depth > 1 || !this.#isJoined(state))) {
      this.#write(depth, name);
    }
    if (state.children.length === 0) return;
    this.#write(depth, `state ${name} {`);
    this.#inside(state, depth + 1);
    this.#ends(state, depth + 1);
    this.#write(depth, '}');
  }

  #inside({ type, initial, children }: ChartState, depth: number): void {
    if (initial !== undefined) this.#write(depth, `[*] --> ${this.#name(initial)}`);
    for (const [index, child] of children.entries()) {
      if (type === 'parallel' && index > 0) this.#write(depth, '--');
      this.#state(child, depth);
    }
  }

  #ends({ children }: ChartState, depth: number): void {
    for (const { id, type } of children) {
      if (type === 'final') this.#write(depth, `${this.#name(id)} --> [*]`);
    }
  }

  #isJoined({ id, type }: ChartState): boolean {
    const drawn = this.#chart.transitions.filter((one) => !isIgnored(one));
    return type === 'final' || drawn.some((one) => ends(one).includes(id));
  }

  /** One arrow for each pair of states, with all its transitions; notes for the rest. */
  #arrows(): void {
    const arrows = new Map<string, string[]>();
    const notes = new Map<string, string[]>();
    for (const one of this.#chart.transitions) {
      if (isIgnored(one)) continue;
      const note = escaped(this.#notes.get(one.id) ?? '');
      const label = [labelOf(one), note].filter((part) => part !== '').join(' ');
      for (const target of one.targets.length === 0 ? [one.source] : one.targets) {
        const pair = `${this.#name(one.source)} --> ${this.#name(target)}`;
        const isDrawable =
          !this.#isWithin(one.source, target) && !this.#isWithin(target, one.source);
        if (isDrawable) push(arrows, pair, label);
        else push(notes, this.#name(one.source), `${label} → ${escaped(this.#keyOf(target))}`);
      }
    }
    for (const [pair, labels] of arrows) {
      const label = labels.join('<br/>');
      this.#write(1, label === '' ? pair : `${pair} : ${label}`);
    }
    for (const [name, labels] of notes)
      this.#write(1, `note right of ${name} : ${labels.join('<br/>')}`);
  }

  #isWithin(id: string, outer: string): boolean {
    return (this.#ancestors.get(id) as Set<string>).has(outer);
  }

  #keyOf(id: string): string {
    return this.#keys.get(id) as string;
  }
}

function ends({ source, targets }: ChartTransition): string[] {
  return [source, ...targets];
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  lists.set(key, [...(lists.get(key) ?? []), value]);
}

/** The label of a transition, without `always`: an arrow without a cause says the same. */
function labelOf(transition: ChartTransition): string {
  const words = conditionOf(transition);
  return escaped(transition.cause === 'always' ? words.replace(/^always ?/, '') : words);
}

/** A name that no other state has, and that Mermaid does not reserve. */
function nameOf(key: string, used: ReadonlySet<string>): string {
  const word = key.replace(/\W/g, '_');
  const base = PLAIN.test(word) ? word : `state_${word}`;
  let name = base;
  for (let n = 2; used.has(name) || isReserved(name); n++) name = `${base}_${n}`;
  return name;
}

/** Whether a name is reserved. Mermaid keeps states in plain objects, which have a `constructor` already. */
function isReserved(name: string): boolean {
  return RESERVED.test(name) || name in Object.prototype;
}

/** The title of a state. Mermaid refuses an empty title, and reads `[[fork]]` in one. */
function titleOf(key: string): string {
  return escaped(key.trim() === '' ? `"${key}"` : key).replaceAll('[', '#91;');
}

/**
 * The characters to escape. Mermaid reads `#59;` as the character 59. It trims text, reads `_x_` as emphasis,
 * and obeys "direction LR" anywhere in a line, or across two lines.
 */
const UNSAFE = /[^\p{L}\p{M}\p{N} _.,()[\]/+=?!'@|^→×-]|\b_|_\b|(?<=directio)n(?=\s|$)|^ | $/giu;

function escaped(words: string): string {
  return words.replace(UNSAFE, (character) => `#${characterCode(character)};`);
}

/** The number of a character. HTML has none for a control character or half of a pair: U+FFFD stands for it. */
function characterCode(character: string): number {
  const isReadable = !/[\p{Cs}\p{Cc}]/u.test(character) || /[\t\n\r]/.test(character);
  return isReadable ? (character.codePointAt(0) as number) : 0xfffd;
}
