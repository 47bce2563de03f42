/**
 * The reachable graph of a machine: every state it can be in, with its context, and every fact it
 * can be told there.
 */
import { deadlinesOf, type Fact, type Stepped, type Stepper } from './stepper.js';

/** The facts that may come in a state, besides its deadlines. */
export type FactsOf = (stepped: Stepped) => readonly Fact[];

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
  way: readonly Fact[];
  edges: Edge[];
}

export interface Graph {
  vertices: Vertex[];
  edges: Edge[];
}

/** Walks a machine breadth first; throws where it has more than `limit` vertices. */
export function explore(stepper: Stepper, factsOf: FactsOf, limit = 20_000): Graph {
  const root: Vertex = { stepped: stepper.initial, way: [], edges: [] };
  const vertices = new Map([[root.stepped.key, root]]);
  const edges: Edge[] = [];
  for (const from of vertices.values()) {
    const { snapshot } = from.stepped;
    if (snapshot.status !== 'active') continue;
    for (const fact of [...factsOf(from.stepped), ...deadlinesOf(snapshot)]) {
      const stepped = stepper.step(from.stepped, fact);
      let to = vertices.get(stepped.key);
      if (to === undefined) {
        if (vertices.size === limit) throw new Error(`there are more than ${limit} states`);
        to = { stepped, way: [...from.way, fact], edges: [] };
        vertices.set(stepped.key, to);
      }
      const edge = { from, fact, stepped, to };
      from.edges.push(edge);
      edges.push(edge);
    }
  }
  return { vertices: [...vertices.values()], edges };
}

/** Every path that ends with a given edge, the shortest: one for each edge. */
export function edgePaths({ edges }: Graph): Fact[][] {
  return edges.map(({ from, fact }) => [...from.way, fact]);
}

/** Every path from the start that enters no vertex twice and cannot be made longer. */
export function* simplePaths({ vertices }: Graph): Generator<Edge[]> {
  const [root] = vertices;
  if (root === undefined) return;
  const onPath = new Set<Vertex>([root]);
  const path: Edge[] = [];
  function* extend(vertex: Vertex): Generator<Edge[]> {
    let isLonger = false;
    for (const edge of vertex.edges) {
      if (onPath.has(edge.to)) continue;
      isLonger = true;
      onPath.add(edge.to);
      path.push(edge);
      yield* extend(edge.to);
      path.pop();
      onPath.delete(edge.to);
    }
    if (!isLonger && path.length > 0) yield [...path];
  }
  yield* extend(root);
}
