/**
 * Segments: the part of each edge that runs in one level. A link between two distant states crosses several
 * levels; it has a segment in each of them, which meet at the borders.
 *
 * Rule 1. A segment runs from child to child, or between a child and the border of the level.
 * Rule 2. A segment to the border ends there. `isFlipped` says that its link runs the other way.
 */
import type { Point, Size } from './geometry.js';
import { type LevelEdge, type LevelNode, startEdges } from './level.js';
import { edgeBetween, type Label, type Link, linksBetween } from './links.js';
import type { ArrangedLevel, RoutedEdge } from './routes.js';
import { childToward, isWithin, type Tree } from './tree.js';

/** A segment before it is routed. */
export interface Segment {
  /** The link that it is a part of; none for the edge from the dot to the initial state. */
  link?: Link;
  edge: LevelEdge;
  /** The place on the border of the level where it ends. */
  border?: LevelNode;
  /** Whether its link runs the other way. */
  isFlipped: boolean;
  /** Whether its link continues beyond the border, and in which direction. */
  passes?: 'out' | 'in';
}

/** A segment with its points. */
export interface RoutedSegment {
  link?: Link;
  /** Orders the segments of a link: on the way out, at home, on the way in. */
  order: number;
  points: Point[];
  label?: Label & { centre: Point };
}

/** The boxes that are arranged already, as far as they are read here. */
type Boxes = ReadonlyMap<Tree, { ports: ReadonlyMap<string, number> }>;

/** All segments of a level: from child to child, and to and from its border. */
export function gatherSegments(tree: Tree, links: readonly Link[], boxes: Boxes): Segment[] {
  return [
    ...startEdges(tree).map((edge): Segment => ({ edge, isFlipped: false })),
    ...linksBetween(tree, links).map((link) => innerSegment(tree, link, boxes)),
    ...links.flatMap((link) => borderSegments(tree, link, boxes)),
  ];
}

/** The segment of a link from one child of the level to another. */
function innerSegment(tree: Tree, link: Link, boxes: Boxes): Segment {
  const sourcePort = portOf(childToward(tree, link.source), link, boxes);
  const targetPort = portOf(childToward(tree, link.target), link, boxes);
  const edge = { ...edgeBetween(tree, link), ...defined({ sourcePort, targetPort }) };
  return { link, edge, isFlipped: false };
}

/** The segment of a link that leaves or enters the level through its border; none for any other link. */
function borderSegments(tree: Tree, link: Link, boxes: Boxes): Segment[] {
  const leaves = isWithin(link.source, tree) && !isWithin(link.target, tree);
  const enters = isWithin(link.target, tree) && !isWithin(link.source, tree);
  if (!leaves && !enters) return [];
  const child = childToward(tree, leaves ? link.source : link.target);
  const side = leaves ? link.exit : link.enter;
  const id = `${link.key} at the border of ${tree.state.id}`;
  const border: LevelNode = { id, width: 2, height: 0, margin: 0, border: side };
  const port = portOf(child, link, boxes);
  const isDown = side === 'bottom';
  const isHome = link.level === tree;
  const edge: LevelEdge = {
    key: link.key,
    source: isDown ? child.state.id : id,
    target: isDown ? id : child.state.id,
    weight: 1,
    ...(isHome && link.label && { label: link.label }),
    ...defined(isDown ? { sourcePort: port } : { targetPort: port }),
  };
  const isFlipped = leaves !== isDown;
  return [{ link, edge, border, isFlipped, ...(!isHome && { passes: leaves ? 'out' : 'in' }) }];
}

/** Where a link passes the border of a box that is arranged already. */
function portOf(tree: Tree, { key }: Link, boxes: Boxes): number | undefined {
  return boxes.get(tree)?.ports.get(key);
}

function defined(ports: { sourcePort?: number | undefined; targetPort?: number | undefined }): {
  sourcePort?: number;
  targetPort?: number;
} {
  return Object.fromEntries(Object.entries(ports).filter(([, port]) => port !== undefined));
}

/** Where a level stands in the box of its compound state. */
export interface Frame {
  tree: Tree;
  box: Size;
  /** The upper left corner of the level, from the corner of the box. */
  origin: Point;
  /** Where the text of the box ends, from its top. */
  textEnd: number;
}

/** The segment as it runs in the box, up to the border where it passes or ends there. */
export function routedSegment(
  segment: Segment,
  { routes }: ArrangedLevel,
  { tree, box, origin, textEnd }: Frame,
): RoutedSegment {
  const { link, edge, border, isFlipped, passes } = segment;
  const route = routes.get(edge.key) as RoutedEdge;
  const points = route.points.map(({ x, y }) => ({ x: origin.x + x, y: origin.y + y }));
  if (isFlipped) points.reverse();
  if (border !== undefined) {
    const isOut = passes === 'out' || link?.target === tree;
    const x = (isOut ? points.at(-1) : points[0])?.x as number;
    // An edge from the state itself starts below the text in it.
    const upper = passes === undefined ? textEnd : 0;
    const end = { x, y: border.border === 'top' ? upper : box.height };
    if (isOut) points.push(end);
    else points.unshift(end);
  }
  const order = passes === undefined ? 0 : tree.depth + 1;
  const at = route.label;
  return {
    ...(link && { link }),
    order: passes === 'out' ? -order : order,
    points,
    ...(link?.label &&
      at && { label: { ...link.label, centre: { x: origin.x + at.x, y: origin.y + at.y } } }),
  };
}

/** Where the links that end inside pass the border of their box, from its left. */
export function portsOf(
  segments: readonly Segment[],
  routed: readonly RoutedSegment[],
): Map<string, number> {
  return new Map(
    segments.flatMap(({ edge: { key }, passes }, index) => {
      const { points } = routed[index] as RoutedSegment;
      const end = passes === 'out' ? points.at(-1) : points[0];
      return passes === undefined ? [] : [[key, (end as Point).x] as const];
    }),
  );
}
