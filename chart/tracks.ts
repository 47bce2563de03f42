/**
 * Tracks: the horizontal lines in the gap between two ranks. An edge enters the gap in one column, runs along
 * its track, and leaves the gap in another column.
 *
 * Rule 1. Two edges that overlap get different tracks, in the order in which they cross least.
 */

/** One edge in a gap: the column in which it enters above, and the column in which it leaves below. */
export interface Crossover {
  upper: number;
  lower: number;
}

/** Two vertical lines that are closer than this, in px, look like one. */
const TOO_CLOSE = 5;
/** The cost of a shared piece of line; a crossing costs 1. */
const SHARED = 20;

/** The track of each crossover, 0 the uppermost; none for a straight one. */
export function assignTracks(crossovers: readonly Crossover[]): (number | undefined)[] {
  const order = leastCrossing(crossovers.filter(({ upper, lower }) => upper !== lower));
  const tracks = new Map<Crossover, number>();
  for (const [index, one] of order.entries()) {
    const above = order.slice(0, index).filter((other) => overlaps(one, other));
    const taken = above.map((other) => tracks.get(other) as number);
    tracks.set(one, Math.max(-1, ...taken) + 1);
  }
  return crossovers.map((one) => tracks.get(one));
}

/** Orders crossovers from the uppermost track down. Each moves to the place where it costs least. */
function leastCrossing(crossovers: readonly Crossover[]): Crossover[] {
  const order: Crossover[] = [];
  for (const one of crossovers) insertBest(order, one);
  for (const one of crossovers) {
    order.splice(order.indexOf(one), 1);
    insertBest(order, one);
  }
  return order;
}

function insertBest(order: Crossover[], one: Crossover): void {
  let cost = order.reduce((sum, other) => sum + costOf(one, other), 0);
  let best = { cost, index: 0 };
  for (const [index, other] of order.entries()) {
    cost += costOf(other, one) - costOf(one, other);
    if (cost < best.cost) best = { cost, index: index + 1 };
  }
  order.splice(best.index, 0, one);
}

/** The cost of one crossover above another: their crossings, and their shared pieces of line. */
function costOf(above: Crossover, below: Crossover): number {
  if (!overlaps(above, below)) return 0;
  const crossings = Number(isWithin(below.upper, above)) + Number(isWithin(above.lower, below));
  const isShared = Math.abs(above.lower - below.upper) < TOO_CLOSE;
  return crossings + (isShared ? SHARED : 0);
}

function isWithin(x: number, { upper, lower }: Crossover): boolean {
  return x > Math.min(upper, lower) && x < Math.max(upper, lower);
}

function overlaps(one: Crossover, other: Crossover): boolean {
  const left = Math.max(Math.min(one.upper, one.lower), Math.min(other.upper, other.lower));
  const right = Math.min(Math.max(one.upper, one.lower), Math.max(other.upper, other.lower));
  return right - left > -TOO_CLOSE;
}
