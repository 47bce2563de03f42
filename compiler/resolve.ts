/**
 * The resolved machine: what each state does, with names looked up.
 *
 * Rule 1. Transitions, guards and actions are resolved once, when compiling. Whatever is unsupported
 *         is refused then.
 */
import type { AnyStateMachine } from 'xstate';
import { resolveAction } from './actions.js';
import type { Compilation } from './builtIns.js';
import type { StateNode } from './configuration.js';
import { plainGuard, resolveGuard } from './guards.js';
import type { Operation } from './operation.js';
import type { Arc } from './targets.js';
import type { Candidate } from './terms.js';
import { unsupported } from './unsupported.js';

/** What a state does, resolved. */
export interface ResolvedState {
  readonly entry: readonly Operation[];
  readonly exit: readonly Operation[];
  /** The actions of its initial transition. */
  readonly initial: readonly Operation[];
  readonly eventless: readonly Candidate[];
  /** The other transitions, by their event descriptors. */
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
}

/** A transition as XState has it. */
interface TransitionDefinition extends Arc {
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
}

export class ResolvedMachine {
  readonly machine: AnyStateMachine;
  readonly #compilation: Compilation;
  readonly #states = new Map<StateNode, ResolvedState>();
  /** Every event descriptor of the machine, wildcards too. */
  readonly #descriptors = new Set<string>();
  #candidates = 0;

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.#compilation = { machine, timers: new Map() };
    this.#resolve(machine.root as StateNode);
  }

  #resolve(node: StateNode): void {
    if (node.invoke.length > 0) unsupported(node.id, 'it invokes an actor');
    const candidates = new Map<string, readonly Candidate[]>();
    for (const [descriptor, transitions] of node.transitions) {
      this.#descriptors.add(descriptor);
      candidates.set(descriptor, this.#candidatesIn(node, transitions));
    }
    this.#states.set(node, {
      entry: this.#operations(node, node.entry),
      exit: this.#operations(node, node.exit),
      initial: this.#operations(node, node.type === 'history' ? [] : node.initial.actions),
      eventless: this.#candidatesIn(node, node.always ?? []),
      candidates,
    });
    for (const child of Object.values(node.states) as StateNode[]) this.#resolve(child);
  }

  #operations(node: StateNode, actions: readonly unknown[]): Operation[] {
    return actions.map((action) => resolveAction(this.#compilation, action, node.id));
  }

  #candidatesIn(node: StateNode, transitions: readonly unknown[]): Candidate[] {
    return (transitions as readonly TransitionDefinition[]).map((transition) => {
      const { source, target, reenter, guard, actions } = transition;
      return {
        source,
        target,
        reenter,
        index: this.#candidates++,
        guard: guard === undefined ? undefined : resolveGuard(this.machine, guard, node.id),
        plain: plainGuard(this.machine, guard),
        guardName: nameOf(guard),
        operations: this.#operations(node, actions),
      };
    });
  }

  stateOf(node: StateNode): ResolvedState {
    return this.#states.get(node) as ResolvedState;
  }

  /** The candidates of one state for an event type: exact matches first, then longer wildcards. */
  candidatesOf(node: StateNode, type: string): Candidate[] {
    const { candidates } = this.stateOf(node);
    const wildcards = [...candidates.keys()]
      .filter((descriptor) => descriptor !== type && matches(descriptor, type))
      .sort((a, b) => b.length - a.length);
    return [type, ...wildcards].flatMap((descriptor) => candidates.get(descriptor) ?? []);
  }

  /**
   * A key that event types share if the machine treats them alike. A type that no transition names
   * is known only by the wildcards that match it.
   */
  keyOf(type: string): string {
    if (this.#descriptors.has(type)) return type;
    const wildcards = [...this.#descriptors].filter((descriptor) => matches(descriptor, type));
    return `* ${wildcards.join(' ')}`;
  }
}

function nameOf(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard;
  return typeof guard === 'object' && guard !== null ? (guard as { type: string }).type : undefined;
}

/** Whether a descriptor such as `*` or `socket.*` takes an event of this type. */
function matches(descriptor: string, type: string): boolean {
  if (descriptor === type || descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const tokens = descriptor.split('.');
  const typeTokens = type.split('.');
  const star = tokens.indexOf('*');
  return (
    star === tokens.length - 1 && tokens.slice(0, star).every((one, i) => one === typeTokens[i])
  );
}
