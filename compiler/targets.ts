/**
 * Targets: where a transition leads when history states are looked up, and the domain of a
 * transition (W3C SCXML, appendix D: `getEffectiveTargetStates`, `getTransitionDomain`).
 */
import { ancestorsOf, type HistoryValue, isWithin, type StateNode } from './configuration.js';

/** The part of a transition that decides which states are exited and entered. */
export interface Arc {
  readonly source: StateNode;
  readonly target?: readonly StateNode[] | undefined;
  readonly reenter: boolean;
}

/** The default of a history state, which applies while it remembers nothing. */
interface HistoryDefault {
  readonly target: readonly StateNode[];
  /** Whether the default is the initial transition of the parent. */
  readonly isInitial: boolean;
}

export function historyDefaultOf(node: StateNode): HistoryDefault {
  const parent = node.parent as StateNode;
  const configured = (node.config as { target?: string | readonly string[] }).target;
  if (configured !== undefined && configured !== '') {
    const prefix = `#${parent.id.replaceAll('.', '\\.')}.`;
    const targets = typeof configured === 'string' ? [configured] : configured;
    const nodes = targets.map((target) => {
      return parent.machine.getStateNodeById(target.startsWith('#') ? target : prefix + target);
    });
    return { target: nodes as StateNode[], isInitial: false };
  }
  if (parent.type === 'parallel') return { target: [parent], isInitial: false };
  return { target: parent.initial.target as readonly StateNode[], isInitial: true };
}

/** Replaces history states by the states that they remember, or by their defaults. */
export function effectiveTargetsOf(
  targets: readonly StateNode[] | undefined,
  history: HistoryValue,
): StateNode[] {
  const found = (targets ?? []).flatMap((target) => {
    if (target.type !== 'history') return [target];
    return history[target.id] ?? effectiveTargetsOf(historyDefaultOf(target).target, history);
  });
  return [...new Set(found)];
}

/** The innermost state that an arc neither exits nor enters; undefined if it exits the root. */
export function domainOf(arc: Arc, history: HistoryValue): StateNode | undefined {
  const { source, reenter } = arc;
  const targets = effectiveTargetsOf(arc.target, history);
  const staysInside = targets.every((target) => target === source || isWithin(target, source));
  if (!reenter && staysInside) return source;
  const [head = source, ...tail] = [...targets, source];
  const common = ancestorsOf(head).find((one) => tail.every((other) => isWithin(other, one)));
  if (common !== undefined) return common;
  return reenter ? undefined : (source.machine.root as StateNode);
}
