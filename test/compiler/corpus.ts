/** The corpus: machines with every feature and with combinations of features, each with stimuli. */
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
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

/** A machine, and the stimuli for it. */
export interface Specimen {
  name: string;
  machine: AnyStateMachine;
  stimuli: readonly Stimulus[];
  input?: unknown;
}

/** Reads stimuli: event types; `+10` for ms that pass; `restore` and `stop`. */
function stimuliOf(text: string): Stimulus[] {
  return text.split(' ').map((word) => {
    if (word === 'restore' || word === 'stop') return word;
    return word.startsWith('+') ? Number(word) : { type: word };
  });
}

/** The setup that the machines below share: a counter, and traces. */
const counting = setup({
  types: {} as {
    context: { count: number; log: string[] };
    events: { type: string; by?: number };
    emitted: { type: string };
  },
  guards: {
    isEven: ({ context }) => context.count % 2 === 0,
    isLow: ({ context }) => context.count < 3,
    atLeast: ({ context }, params: { n: number }) => context.count >= params.n,
    isNever: () => false,
    isBroken: () => {
      throw new Error('a broken guard');
    },
  },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    countAll: assign(({ context }, params: { by: number }) => ({
      count: context.count + params.by,
    })),
    reset: assign({ count: 0, log: () => [] }),
    write: assign({
      log: ({ context, event }, params: { what: string }) => [
        ...context.log,
        `${params.what} on ${event.type}`,
      ],
    }),
    tell: emit(({ context, event }) => ({ type: 'told', count: context.count, on: event.type })),
    tellFixed: emit({ type: 'fixed' }),
    trace: ({ context, event }, params: { at: string }) => {
      note(`${params.at}: ${context.count} on ${event.type}`);
    },
    fail: () => {
      throw new Error('a broken action');
    },
    raiseNext: raise({ type: 'next' }),
  },
  delays: {
    short: 10,
    growing: ({ context }) => 10 * (context.count + 1),
  },
});

const context = { count: 0, log: [] };

function traced(at: string) {
  return {
    entry: [{ type: 'trace' as const, params: { at: `entry ${at}` } }],
    exit: [{ type: 'trace' as const, params: { at: `exit ${at}` } }],
  };
}

// A machine without states has a type too narrow for `AnyStateMachine`: hence `unknown`.
const specimens: Record<string, [stimuli: string, machine: unknown, input?: unknown]> = {
  'a machine without states': [
    'go other go',
    counting.createMachine({ context, on: { go: { actions: ['count', 'tell'] } } }),
  ],
  'a machine that does nothing': ['go', createMachine({})],
  'two states': [
    'go go back go',
    counting.createMachine({
      context,
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { on: { back: 'a' } } },
    }),
  ],
  'guards in order': [
    'go go go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          on: {
            go: [
              { guard: 'isNever', target: 'b' },
              { guard: { type: 'atLeast', params: { n: 2 } }, target: 'c', actions: 'tell' },
              { guard: 'isEven', actions: ['count', 'tell'] },
              { actions: 'count' },
            ],
          },
        },
        b: {},
        c: {},
      },
    }),
  ],
  'guards combined by and, or and not': [
    'go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          on: {
            go: [
              { guard: and(['isEven', not('isLow')]), target: 'd' },
              { guard: or([and(['isEven', 'isLow']), 'isNever']), actions: 'count', target: 'b' },
            ],
          },
        },
        b: { on: { go: { guard: not(and(['isEven', or(['isNever', 'isLow'])])), target: 'c' } } },
        c: {},
        d: {},
      },
    }),
  ],
  'guards with parameters of the event': [
    'go go',
    counting.createMachine({
      context,
      on: {
        go: {
          guard: { type: 'atLeast', params: ({ context: c }) => ({ n: c.count }) },
          actions: 'count',
        },
      },
    }),
  ],
  'inline guards': [
    'go go go',
    counting.createMachine({
      context,
      on: {
        go: {
          guard: ({ context: c, event }) => c.count < 2 && event.type === 'go',
          actions: 'count',
        },
      },
    }),
  ],
  'a guard with an alias': [
    'go',
    setup({
      guards: { isTrue: () => true, isSo: and([() => true, 'isTrue']) } as never,
    }).createMachine({
      initial: 'a',
      states: { a: { on: { go: { guard: 'isSo', target: 'b' } } }, b: {} },
    } as never),
  ],
  'guards on states': [
    'go left go go right go',
    counting.createMachine({
      context,
      type: 'parallel',
      states: {
        one: { initial: 'a', states: { a: { on: { left: 'b' } }, b: { id: 'b' } } },
        two: {
          initial: 'x',
          states: {
            x: { on: { go: { guard: stateIn('#b'), target: 'y' } } },
            y: { on: { go: { guard: stateIn({ one: 'b' }), target: 'x', actions: 'tell' } } },
          },
        },
      },
    }),
  ],
  'a guard that throws': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: { a: { on: { go: { guard: 'isBroken', target: 'b' } } }, b: {} },
    }),
  ],
  'an eventless guard that throws': [
    'go',
    counting.createMachine({
      context,
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { always: { guard: 'isBroken', target: 'a' } } },
    }),
  ],
  'an action that throws': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          after: { short: 'b' },
          on: { go: { target: 'b', actions: ['tell', 'count', 'fail'] } },
        },
        b: {},
      },
    }),
  ],
  'an initial entry action that throws': [
    'go',
    counting.createMachine({ context, entry: ['tell', 'fail', 'count'] }),
  ],
  'a context that throws': [
    'go',
    createMachine({
      context: () => {
        throw new Error('no context');
      },
    }),
  ],
  'a context from input': [
    'go',
    setup({ types: {} as { context: { n: number }; input: { n: number } } }).createMachine({
      context: ({ input }) => ({ n: input.n + 1 }),
      on: { go: { actions: assign({ n: ({ context: c }) => c.n * 2 }) } },
    }),
    { n: 20 },
  ],
  'entries and exits': [
    'go back restore go stop go',
    counting.createMachine({
      context,
      initial: 'a',
      ...traced('root'),
      states: { a: { ...traced('a'), on: { go: 'b' } }, b: { ...traced('b'), on: { back: 'a' } } },
    }),
  ],
  'self-transitions': [
    'inner outer self inner',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          initial: 'x',
          states: { x: { ...traced('x'), on: { inner: 'y' } }, y: traced('y') },
          on: {
            self: { target: 'a' },
            outer: { target: 'a', reenter: true, actions: 'tell' },
          },
        },
      },
    }),
  ],
  'children targeted from their parent': [
    'go deep reenter go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          initial: 'x',
          states: {
            x: traced('x'),
            y: { ...traced('y'), initial: 'p', states: { p: traced('p'), q: traced('q') } },
          },
          on: { go: '.x', deep: '.y.q', reenter: { target: '.y', reenter: true } },
        },
      },
    }),
  ],
  'targets by id across the tree': [
    'go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          initial: 'x',
          states: { x: { id: 'x', ...traced('x'), on: { go: '#z' } } },
        },
        b: {
          ...traced('b'),
          initial: 'y',
          states: { y: traced('y'), z: { id: 'z', ...traced('z'), on: { go: '#x' } } },
        },
      },
    }),
  ],
  'actions of initial transitions': [
    'go back go deep back',
    counting.createMachine({
      context,
      initial: { target: 'a', actions: 'tell' },
      states: {
        a: { on: { go: 'b', deep: '#q' } },
        b: {
          initial: { target: 'p', actions: ['count', 'tell'] },
          states: { p: {}, q: { id: 'q' } },
          on: { back: 'a' },
        },
      },
    }),
  ],
  'events that the parent takes': [
    'go over other over',
    counting.createMachine({
      context,
      initial: 'a',
      on: { over: { actions: { type: 'write', params: { what: 'root' } } } },
      states: {
        a: {
          on: { over: { guard: 'isEven', actions: { type: 'write', params: { what: 'a' } } } },
          initial: 'x',
          states: {
            x: { on: { go: { actions: 'count' }, other: { guard: 'isEven', target: 'y' } } },
            y: {},
          },
        },
      },
    }),
  ],
  'events that a child forbids': [
    'over over',
    counting.createMachine({
      context,
      initial: 'a',
      on: { over: { actions: 'count' } },
      states: { a: { on: { over: {} } } },
    }),
  ],
  wildcards: [
    'mouse.click mouse.click.double key.down mouse other mouse.up',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          on: {
            '*': { actions: { type: 'write', params: { what: 'any' } } },
            'mouse.*': {
              guard: 'isEven',
              actions: [{ type: 'write', params: { what: 'mouse' } }, 'count'],
            },
            'mouse.click.*': { actions: { type: 'write', params: { what: 'click' } } },
            'key.down': { target: 'b' },
          },
        },
        b: { on: { 'mouse.*': 'a' } },
      },
    }),
  ],
  'wildcards of the parent': [
    'x.y z x.y',
    counting.createMachine({
      context,
      initial: 'a',
      on: { '*': { actions: 'count' }, 'x.*': { actions: 'tell' } },
      states: { a: { on: { 'x.y': { guard: 'isEven', actions: ['tellFixed', 'count'] } } } },
    }),
  ],
  'eventless transitions': [
    'go go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          always: [
            { guard: { type: 'atLeast', params: { n: 3 } }, target: 'c' },
            { guard: not('isEven'), target: 'b', actions: 'tell' },
          ],
          on: { go: { actions: 'count' } },
        },
        b: { ...traced('b'), always: { target: 'a', actions: 'count' } },
        c: traced('c'),
      },
    }),
  ],
  'eventless transitions that stay': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: { always: { guard: 'isLow', actions: 'count' }, on: { go: { actions: 'reset' } } },
      },
    }),
  ],
  'eventless transitions that change nothing': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: { always: { actions: { type: 'trace', params: { at: 'always' } } }, on: { go: {} } },
      },
    }),
  ],
  'an endless circle of eventless transitions': [
    'go',
    createMachine({
      options: { maxIterations: 20 },
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    }),
  ],
  'raised events': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          on: { go: { target: 'b', actions: ['raiseNext', 'count', raise({ type: 'last' })] } },
        },
        b: { ...traced('b'), on: { next: { target: 'c', actions: 'tell' } } },
        c: {
          always: { guard: 'isEven', target: 'a' },
          on: { last: { target: 'd', actions: 'tell' } },
        },
        d: { entry: raise(({ context: c }) => ({ type: `n${c.count}` })), on: { n1: 'a' } },
      },
    }),
  ],
  'delayed transitions': [
    'go +5 go +9 +1 +100 go +20 +20',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: { ...traced('a'), after: { short: { target: 'b', actions: 'tell' } }, on: { go: 'c' } },
        b: { on: { go: 'c' } },
        c: {
          after: {
            15: [{ guard: 'isEven', target: 'a', actions: 'count' }, { target: 'd' }],
            16: 'b',
          },
          on: { go: 'a' },
        },
        d: { entry: 'tell' },
      },
    }),
  ],
  'delays from the context': [
    'go +10 +10 +10 go +29 +1',
    counting.createMachine({
      context,
      initial: 'a',
      on: { go: { actions: 'count' } },
      states: {
        a: { after: { growing: { target: 'b', actions: 'count' } } },
        b: { after: { growing: 'a' } },
      },
    }),
  ],
  'a delay that is not a number': [
    'go',
    setup({ delays: { none: (() => undefined) as never } }).createMachine({
      initial: 'a',
      states: { a: { after: { none: 'b' } }, b: {} },
    }),
  ],
  'delayed and cancelled events': [
    'later +5 cancel +10 later +10 twice +5 +5 cancel +50',
    counting.createMachine({
      context,
      on: {
        later: { actions: raise({ type: 'ring' }, { delay: 10, id: 'bell' }) },
        twice: {
          actions: [
            raise({ type: 'ring' }, { delay: 5 }),
            raise({ type: 'ring' }, { delay: 'growing', id: 'bell' }),
          ],
        },
        cancel: { actions: cancel('bell') },
        ring: { actions: ['count', 'tell'] },
      },
    }),
  ],
  'timers of a machine that ends': [
    'end +100',
    counting.createMachine({
      context,
      initial: 'a',
      after: { 50: { actions: 'tell' } },
      states: { a: { after: { 20: 'a' }, on: { end: 'b' } }, b: { type: 'final' } },
    }),
  ],
  'timers of a machine that is stopped': [
    'go stop +100 go',
    counting.createMachine({
      context,
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { after: { 20: 'a' } } },
    }),
  ],
  'a final state with output': [
    'go go',
    counting.createMachine({
      context,
      initial: 'a',
      output: ({ context: c, event }) => ({ count: c.count, event }),
      states: {
        a: { exit: 'count', on: { go: 'b' } },
        b: { type: 'final', entry: 'count', exit: 'tell', output: ({ context: c }) => c.count },
      },
    }),
  ],
  'a machine that is done at its start': [
    'go',
    createMachine({ initial: 'a', output: 7, states: { a: { type: 'final' } } }),
  ],
  'a state that is done': [
    'go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          initial: 'x',
          states: {
            x: { on: { go: 'y' } },
            y: { type: 'final', output: ({ context: c }) => c.count },
          },
          onDone: { target: 'b', actions: [({ event }) => note(event), 'count'] },
        },
        b: { on: { go: 'a' } },
      },
    }),
  ],
  'a state whose done event nothing takes': [
    'go go',
    createMachine({
      initial: 'a',
      states: { a: { initial: 'x', states: { x: { on: { go: 'y' } }, y: { type: 'final' } } } },
    }),
  ],
  'parallel regions': [
    'both left right both only',
    counting.createMachine({
      context,
      type: 'parallel',
      ...traced('root'),
      states: {
        one: {
          ...traced('one'),
          initial: 'a',
          states: {
            a: { ...traced('a'), on: { both: { target: 'b', actions: 'count' }, left: 'b' } },
            b: { ...traced('b'), on: { both: { target: 'a', actions: 'tell' } } },
          },
        },
        two: {
          ...traced('two'),
          initial: 'x',
          states: {
            x: { ...traced('x'), on: { both: { target: 'y', actions: 'count' }, right: 'y' } },
            y: { ...traced('y'), on: { both: { target: 'x', actions: 'tell' } } },
          },
        },
      },
      on: { only: { actions: 'tellFixed' }, left: { actions: 'tell' } },
    }),
  ],
  'a region reentered moves behind the others': [
    'again both both again both',
    counting.createMachine({
      context,
      type: 'parallel',
      states: {
        one: {
          initial: 'a',
          on: { again: { target: 'one', reenter: true } },
          states: {
            a: {
              on: { both: { target: 'b', actions: { type: 'write', params: { what: 'one' } } } },
            },
            b: { on: { both: 'a' } },
          },
        },
        two: {
          initial: 'x',
          states: { x: { on: { both: { actions: { type: 'write', params: { what: 'two' } } } } } },
        },
      },
    }),
  ],
  'transitions in conflict': [
    'out out go out',
    counting.createMachine({
      context,
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          ...traced('p'),
          states: {
            one: {
              initial: 'a',
              states: { a: { ...traced('a'), on: { out: { target: '#q', actions: 'count' } } } },
            },
            two: {
              initial: 'x',
              states: { x: { ...traced('x'), on: { out: 'y' } }, y: traced('y') },
            },
          },
          on: { out: '#r' },
        },
        q: { id: 'q', on: { out: 'p', go: 'p' } },
        r: { id: 'r', on: { out: 'p' } },
      },
    }),
  ],
  'regions within regions': [
    'go deep all all deep',
    counting.createMachine({
      context,
      type: 'parallel',
      states: {
        one: {
          initial: 'a',
          states: {
            a: { on: { go: 'b' } },
            b: {
              type: 'parallel',
              states: {
                b1: { initial: 'x', states: { x: { on: { all: 'y' } }, y: { on: { all: 'x' } } } },
                b2: { initial: 'p', states: { p: { on: { all: 'q' } }, q: { type: 'final' } } },
              },
              on: { deep: { target: '.b1.y' } },
            },
          },
        },
        two: { initial: 'm', states: { m: { on: { all: { actions: 'count' } } } } },
      },
    }),
  ],
  'regions that are all done': [
    'left right go',
    counting.createMachine({
      context,
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          states: {
            one: { initial: 'a', states: { a: { on: { left: 'b' } }, b: { type: 'final' } } },
            two: {
              initial: 'x',
              states: { x: { on: { right: 'y' } }, y: { type: 'final', output: 3 } },
            },
          },
          onDone: { target: 'q', actions: 'tell' },
        },
        q: { entry: 'count' },
      },
    }),
  ],
  'a parallel machine that is done': [
    'left right go',
    counting.createMachine({
      context,
      type: 'parallel',
      output: ({ event }) => event,
      states: {
        one: {
          initial: 'a',
          states: { a: { on: { left: 'b' } }, b: { type: 'final', exit: 'tell' } },
        },
        two: {
          initial: 'x',
          states: { x: { on: { right: 'y' } }, y: { type: 'final', exit: 'tell' } },
        },
      },
    }),
  ],
  'eventless transitions in regions': [
    'go go',
    counting.createMachine({
      context,
      type: 'parallel',
      states: {
        one: {
          initial: 'a',
          states: {
            a: { always: { guard: not('isEven'), target: 'b', actions: 'count' } },
            b: { always: { guard: 'isLow', target: 'a' } },
          },
        },
        two: {
          initial: 'x',
          states: {
            x: {
              always: { guard: not('isEven'), target: 'y', actions: 'tell' },
              on: { go: { actions: 'count' } },
            },
            y: {},
          },
        },
      },
    }),
  ],
  'a parallel state exited, and entered at a deep target': [
    'in out in2 out',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: { on: { in: '#y', in2: { target: ['#y', '#b'] } } },
        p: {
          type: 'parallel',
          ...traced('p'),
          states: {
            one: {
              initial: { target: 'a', actions: 'count' },
              states: { a: traced('a'), b: { id: 'b', ...traced('b') } },
            },
            two: {
              initial: { target: 'x', actions: 'count' },
              states: { x: traced('x'), y: { id: 'y', ...traced('y') } },
            },
          },
          on: { out: 'a' },
        },
      },
    }),
  ],
  'shallow history': [
    'next out back out next back restore out back',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          initial: 'x',
          states: {
            x: { on: { next: 'y' } },
            y: { ...traced('y'), initial: 'p', states: { p: { on: { next: 'q' } }, q: {} } },
            h: { type: 'history' },
          },
          on: { out: 'b' },
        },
        b: { on: { back: 'a.h', next: 'a' } },
      },
    }),
  ],
  'deep history': [
    'next next out back restore out back',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          initial: 'x',
          states: {
            x: { on: { next: 'y' } },
            y: {
              ...traced('y'),
              initial: 'p',
              states: { p: { on: { next: 'q' } }, q: traced('q') },
            },
            h: { type: 'history', history: 'deep' },
          },
          on: { out: 'b' },
        },
        b: { on: { back: 'a.h' } },
      },
    }),
  ],
  'history that remembers nothing': [
    'back out direct out parallel',
    counting.createMachine({
      context,
      initial: 'b',
      states: {
        a: {
          initial: 'x',
          states: {
            x: traced('x'),
            y: traced('y'),
            h: { type: 'history', target: 'y' },
            i: { type: 'history' },
          },
          on: { out: 'b' },
        },
        p: {
          type: 'parallel',
          states: {
            one: { initial: 'u', states: { u: traced('u'), v: {} } },
            h: { type: 'history' },
          },
        },
        b: { on: { back: 'a.h', direct: 'a.i', parallel: 'p.h' } },
      },
    }),
  ],
  'history of regions': [
    'left out back right out back',
    counting.createMachine({
      context,
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          states: {
            one: { initial: 'a', states: { a: { on: { left: 'b' } }, b: traced('b') } },
            two: { initial: 'x', states: { x: { on: { right: 'y' } }, y: traced('y') } },
            h: { type: 'history', history: 'deep' },
          },
          on: { out: 'q' },
        },
        q: { on: { back: 'p.h' } },
      },
    }),
  ],
  'tags, meta and descriptions': [
    'go go',
    createMachine({
      initial: 'a',
      tags: ['root'],
      meta: { level: 0 },
      states: {
        a: { tags: ['busy', 'red'], meta: { level: 1 }, on: { go: 'b' } },
        b: { tags: 'idle', description: 'Nothing to do.' },
      },
    }),
  ],
  'inline actions, actions with parameters, unknown actions': [
    'go go',
    createMachine({
      context: { n: 0 },
      entry: 'unknown',
      on: {
        go: {
          actions: [
            ({ event }: { event: { type: string } }) => note(event.type),
            { type: 'unknown', params: { a: 1 } },
            assign(({ context: { n } }: { context: { n: number } }) => ({ n: n + 1, more: true })),
            assign({ last: ({ event }: { event: { type: string } }) => event.type, fixed: 1 }),
            emit({ type: 'happened' }),
          ],
        },
      },
    } as never),
  ],
  'parameters of the event': [
    'go go',
    counting.createMachine({
      context,
      on: {
        go: {
          actions: [
            { type: 'countAll', params: ({ context: c }) => ({ by: c.count + 1 }) },
            { type: 'write', params: ({ event }) => ({ what: event.type }) },
          ],
        },
      },
    }),
  ],
  'enqueued actions': [
    'go go go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          on: {
            go: {
              target: 'b',
              actions: enqueueActions(({ context: c, enqueue, check }) => {
                if (check('isEven')) enqueue('tell');
                enqueue.assign({ count: c.count + 1 });
                if (check({ type: 'atLeast', params: { n: 2 } })) enqueue.emit({ type: 'many' });
                enqueue.raise({ type: 'next' });
                enqueue({ type: 'trace', params: { at: 'enqueued' } });
                enqueue.cancel('nothing');
              }),
            },
          },
        },
        b: { on: { next: { target: 'a', actions: 'tell' } } },
      },
    }),
  ],
  'logged values': [
    'go',
    counting.createMachine({
      context,
      entry: log('begun'),
      on: { go: { actions: ['count', log(({ context: c }) => c.count, 'count')] } },
    }),
  ],
  'emits between assignments': [
    'go',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          exit: ['tell', 'count', 'tell'],
          on: { go: { target: 'b', actions: ['count', 'tell'] } },
        },
        b: { entry: ['count', 'tell', 'tellFixed'] },
      },
    }),
  ],
  'entry actions of the initial states': [
    'go',
    counting.createMachine({
      context,
      entry: ['tell', { type: 'trace', params: { at: 'root' } }, 'count', 'tell'],
      initial: 'a',
      states: {
        a: {
          entry: [{ type: 'trace', params: { at: 'a' } }, 'tellFixed'],
          always: 'b',
          after: { 10: 'c' },
        },
        b: { entry: ['count', 'tell'], after: { 10: 'c' } },
        c: {},
      },
    }),
  ],
  'errors of other actors that nothing takes': [
    'go xstate.error.actor.child go',
    counting.createMachine({
      context,
      initial: 'a',
      states: { a: { on: { go: { actions: 'count' } } } },
    }),
  ],
  'errors of other actors that a transition takes': [
    'xstate.error.actor.child go',
    counting.createMachine({ context, on: { 'xstate.error.actor.child': { actions: 'count' } } }),
  ],
  'a transition to the root': [
    'go again other deep again outer',
    counting.createMachine({
      context,
      id: 'm',
      ...traced('root'),
      initial: 'a',
      states: {
        a: { ...traced('a'), on: { go: 'b' } },
        b: {
          ...traced('b'),
          on: {
            again: '#m',
            other: { target: '#m', reenter: true },
            outer: { target: '.x', reenter: true },
          },
          initial: 'x',
          states: { x: traced('x') },
        },
      },
      on: { deep: { target: '.b', reenter: true } },
    }),
  ],
  'history with targets by id, and more than one': [
    'one out two',
    createMachine({
      initial: 'q',
      states: {
        p: {
          type: 'parallel',
          states: {
            left: { initial: 'a', states: { a: {}, b: { id: 'b' } } },
            right: { initial: 'x', states: { x: {}, y: { id: 'y' } } },
            h: { type: 'history', target: ['#b', '#y'] },
            i: { type: 'history', target: '#y' },
          },
          on: { out: 'q' },
        },
        q: { on: { one: 'p.i', two: 'p.h' } },
      },
    } as never),
  ],
  'guards whose names stand for other names': [
    'go go',
    setup({
      guards: { isTrue: () => true, isSo: 'isTrue' as never, isThus: { type: 'isSo' } as never },
    }).createMachine({
      initial: 'a',
      states: {
        a: { on: { go: { guard: 'isSo', target: 'b' } } },
        b: { on: { go: { guard: 'isThus', target: 'a' } } },
      },
    }),
  ],
  'an inline guard that throws': [
    'go',
    createMachine({
      on: {
        go: {
          guard: () => {
            throw new Error('a broken guard');
          },
        },
      },
    }),
  ],
  'an emit with parameters': [
    'go',
    setup({
      actions: { tell: emit((_, params: { n: number }) => ({ type: 'told', n: params.n })) },
    }).createMachine({
      on: {
        go: {
          actions: [
            { type: 'tell', params: { n: 1 } },
            { type: 'tell', params: () => ({ n: 2 }) },
          ],
        },
      },
    }),
  ],
  'a root that is final': ['go', createMachine({ type: 'final', output: 3 })],
  'a context of many keys': [
    'go go',
    createMachine({
      context: Object.fromEntries(Array.from('abcdefghijklm', (key, n) => [key, n])),
      on: { go: { actions: assign({ a: ({ event }) => event.type.length }) } },
    }),
  ],
  'a context of twelve keys': [
    'go go',
    createMachine({
      context: Object.fromEntries(Array.from('abcdefghijkl', (key, n) => [key, n])),
      on: {
        go: { actions: [assign({ l: ({ event }) => event.type.length }), assign({ more: 1 })] },
      },
    }),
  ],
  'a context that is an instance of a class': [
    'go go',
    createMachine({
      context: new (class {
        n = 0;
      })() as unknown as { n: number },
      on: { go: { actions: assign({ n: ({ context: c }) => c.n + 1 }) } },
    }),
  ],
  'an after that is cancelled by its id': [
    'one +20 back two +20',
    createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          after: { 10: 'b' },
          on: {
            one: { actions: cancel('xstate.after.10.m.a') },
            two: { actions: cancel(() => 'xstate.after.10.m.a') },
            back: { target: 'a', reenter: true },
          },
        },
        b: {},
      },
    }),
  ],
  'a delay that is not a number, after the start': [
    'go',
    setup({ delays: { none: (() => undefined) as never } }).createMachine({
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { after: { none: 'c' } }, c: {} },
    }),
  ],
  'regions that are final themselves': [
    'go',
    createMachine({
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          states: {
            one: { type: 'final' },
            two: { initial: 'x', states: { x: { on: { go: 'y' } }, y: { type: 'final' } } },
          },
          onDone: 'q',
        },
        q: {},
      },
    } as never),
  ],
  'xstate.init sent to a running machine': [
    'go xstate.init go',
    counting.createMachine({ context, on: { '*': { actions: ['count', 'tell'] } } }),
  ],
  'a state reentered through its history state': [
    'again again +10 +10 +10',
    counting.createMachine({
      context,
      initial: 'a',
      states: {
        a: {
          ...traced('a'),
          after: { short: { target: 'b', actions: 'count' } },
          on: { again: 'h' },
        },
        b: { after: { short: { target: 'a', actions: 'count' } } },
        h: { type: 'history' },
      },
    }),
  ],
  'ids with dots': [
    'go back',
    createMachine({
      id: 'my.machine',
      initial: 'a',
      states: {
        a: { on: { go: 'b.h' } },
        b: {
          id: 'b.b',
          initial: 'x',
          states: { x: {}, y: {}, h: { type: 'history', target: 'y' } },
          on: { back: 'a' },
        },
      },
    }),
  ],
  'a low limit of iterations': [
    'go go',
    createMachine({
      options: { maxIterations: 3 },
      context: () => ({ n: 0 }),
      on: { go: { actions: assign({ n: ({ context }) => context['n'] + 1 }) } },
    }),
  ],
  'an assigner that mutates the context': [
    'go count go count',
    createMachine({
      context: () => ({ n: 0, m: 0 }),
      on: {
        go: {
          actions: assign(({ context }) => {
            context['n']++;
            return { m: context['n'] };
          }),
        },
        count: { actions: assign({ m: ({ context }) => context['n'] + context['m'] }) },
      },
    }),
  ],
  'an action that adds a key to the context and deletes another': [
    'count add count count',
    createMachine({
      context: () => ({ n: 0, m: 0 }),
      on: {
        add: {
          actions: ({ context }) => {
            Object.assign(context, { extra: 1 });
            Reflect.deleteProperty(context, 'm');
          },
        },
        count: { actions: assign({ n: ({ context }) => context['n'] + 1 }) },
      },
    }),
  ],
};

export const corpus: readonly Specimen[] = Object.entries(specimens).map(
  ([name, [stimuli, machine, input]]) => ({
    name,
    machine: machine as AnyStateMachine,
    stimuli: stimuliOf(stimuli),
    input,
  }),
);
