/** The figures as a table for people. */
import type { Figure } from './figures.js';
import type { Variant } from './variants.js';

export function tableOf(
  machine: string,
  servers: readonly Variant[],
  figures: readonly Figure[],
): string {
  const legend = servers.map(({ name, label }) => `  ${name.padEnd(13)} ${label}\n`).join('');
  return `${machine}\n${legend}\n${figures.map(lines).join('\n')}`;
}

function lines({ name, unit, measured, warnings }: Figure): string {
  const rows = measured.map((one) => {
    const value = shown(one.value).padStart(10);
    return `  ${one.name.padEnd(30)} ${value}   × ${one.ratio.toFixed(3)}\n`;
  });
  return `${name} (${unit})\n${rows.join('')}${warnings.map((one) => `  ! ${one}\n`).join('')}`;
}

/** Formats a value with three significant digits or all digits before the point. */
function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
