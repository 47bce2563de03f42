/** Random machines with any states, transitions and actions, and random stimuli for them. */
import fc from 'fast-check';
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  emit,
  enqueueActions,
  log,
  not,
  or,
  raise,
  setup,
  stateIn,
} from 'xstate';
import { note, type Stimulus } from './compare.js';

const TYPES = ['e', 'f', 'g.a', 'g.b', 'h'];
const DESCRIPTORS = [...TYPES, 'g.*', '*'];
const MOST_STATES = 14;

/** Enough for a machine that comes to rest. Others are compared up to this number. */
const MAX_ITERATIONS = 40;

/** A machine, and the stimuli for it. */
export interface RandomPlay {
  machine: AnyStateMachine;
  stimuli: Stimulus[];
}

interface ActionArgs {
  context: { n: number; m: number };
}

interface Enqueuing extends ActionArgs {
  enqueue: ((action: unknown) => void) & { raise(event: { type: string }): void };
  check(guard: unknown): boolean;
}

function enqueueSome({ context, enqueue, check }: Enqueuing): void {
  if (check('isEven')) enqueue('increment');
  if (context.m > 2) enqueue.raise({ type: 'g.a' });
  enqueue({ type: 'trace', params: { at: 'queued' } });
}

const base = setup({
  types: {} as {
    context: { n: number; m: number };
    events: { type: string };
    emitted: { type: string; n?: number; on?: string };
  },
  guards: {
    isEven: ({ context }) => context.n % 2 === 0,
    isBelow: ({ context }, params: { n: number }) => context.n < params.n,
    isShort: ({ event }) => event.type.length === 1,
  },
  actions: {
    increment: assign({ n: ({ context }) => context.n + 1 }),
    add: assign(({ context }, params: { by: number }) => ({ m: context.m + params.by })),
    set: assign({ n: ({ context }) => context.m, m: ({ context }) => context.n }),
    tell: emit(({ context, event }) => ({ type: 'told', n: context.n, on: event.type })),
    tellFixed: emit({ type: 'fixed' }),
    trace: ({ context, event }, params: { at: string }) => {
      note(`${params.at} ${context.n} ${context.m} ${event.type}`);
    },
    raiseE: raise({ type: 'e' }),
    raiseOwn: raise(({ context }) => ({ type: context.n % 2 === 0 ? 'f' : 'own' })),
    raiseLater: raise({ type: 'h' }, { delay: 'wait', id: 'later' }),
    cancelLater: cancel('later'),
    log: log(({ context }) => context.n),
    enqueue: enqueueActions(enqueueSome as never),
  },
  delays: { wait: 15, growing: ({ context }) => 5 + context.n },
});

/** Draws one value from an arbitrary. */
type Draw = <T, A extends unknown[]>(arbitrary: (...args: A) => fc.Arbitrary<T>, ...args: A) => T;

/** Builds a random play. Every choice is drawn from `draw`, so that fast-check can shrink it. */
class Builder {
  readonly #draw: Draw;
  readonly #ids: string[] = [];
  #budget = MOST_STATES;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  build(): RandomPlay {
    const tree = this.#tree(0, 'compound');
    const config = this.#config(tree, 0);
    const machine = base.createMachine({
      ...config,
      context: { n: 0, m: 0 },
      id: 'root',
      output: ({ context, event }: { context: { n: number }; event: { type: string } }) => {
        return `${context.n} ${event.type}`;
      },
      options: { maxIterations: MAX_ITERATIONS },
    } as never);
    const stimuli = Array.from({ length: 12 + this.#upTo(20) }, () => this.#stimulus());
    return { machine: machine as unknown as AnyStateMachine, stimuli };
  }

  // -------------------------------------------------------------------------------- choices

  #upTo(most: number): number {
    return this.#draw(fc.nat, most);
  }

  #isLucky(oneIn: number): boolean {
    return this.#upTo(oneIn - 1) === 0;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#upTo(values.length - 1)] as T;
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#upTo(most) }, make);
  }

  #stimulus(): Stimulus {
    const kind = this.#upTo(9);
    if (kind === 0) return this.#pick([1, 5, 10, 20]);
    if (kind === 1 && this.#isLucky(3)) return 'restore';
    return { type: this.#pick([...TYPES, 'own', 'unknown']) };
  }

  // --------------------------------------------------------------------------------- states

  /** Builds the tree of states before their transitions, which may lead anywhere in it. */
  #tree(depth: number, type: 'compound' | 'parallel' | 'leaf'): Tree {
    const id = `s${this.#ids.length}`;
    this.#ids.push(id);
    const tree: Tree = { id, type, kind: 'atomic', children: [] };
    if (type === 'leaf') return tree;
    const count = (depth === 0 ? 2 : 1) + this.#upTo(2);
    for (let i = 0; i < count && this.#budget > 0; i++) {
      this.#budget--;
      const inner =
        depth >= 3 ? 'leaf' : this.#pick(['leaf', 'leaf', 'compound', 'parallel'] as const);
      const child = this.#tree(depth + 1, inner);
      if (inner === 'leaf' && i > 0) {
        if (type === 'compound' && this.#isLucky(4)) child.kind = 'final';
        else if (this.#isLucky(6)) child.kind = this.#pick(['shallow', 'deep'] as const);
      }
      tree.children.push(child);
    }
    if (tree.children.length === 0) tree.type = 'leaf';
    return tree;
  }

  #config(tree: Tree, depth: number): Config {
    const { id, kind, children } = tree;
    const own = depth === 0 ? {} : { id };
    if (kind === 'shallow' || kind === 'deep') return { ...own, type: 'history', history: kind };
    const config: Config = {
      ...own,
      entry: this.#actions(),
      exit: this.#actions(),
    };
    if (this.#isLucky(3)) config.tags = [this.#pick(['red', 'green'])];
    if (kind === 'final')
      return { ...config, type: 'final', output: ({ context }: ActionArgs) => context.m };
    config.on = Object.fromEntries(
      this.#some(3, () => [this.#pick(DESCRIPTORS), this.#transitions()]),
    );
    if (this.#isLucky(4)) {
      config.after = { [this.#pick(['10', 'wait', 'growing'])]: this.#transitions() };
    }
    if (this.#isLucky(4)) config.always = [this.#transition(true)];
    if (tree.type === 'leaf') return config;
    const states = children.map((child) => [child.id, this.#config(child, depth + 1)]);
    config.states = Object.fromEntries(states);
    if (this.#isLucky(2)) config.onDone = this.#transition(false);
    if (tree.type === 'parallel') return { ...config, type: 'parallel' };
    const first = (children[0] as Tree).id;
    config.initial = this.#isLucky(4) ? { target: first, actions: this.#actions() } : first;
    return config;
  }

  // ---------------------------------------------------------------------------- transitions

  #transitions(): unknown {
    const transitions = [this.#transition(false), ...this.#some(1, () => this.#transition(false))];
    return transitions.length === 1 && this.#isLucky(2) ? transitions[0] : transitions;
  }

  #transition(isGuarded: boolean): Config {
    const transition: Config = { actions: this.#actions() };
    if (!this.#isLucky(4)) transition.target = `#${this.#pick(this.#ids.slice(1))}`;
    if (this.#isLucky(4)) transition.reenter = true;
    if (isGuarded || this.#isLucky(3)) transition.guard = this.#guard(0);
    return transition;
  }

  #guard(depth: number): unknown {
    const simple: unknown[] = [
      'isEven',
      'isShort',
      { type: 'isBelow', params: { n: 1 + this.#upTo(4) } },
      { type: 'isBelow', params: ({ context }: ActionArgs) => ({ n: context.m }) },
      ({ context }: ActionArgs) => context.m < 3,
      stateIn(`#${this.#pick(this.#ids.slice(1))}` as never),
    ];
    if (depth < 2 && this.#isLucky(4)) {
      const operands = [this.#guard(depth + 1), this.#guard(depth + 1)] as never;
      return this.#pick([and(operands), or(operands), not(operands[0])]);
    }
    return this.#pick(simple);
  }

  #actions(): unknown[] {
    return this.#some(3, () => {
      return this.#pick([
        'increment',
        { type: 'add', params: { by: 1 } },
        { type: 'add', params: ({ context }: ActionArgs) => ({ by: context.n }) },
        'set',
        'tell',
        'tell',
        'tellFixed',
        { type: 'trace', params: { at: this.#pick(this.#ids) } },
        'raiseE',
        'raiseOwn',
        'raiseLater',
        'cancelLater',
        'log',
        'enqueue',
        'unknown',
      ]);
    });
  }
}

/** The parts of a machine's config that the builder sets one by one. */
interface Config {
  [key: string]: unknown;
  tags?: unknown;
  on?: unknown;
  after?: unknown;
  always?: unknown;
  states?: unknown;
  onDone?: unknown;
  initial?: unknown;
  actions?: unknown;
  target?: unknown;
  reenter?: unknown;
  guard?: unknown;
}

interface Tree {
  id: string;
  type: 'compound' | 'parallel' | 'leaf';
  kind: 'atomic' | 'final' | 'shallow' | 'deep';
  children: Tree[];
}

/** Any machine, with any stimuli. */
export const randomPlay: fc.Arbitrary<RandomPlay> = fc
  .gen()
  .map((draw) => new Builder(draw as unknown as Draw).build());
