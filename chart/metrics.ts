/**
 * Font metrics: how wide text is, without a browser.
 *
 * Rule 1. The widths are those of Helvetica. Arial and Liberation Sans share them, so a layout fits in each.
 */

/** The fonts of a chart, all of the same widths. */
export const FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif";

/** The advance of U+0020 to U+007E, in thousandths of the font's size. */
const ADVANCES = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
  556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
  611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
  667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
  222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/** The advance of any other letter of Europe's alphabets. */
const LETTER = 667;
/** The advance of all other characters, which are as wide as high. */
const SQUARE = 1000;
/** Bold text is wider by at most this factor. */
const BOLD = 1.09;

/** The width of one line in px, for a font size in px. */
export function widthOf(text: string, size: number, isBold = false): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    sum += ADVANCES[code - 0x20] ?? (code < 0x590 ? LETTER : SQUARE);
  }
  return (sum / 1000) * size * (isBold ? BOLD : 1);
}

/** Breaks text at its spaces into lines of at most `width` px. A longer word is a line of its own. */
export function wrap(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    const longer = `${line} ${word}`;
    if (line !== undefined && widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
