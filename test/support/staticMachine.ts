/**
 * Reads machines from a file without running it, as the importer of Stately Studio does.
 *
 * Rule 1. A machine is an exported constant, `setup({…}).createMachine({…})`, at the top of the file.
 * Rule 2. Its configuration is one literal. Whatever such an importer leaves out in silence is an
 *         error here: imported or computed parts, spreads, keys and targets that are no plain strings.
 * Rule 3. A function may stand where nothing is drawn: for the context and the output.
 */
import {
  type CallExpression,
  type Expression,
  type Node,
  type ObjectExpression,
  parse,
} from 'acorn';

/** Where a machine may have a function. */
const FUNCTIONS = new Set(['context', 'output']);

/** The configurations of the machines that a module exports, by their names. */
export function readMachines(source: string): Map<string, object> {
  const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const found = new Map<string, object>();
  for (const statement of body) {
    if (statement.type !== 'ExportNamedDeclaration') continue;
    const { declaration } = statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      const config = init?.type === 'CallExpression' ? configOf(init) : undefined;
      if (id.type === 'Identifier' && config) found.set(id.name, config);
    }
  }
  return found;
}

/** The configuration in `setup({…}).createMachine({…})`; undefined for any other call. */
function configOf({ callee, arguments: [config] }: CallExpression): object | undefined {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined;
  if (callee.property.name !== 'createMachine') return undefined;
  const { object } = callee;
  const isSetup =
    object.type === 'CallExpression' &&
    object.callee.type === 'Identifier' &&
    object.callee.name === 'setup';
  if (!isSetup) refuse(callee, 'a machine that is not made by setup({…}).createMachine({…})');
  if (config?.type !== 'ObjectExpression')
    return refuse(callee, 'a configuration that is no literal');
  return objectOf(config, FUNCTIONS);
}

function objectOf({ properties }: ObjectExpression, functions = new Set<string>()): object {
  const entries = properties.map((property): [string, unknown] => {
    if (property.type === 'SpreadElement') return refuse(property, 'a spread');
    const { key, value, computed } = property;
    const name = key.type === 'Identifier' && !computed ? key.name : textOf(key);
    if (value.type === 'ArrowFunctionExpression' && functions.has(name)) return [name, () => ({})];
    return [name, literalOf(value)];
  });
  return Object.fromEntries(entries);
}

function literalOf(node: Expression): unknown {
  if (node.type === 'ObjectExpression') return objectOf(node);
  if (node.type === 'ArrayExpression') {
    return node.elements.map((element) => {
      if (element === null || element.type === 'SpreadElement') return refuse(node, 'a spread');
      return literalOf(element);
    });
  }
  return node.type === 'Literal' ? node.value : refuse(node, 'something computed');
}

function textOf(key: Node): string {
  const { type, value } = key as Node & { value?: unknown };
  return type === 'Literal' && typeof value === 'string' ? value : refuse(key, 'a computed key');
}

function refuse(node: Node, what: string): never {
  const { line } = node.loc?.start ?? { line: 0 };
  throw new Error(`line ${line}: ${what} (${node.type}) cannot be read without running the file`);
}
