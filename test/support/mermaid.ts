/**
 * Mermaid's own parser as the reader of our diagrams, in Node, without a browser. Loading it takes about a
 * second, so only one test loads this file.
 *
 * Rule 1. The result has the labels that people see, not the names in the text.
 * Rule 2. Mermaid's purifier of HTML needs a document. Here it purifies nothing, since nothing is drawn.
 */
import DOMPurify from 'dompurify';
import mermaid from 'mermaid';

/** A diagram as Mermaid understood it, each list sorted. */
export interface ReadDiagram {
  /** `outer > inner`, each by its label. */
  states: string[];
  /** `from -> to: label`; the start and the end of a state are `[*]`. */
  arrows: string[];
  /** `state: text`. */
  notes: string[];
}

/** The part of Mermaid's data that is read. */
interface StateDb {
  getData(): { nodes: Node[]; edges: { start: string; end: string; label?: string }[] };
}

interface Node {
  id: string;
  label?: string;
  shape: string;
  parentId?: string;
}

/** Reads a state diagram; rejects with Mermaid's own error where it cannot be read. */
export async function readByMermaid(text: string): Promise<ReadDiagram> {
  Object.assign(DOMPurify, { addHook: () => {}, sanitize: (html: string) => html });
  const { db } = await parsed(text);
  const { nodes, edges } = (db as unknown as StateDb).getData();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isInner = ({ shape }: Node): boolean => !/^(?:state(?:Start|End)|divider|note)/.test(shape);
  const labelOf = (id: string): string => {
    const node = byId.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return /^state(?:Start|End)$/.test(node.shape) ? '[*]' : decoded(node.label ?? '');
  };
  const parentOf = ({ parentId }: Node): Node | undefined => {
    const parent = byId.get(parentId ?? '');
    return parent && !isInner(parent) ? parentOf(parent) : parent;
  };
  return {
    states: nodes
      .filter(isInner)
      .map((node) => {
        const parent = parentOf(node);
        return `${parent === undefined ? '' : `${labelOf(parent.id)} > `}${labelOf(node.id)}`;
      })
      .sort(),
    arrows: edges
      .filter(({ end }) => byId.get(end)?.shape !== 'note')
      .map(
        ({ start, end, label = '' }) => `${labelOf(start)} -> ${labelOf(end)}: ${decoded(label)}`,
      )
      .sort(),
    notes: edges
      .filter(({ end }) => byId.get(end)?.shape === 'note')
      .map(({ start, end }) => `${labelOf(start)}: ${labelOf(end)}`)
      .sort(),
  };
}

/** The words of Mermaid's lexer for state diagrams. */
export async function wordsOfMermaid(): Promise<string[]> {
  const { parser } = await parsed('stateDiagram-v2\n');
  const { lexer } = (parser as unknown as { parser: { lexer: { rules: RegExp[] } } }).parser;
  const words = lexer.rules.flatMap(({ source }) => source.match(/[a-z]\w+/gi) ?? []);
  return [...new Set(words)].sort();
}

/** `parse` also runs the steps before the parser, such as directives. Only the other call returns the result. */
async function parsed(text: string): ReturnType<typeof mermaid.mermaidAPI.getDiagramFromText> {
  await mermaid.parse(text);
  return mermaid.mermaidAPI.getDiagramFromText(text);
}

/** Decodes the numbers of characters, which Mermaid keeps in a form of its own until it draws. */
function decoded(label: string): string {
  return label.replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
