/**
 * The opening of a connection: TCP, TLS and the opening handshake, until the socket can be handed to
 * a conversation. Who dials opens; who speaks in the conversation is another question.
 *
 * Rule 1. An opening starts when the adapter starts to dial.
 * Rule 2. An open socket is handed over, in the tick in which it opened, and is then no longer ours.
 * Rule 3. Every state takes every fact.
 * Rule 4. `error` and `stopped` are entered only with `socket.terminate`.
 * Rule 5. Every redirect begins the stages anew. The deadline goes on.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { OpeningCommand } from './commands.js';
import { longest } from './deadlines.js';
import { blameFailure, blameRedirects, blameSettings, blameStall, type Fault } from './errors.js';
import type { OpeningFact } from './facts.js';
import type { OpeningNotice, OpeningOutput, Redirect } from './notices.js';
import type { Phases } from './phases.js';
import { COUNT, DURATION, readSettings } from './settings.js';
import { type Attempt, NOTHING_ATTEMPTED } from './stages.js';

/** How patient an opening is, and how far it follows redirects. */
export interface OpeningSettings {
  /** How long the connection may take to open, handshake included, in ms. */
  connectTimeout: number;
  /** How many redirects it follows. */
  maxRedirects: number;
}

export const openingDefaults: OpeningSettings = { connectTimeout: 10_000, maxRedirects: 0 };

const KINDS = { connectTimeout: DURATION, maxRedirects: COUNT };

export interface OpeningContext {
  settings: OpeningSettings;
  outcome: OpeningOutput['outcome'] | null;
  /** How far the opening has come. */
  attempt: Attempt;
  /** The finished phases since the last redirect. */
  phases: Phases;
  /** The redirects that were followed. */
  redirects: readonly Redirect[];
  /** The subprotocol that the server chose; null until the socket is open. */
  subprotocol: string | null;
  fault: Fault | null;
}

/** A context at the start. Wrong settings are a fault from the beginning. */
function contextOf(input: Partial<OpeningSettings> | undefined): OpeningContext {
  const { settings, misuse } = readSettings(input, openingDefaults, KINDS);
  return {
    settings,
    outcome: null,
    attempt: NOTHING_ATTEMPTED,
    phases: {},
    redirects: [],
    subprotocol: null,
    fault: misuse ? blameSettings(misuse) : null,
  };
}

function outputOf(context: OpeningContext): OpeningOutput {
  const { outcome, subprotocol, redirects, phases, fault } = context;
  return { outcome: outcome ?? 'error', subprotocol, redirects, phases, fault };
}

/** An opening. Input: any of `OpeningSettings`; what is left out is `openingDefaults`. */
export const opening = setup({
  types: {} as {
    context: OpeningContext;
    events: OpeningFact;
    emitted: OpeningCommand | OpeningNotice;
    input: Partial<OpeningSettings> | undefined;
    output: OpeningOutput;
  },
  guards: {
    isFaulted: ({ context }) => context.fault !== null,
    isFollowed: ({ context: { redirects, settings } }) => redirects.length < settings.maxRedirects,
  },
  actions: {
    handOver: emit({ type: 'socket.handOver' }),
    follow: emit({ type: 'socket.follow' }),
    terminate: emit({ type: 'socket.terminate' }),
    recordAttempt: assign(({ context, event }) => {
      assertEvent(event, 'socket.attempted');
      const { stage, peer, phases = context.phases } = event;
      return { attempt: { stage, peer }, phases };
    }),
    recordRedirect: assign(({ context, event }) => {
      assertEvent(event, 'socket.redirected');
      const { status, to, phases = context.phases } = event;
      const redirects = [...context.redirects, { status, to, phases }];
      return { redirects, attempt: NOTHING_ATTEMPTED, phases: {} };
    }),
    recordRefusedRedirect: assign(({ context, event }) => {
      assertEvent(event, 'socket.redirected');
      const { failure, to, phases = context.phases } = event;
      return { fault: blameRedirects(failure, context.redirects.length, to), phases };
    }),
    recordOpened: assign(({ context, event }) => {
      assertEvent(event, 'socket.opened');
      return { subprotocol: event.subprotocol, phases: event.phases ?? context.phases };
    }),
    recordFailure: assign(({ context, event }) => {
      assertEvent(event, 'socket.failed');
      const { failure, phases = context.phases } = event;
      return { fault: blameFailure(failure, false), phases };
    }),
    recordStall: assign(({ context: { attempt, settings } }) => ({
      fault: blameStall(attempt, settings.connectTimeout),
    })),
    recordOutcome: assign((_, params: { outcome: OpeningOutput['outcome'] }) => params),
    noteRedirected: emit(({ event }) => {
      assertEvent(event, 'socket.redirected');
      return { type: 'opening.redirected', status: event.status, to: event.to };
    }),
    noteFaulted: emit(({ context: { fault } }) => {
      if (fault === null) throw new Error('noteFaulted needs a recorded fault');
      return { type: 'opening.faulted', fault };
    }),
    noteEnded: emit(({ context }) => ({ type: 'opening.ended', output: outputOf(context) })),
  },
  delays: {
    connectTimeout: ({ context }) => longest(context.settings.connectTimeout),
  },
}).createMachine({
  id: 'opening',
  context: ({ input }) => contextOf(input),
  initial: 'connecting',
  output: ({ context }) => outputOf(context),
  states: {
    connecting: {
      description: 'The connection and the opening handshake are under way.',
      always: { guard: 'isFaulted', target: 'error', actions: ['noteFaulted', 'terminate'] },
      on: {
        'socket.attempted': { actions: ['recordAttempt'] },
        'socket.redirected': [
          { guard: 'isFollowed', actions: ['recordRedirect', 'noteRedirected', 'follow'] },
          {
            target: 'error',
            actions: ['recordRefusedRedirect', 'noteFaulted', 'terminate'],
          },
        ],
        'socket.opened': { target: 'opened', actions: ['recordOpened'] },
        'socket.failed': {
          target: 'error',
          actions: ['recordFailure', 'noteFaulted', 'terminate'],
        },
        'app.stopRequested': { target: 'stopped', actions: ['terminate'] },
      },
      after: {
        connectTimeout: {
          target: 'error',
          actions: ['recordStall', 'noteFaulted', 'terminate'],
        },
      },
    },
    opened: {
      description: 'The socket is open, and belongs to a conversation.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'opened' } }, 'noteEnded', 'handOver'],
    },
    stopped: {
      description: 'The application ended it.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'stopped' } }, 'noteEnded'],
    },
    error: {
      description: 'The connection did not open; the output says why.',
      type: 'final',
      entry: [{ type: 'recordOutcome', params: { outcome: 'error' } }, 'noteEnded'],
    },
  },
});
