/**
 * The reachable graph of a machine in a world: every state it can be in, with its context, and every
 * fact it can be told there. The world says which facts can come, and may remember what it needs to
 * know for that.
 */
import { deadlinesOf, type Fact, type Stepped, type Stepper } from './stepper.js';

/** What surrounds a machine. `Memory` must be JSON. */
export interface World<Memory> {
  initial(start: Stepped): Memory;
  /** The facts that may come now, besides deadlines. */
  facts(stepped: Stepped, memory: Memory): readonly Fact[];
  /** What the world remembers once a fact was told. */
  after(memory: Memory, fact: Fact, stepped: Stepped): Memory;
}

/** One fact in one vertex. */
export interface Edge {
  from: Vertex;
  fact: Fact;
  stepped: Stepped;
  to: Vertex;
}

/** A state with its context, and the shortest way to it. */
export interface Vertex {
  stepped: Stepped;
  shortestPath: readonly Edge[];
  edges: Edge[];
}

export interface Graph {
  root: Vertex;
  vertices: Vertex[];
  edges: Edge[];
}

/** A world without a memory, in which the same facts may always come. */
export function free(facts: (stepped: Stepped) => readonly Fact[]): World<null> {
  return { initial: () => null, facts, after: () => null };
}

/**
 * Walks a machine breadth first; throws where it has more than `limit` vertices. `onEdge` sees each
 * edge as it is found, and may throw to break off.
 */
export function explore<Memory>(
  stepper: Stepper,
  world: World<Memory>,
  onEdge: (edge: Edge) => void = () => {},
  limit = 20_000,
): Graph {
  const memories = new Map<Vertex, Memory>();
  const root: Vertex = { stepped: stepper.initial, shortestPath: [], edges: [] };
  memories.set(root, world.initial(stepper.initial));
  const vertices = new Map([[keyOf(root.stepped, memories.get(root)), root]]);
  const edges: Edge[] = [];
  for (const from of vertices.values()) {
    const memory = memories.get(from) as Memory;
    const { snapshot } = from.stepped;
    if (snapshot.status !== 'active') continue;
    for (const fact of [...world.facts(from.stepped, memory), ...deadlinesOf(snapshot)]) {
      const stepped = stepper.step(from.stepped, fact);
      const next = world.after(memory, fact, stepped);
      const key = keyOf(stepped, next);
      let to = vertices.get(key);
      const edge = { from, fact, stepped } as Edge;
      if (to === undefined) {
        if (vertices.size === limit) throw new Error(`there are more than ${limit} states`);
        to = { stepped, shortestPath: [...from.shortestPath, edge], edges: [] };
        vertices.set(key, to);
        memories.set(to, next);
      }
      edge.to = to;
      onEdge(edge);
      from.edges.push(edge);
      edges.push(edge);
    }
  }
  return { root, vertices: [...vertices.values()], edges };
}

function keyOf(stepped: Stepped, memory: unknown): string {
  return `${stepped.key} ${JSON.stringify(memory)}`;
}

/** For each edge, the shortest path that ends with it. */
export function edgePaths({ edges }: Graph): Edge[][] {
  return edges.map((edge) => [...edge.from.shortestPath, edge]);
}

/** For each two edges that follow each other, the shortest path that ends with them. */
export function edgePairPaths({ edges }: Graph): Edge[][] {
  return edges.flatMap((edge) =>
    edge.to.edges.map((next) => [...edge.from.shortestPath, edge, next]),
  );
}

/**
 * Every path from the start that enters no vertex twice and cannot be made longer: one without steps,
 * where the start is the end.
 */
export function simplePaths({ root }: Graph): Edge[][] {
  const found: Edge[][] = [];
  const onPath = new Set([root]);
  const path: Edge[] = [];
  const extend = (vertex: Vertex): void => {
    let isLonger = false;
    for (const edge of vertex.edges) {
      if (onPath.has(edge.to)) continue;
      isLonger = true;
      onPath.add(edge.to);
      path.push(edge);
      extend(edge.to);
      path.pop();
      onPath.delete(edge.to);
    }
    if (!isLonger) found.push([...path]);
  };
  extend(root);
  return found;
}
