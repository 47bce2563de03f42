/** Machines with every feature that a chart must show. Nothing in them is ever run. */
import { and, assign, createMachine, emit, fromPromise, not, or, setup, stateIn } from 'xstate';

/** Nested, parallel, with history, and with names that must be escaped. */
export const player = setup({
  types: {} as { context: { speed: number }; events: { type: string } },
  guards: {
    isLoaded: () => true,
    isFast: (_, params: { than: number }) => params.than > 0,
    isMuted: () => false,
  },
  actions: { log: () => {}, note: (_, params: { what: string }) => params.what },
  actors: { load: fromPromise(async () => 'track') },
  delays: { patience: 1000 },
}).createMachine({
  id: 'player',
  description: 'Plays one track.',
  context: { speed: 1 },
  initial: 'off',
  on: { 'power.cut': { target: '.off', description: 'From anywhere.' } },
  states: {
    off: {
      tags: ['idle'],
      on: { 'power.on': 'loading', 'power.on.last': { target: 'on.memory' }, 'key.*': {} },
    },
    loading: {
      invoke: { src: 'load', onDone: { target: 'on', actions: 'log' }, onError: 'off' },
      after: { patience: 'off', 250: { actions: ['log'] } },
    },
    on: {
      type: 'parallel',
      exit: 'log',
      onDone: 'ended',
      states: {
        deck: {
          initial: 'paused',
          onDone: { actions: 'log' },
          states: {
            paused: { on: { play: { guard: 'isLoaded', target: 'playing' } } },
            playing: {
              entry: [{ type: 'note', params: { what: 'playing' } }],
              always: { guard: { type: 'isFast', params: { than: 9 } }, target: 'over' },
              on: {
                pause: 'paused',
                seek: { target: 'playing', reenter: true },
                faster: { actions: ['log', emit({ type: 'speed.raised' })] },
                end: [
                  { guard: and(['isLoaded', not('isMuted')]), target: 'over' },
                  { guard: or([stateIn('on.volume.loud'), 'isMuted']), target: 'paused' },
                  { guard: () => true, target: 'paused', actions: assign({ speed: 1 }) },
                ],
              },
            },
            over: { type: 'final' },
          },
        },
        volume: {
          initial: 'loud',
          states: {
            loud: { on: { 'say "<hush>" & wait': 'quiet' } },
            quiet: { on: { shout: 'loud', leave: '#player.off' } },
          },
        },
        memory: { type: 'history', history: 'deep' },
      },
    },
    ended: {
      initial: 'fresh',
      states: {
        fresh: { on: { forget: 'last' } },
        stale: {},
        last: { type: 'history', target: 'stale' },
      },
      on: { again: { target: ['on.deck.playing', 'on.volume.quiet'] } },
    },
  },
});

/** A machine as deep as wished: each state has two, of which the first leads into the next deep. */
export function nested(depth: number): ReturnType<typeof createMachine> {
  const level = (n: number): object =>
    n === 0
      ? { on: { up: '#top', stay: {} } }
      : {
          initial: 'a',
          type: n % 3 === 2 ? 'parallel' : undefined,
          states: { a: level(n - 1), b: { on: { back: 'a', self: { target: 'b' } } } },
          on: { [`down${n}`]: '.a', [`out${n}`]: '#top' },
        };
  return createMachine({ id: 'top', ...level(depth) } as never);
}
