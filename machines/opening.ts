/**
 * The opening of a connection: TCP, TLS and the opening handshake, until the socket can be handed to
 * a conversation. Who dials opens; who speaks in the conversation is another question.
 *
 * Rule 1. An opening starts when the adapter starts to dial.
 * Rule 2. An open socket is handed over, in the tick in which it opened, and is then no longer ours.
 * Rule 3. Every state takes every fact.
 * Rule 4. `error` and `stopped` are entered only with `socket.terminate`.
 */
import { assertEvent, assign, emit, setup } from 'xstate';
import type { OpeningCommand } from './commands.js';
import { longest } from './deadlines.js';
import { blameFailure, blameSettings, blameStall, type Fault } from './errors.js';
import type { OpeningFact } from './facts.js';
import type { OpeningNotice, OpeningOutput } from './notices.js';
import { DURATION, readSettings } from './settings.js';
import { type Attempt, NOTHING_ATTEMPTED } from './stages.js';

/** How patient an opening is. */
export interface OpeningSettings {
  /** How long the connection may take to open, handshake included, in ms. */
  connectTimeout: number;
}

export const openingDefaults: OpeningSettings = { connectTimeout: 10_000 };

const KINDS = { connectTimeout: DURATION };

export interface OpeningContext {
  settings: OpeningSettings;
  outcome: OpeningOutput['outcome'] | null;
  /** How far the opening has come. */
  attempt: Attempt;
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
    subprotocol: null,
    fault: misuse ? blameSettings(misuse) : null,
  };
}

function outputOf({ outcome, subprotocol, fault }: OpeningContext): OpeningOutput {
  return { outcome: outcome ?? 'error', subprotocol, fault };
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
  },
  actions: {
    handOver: emit({ type: 'socket.handOver' }),
    terminate: emit({ type: 'socket.terminate' }),
    recordAttempt: assign(({ event }) => {
      assertEvent(event, 'socket.attempted');
      return { attempt: { stage: event.stage, peer: event.peer } };
    }),
    recordOpened: assign(({ event }) => {
      assertEvent(event, 'socket.opened');
      return { subprotocol: event.subprotocol };
    }),
    recordFailure: assign(({ event }) => {
      assertEvent(event, 'socket.failed');
      return { fault: blameFailure(event.failure, false) };
    }),
    recordStall: assign(({ context: { attempt, settings } }) => ({
      fault: blameStall(attempt, settings.connectTimeout),
    })),
    recordOutcome: assign((_, params: { outcome: OpeningOutput['outcome'] }) => params),
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
