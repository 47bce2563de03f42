/** Ports: the points where edges meet the borders of boxes. Edges bend little and keep apart. */

const PORT_GAP = 12;
/** An edge that is out of line by at most this, in px, is straightened. Two may come closer by twice that. */
const JOG = 5;

/** Brings the columns next to an end in line with its port; returns how many columns that reaches. */
export function alignRun(columns: number[], end: number, step: 1 | -1, most: number): number {
  const port = columns[end] as number;
  const next = columns[end + step] as number;
  if (Math.abs(port - next) > JOG) return 1;
  let reached = 1;
  while (reached < most && columns[end + reached * step] === next) {
    columns[end + reached * step] = port;
    reached++;
  }
  return reached;
}

/** Ports on a border, in the order of the wished places, as near to them as there is room. */
export function spreadPorts(wished: readonly number[], left: number, width: number): number[] {
  const inset = Math.min(10, width / 4);
  const gap = Math.min(PORT_GAP, (width - 2 * inset) / Math.max(1, wished.length - 1));
  const order = wished.map((_, index) => index);
  order.sort((one, other) => (wished[one] as number) - (wished[other] as number));
  const ports: number[] = [];
  let least = left + inset;
  for (const [place, index] of order.entries()) {
    const most = left + width - inset - (order.length - 1 - place) * gap;
    const port = Math.min(Math.max(wished[index] as number, least), Math.max(most, least));
    ports[index] = port;
    least = port + gap;
  }
  return ports;
}
