/** A machine as a Mermaid state diagram, from the machine itself. */
import type { AnyStateMachine } from 'xstate';

interface Edge {
  source: string;
  target: string;
  label: string;
}

/** Draws the states and every transition between them; what a state ignores is not drawn. */
export function mermaidOf(machine: AnyStateMachine): string {
  const edges = Object.values(machine.states).flatMap((state) => [
    ...(state.always ?? []).map((one) => edgeOf(state.key, one, '')),
    ...[...state.transitions.values()].flat().map((one) => edgeOf(state.key, one, causeOf(one))),
  ]);
  const drawn = edges.filter((edge) => edge !== undefined);
  const finals = Object.values(machine.states).filter((state) => state.type === 'final');
  return [
    'stateDiagram-v2',
    `  [*] --> ${machine.config.initial}`,
    ...mergeEdges(drawn).map(({ source, target, label }) => {
      return `  ${source} --> ${target}${label === '' ? '' : ` : ${label}`}`;
    }),
    ...finals.map((state) => `  ${state.key} --> [*]`),
    '',
  ].join('\n');
}

interface Transition {
  eventType: string;
  target?: readonly { key: string }[] | undefined;
  guard?: unknown;
  actions: readonly unknown[];
}

function edgeOf(source: string, transition: Transition, cause: string): Edge | undefined {
  const { target, guard, actions } = transition;
  if (target === undefined && actions.length === 0) return undefined;
  const condition = guard === undefined ? '' : `[${String(guard)}]`;
  const label = [cause, condition].filter((part) => part !== '').join(' ');
  return { source, target: target?.[0]?.key ?? source, label };
}

function causeOf({ eventType }: Transition): string {
  const [, kind, delay] = eventType.split('.');
  return kind === 'after' && delay !== undefined ? `after ${delay}` : eventType;
}

/** One arrow for each pair of states, with all that leads along it. */
function mergeEdges(edges: readonly Edge[]): Edge[] {
  const merged = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.source} ${edge.target}`;
    const known = merged.get(key);
    if (known) known.label += `<br/>${edge.label}`;
    else merged.set(key, { ...edge });
  }
  return [...merged.values()];
}
