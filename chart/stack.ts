/**
 * The heights of a level: its ranks one below the other, with as much room between two of them as the
 * tracks of the edges there need.
 */
import type { Chain } from './chains.js';
import type { Level } from './level.js';
import type { DagreGraph } from './ranks.js';
import { assignTracks } from './tracks.js';

/** Where the ranks of a level stand, and the tracks between them, from the top of the level. */
export interface Stack {
  middleOf(rank: number): number;
  /** The height of the track of an edge in the gap below a rank. */
  trackOf(key: string, rank: number): number;
}

const TRACK_GAP = 9;
/** From a rank to the first track, and from the last track to the next rank: room for an arrowhead. */
const BEFORE_TRACKS = 10;
const AFTER_TRACKS = 15;
/** The same, where nothing stands in the rank. */
const BESIDE_NOTHING = 4;

/** Stacks the ranks. */
export function stackRanks({ nodes }: Level, chains: readonly Chain[], graph: DagreGraph): Stack {
  const heights = heightsOfRanks({ nodes }, chains, graph);
  // Ranks above all nodes hold nothing that is drawn.
  const first = Math.min(...nodes.map(({ id }) => graph.node(id).rank));
  const middles: number[] = [];
  const tracks = new Map<string, number>();
  let y = 0;
  for (const [rank, height] of heights.entries()) {
    middles.push((y + (y + height)) / 2);
    if (rank < first) continue;
    y += height;
    if (height > 0) y += BEFORE_TRACKS - BESIDE_NOTHING;
    y += BESIDE_NOTHING;
    const gap = tracksBelow(rank, chains);
    for (const [key, track] of gap) tracks.set(`${key} ${rank}`, y + (track ?? 0) * TRACK_GAP);
    const count = Math.max(-1, ...gap.map(([, track]) => track ?? -1)) + 1;
    y += Math.max(0, count - 1) * TRACK_GAP;
    y += heights[rank + 1] === 0 ? BESIDE_NOTHING : AFTER_TRACKS;
  }
  return {
    middleOf: (rank) => middles[rank] as number,
    trackOf: (key, rank) => tracks.get(`${key} ${rank}`) as number,
  };
}

/** The edges that pass the gap below a rank, each with its track; none for one that goes straight down. */
function tracksBelow(
  rank: number,
  chains: readonly Chain[],
): [key: string, track: number | undefined][] {
  const passing = chains.filter(
    ({ firstRank, columns }) => firstRank <= rank && rank < firstRank + columns.length - 1,
  );
  const tracks = assignTracks(
    passing.map(({ firstRank, columns }) => ({
      upper: columns[rank - firstRank] as number,
      lower: columns[rank - firstRank + 1] as number,
    })),
  );
  return passing.map(({ edge }, index) => [edge.key, tracks[index]]);
}

function heightsOfRanks(
  { nodes }: Pick<Level, 'nodes'>,
  chains: readonly Chain[],
  graph: DagreGraph,
): number[] {
  const heights: number[] = [];
  const raise = (rank: number, height: number): void => {
    heights[rank] = Math.max(heights[rank] ?? 0, height);
  };
  for (const { id, height } of nodes) raise(graph.node(id).rank, height);
  for (const { label } of chains) if (label) raise(label.rank, label.height);
  return Array.from(heights, (height) => height ?? 0);
}
