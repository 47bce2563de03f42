/** Points, sizes and rectangles, in px, y downwards. This file knows nothing of charts. */

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A rectangle, by its upper left corner. */
export interface Rect extends Point, Size {}

/** A point, moved. */
export function moved({ x, y }: Point, by: Point): Point {
  return { x: x + by.x, y: y + by.y };
}

/** A line of right angles, without its straight points. */
export function simplified(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const before = kept.at(-2);
    const last = kept.at(-1);
    if (last && isSame(last.x, point.x) && isSame(last.y, point.y)) continue;
    if (before && last && isStraight(before, last, point)) kept.pop();
    kept.push(point);
  }
  return kept;
}

function isStraight(a: Point, b: Point, c: Point): boolean {
  return (isSame(a.x, b.x) && isSame(b.x, c.x)) || (isSame(a.y, b.y) && isSame(b.y, c.y));
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.01;
}
