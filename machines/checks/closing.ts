/**
 * The experiment `close`: one end sends a Close frame with a code and a reason. How does it arrive, and
 * how long does TCP take to end behind it?
 *
 * Rule 1. `back`: the far end closes, as it was asked to. `there`: this end closes.
 * Rule 2. A code that the far end was sent shows in its answer, and in what it remembers of the connection.
 */
import { assign, emit, setup } from 'xstate';
import { type Finding, msInWords } from './findings.js';
import { asking, FLAWED_ASK, type Remembered } from './grammar.js';
import {
  endAfter,
  NOT_ENDED,
  type ProbeCommand,
  type ProbeFact,
  type SeenEnd,
  seenEndInWords,
} from './probe.js';

/** The input of a closing. */
export interface ClosingInput {
  way: 'there' | 'back';
  code: number;
  reason: string;
  /** The name by which the far end remembers the connection; null for a far end that remembers none. */
  name: string | null;
  /** How long the Close frame, and then the end of TCP, may take, in ms. */
  closeTimeout: number;
}

export interface ClosingContext extends ClosingInput {
  end: SeenEnd;
}

/** The experiment `close`, one way. Its output is the end as this end saw it. */
export const closing = setup({
  types: {} as {
    context: ClosingContext;
    events: ProbeFact;
    emitted: ProbeCommand;
    input: ClosingInput;
    output: SeenEnd;
  },
  guards: {
    isNamed: ({ context }) => context.name !== null,
    closesThere: ({ context }) => context.way === 'there',
  },
  actions: {
    giveName: emit(({ context }) => ({
      type: 'socket.send',
      data: asking({ ask: 'name', name: context.name ?? '' }),
      frames: 1,
    })),
    askForClose: emit(({ context: { code, reason } }) => ({
      type: 'socket.send',
      data: asking({ ask: 'close', code, reason }),
      frames: 1,
    })),
    close: emit(({ context: { code, reason } }) => ({ type: 'socket.close', code, reason })),
    recordEnd: assign(({ context, event }) => endAfter(context, event)),
    terminate: emit({ type: 'socket.terminate' }),
  },
  delays: {
    closeTimeout: ({ context }) => context.closeTimeout,
  },
}).createMachine({
  id: 'closing',
  context: ({ input }) => ({ ...input, end: NOT_ENDED }),
  initial: 'beginning',
  output: ({ context }) => context.end,
  states: {
    beginning: {
      description: 'The connection gets its name. Left at once.',
      always: [
        { guard: 'isNamed', target: 'choosing', actions: ['giveName'] },
        { target: 'choosing' },
      ],
    },
    choosing: {
      description: 'One of the two ends closes. Left at once.',
      always: [
        { guard: 'closesThere', target: 'awaitingClose', actions: ['close'] },
        { target: 'awaitingClose', actions: ['askForClose'] },
      ],
    },
    awaitingClose: {
      description: 'A Close frame is due: as it was asked for, or in answer to ours.',
      on: {
        'socket.received': { description: 'Only the end matters.' },
        'socket.pinged': { description: 'The platform answers pings.' },
        'socket.ponged': { description: 'Nobody asked for a pong.' },
        'socket.closed': { target: 'awaitingEnd', actions: ['recordEnd'] },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { closeTimeout: { target: 'done', actions: ['terminate'] } },
    },
    awaitingEnd: {
      description: 'The Close frame has come; TCP is to end.',
      on: {
        'socket.received': { description: 'RFC 6455 (5.5.1) forbids it; only the end matters.' },
        'socket.pinged': { description: 'Only the end matters.' },
        'socket.ponged': { description: 'Only the end matters.' },
        'socket.closed': { description: 'One Close frame is enough.' },
        'socket.gone': { target: 'done', actions: ['recordEnd'] },
      },
      after: { closeTimeout: { target: 'done', actions: ['terminate'] } },
    },
    done: { description: 'The connection is over, or was cut by this end.', type: 'final' },
  },
});

/** One closing as both ends saw it; `there` is what the far end remembers, where it is ours. */
export interface Closing {
  sent: ClosingInput;
  here: SeenEnd;
  there?: Remembered | null;
}

/** Judges how Close frames pass, and how TCP ends. */
export function judgeClosings(closings: readonly Closing[]): Finding[] {
  const findings = [...closings.flatMap(judgeCode), ...closings.flatMap(judgeEnd)];
  if (findings.length > 0) return findings;
  const endedAfterMs = Math.max(...closings.map(({ here }) => tcpMs(here)));
  return [
    {
      experiment: 'close',
      status: 'ok',
      blame: null,
      code: 'CLOSE_OK',
      message: `Close frames pass with their code and reason. TCP ends within ${msInWords(endedAfterMs)}.`,
      facts: { endedAfterMs },
    },
  ];
}

/** How long TCP took to end behind the Close frame, in ms. */
function tcpMs({ closed, gone }: SeenEnd): number {
  return closed === null || gone === null ? 0 : gone.at - closed.at;
}

function judgeCode(closing: Closing): Finding[] {
  const { sent, here, there } = closing;
  const arrived = sent.way === 'back' ? here : there;
  // Only a far end of lockstep remembers what arrived there.
  if (arrived === undefined) return [];
  if (arrived === null || isFlawed(arrived)) return [notTold(sent, arrived)];
  const { closed } = arrived;
  if (closed?.code === sent.code && closed.reason === sent.reason) return [];
  return [closed === null ? frameLost(sent, arrived) : frameChanged(sent, arrived, closed)];
}

/** Whether the far end could not read what it was asked. */
function isFlawed({ closed }: SeenEnd): boolean {
  return closed?.code === 1008 && closed.reason === FLAWED_ASK;
}

const DIRECTIONS = { there: 'to the far end', back: 'from the far end' };

function notTold({ way, code }: ClosingInput, arrived: SeenEnd | null): Finding {
  const why = arrived === null ? 'does not tell how it ended' : 'could not read the ask';
  return {
    experiment: 'close',
    status: 'unknown',
    blame: null,
    code: 'CLOSE_NOT_TOLD',
    message: `How a Close frame ${code} ${DIRECTIONS[way]} arrives cannot be told: the far end ${why}. See the findings on messages.`,
    facts: { way, code },
  };
}

function frameLost({ way, code, reason, closeTimeout }: ClosingInput, arrived: SeenEnd): Finding {
  const isStanding = arrived.gone === null || arrived.gone.by === 'cut';
  const instead = isStanding
    ? `nothing comes within ${msInWords(closeTimeout)}`
    : `the stream ends with ${seenEndInWords(arrived)}`;
  return {
    experiment: 'close',
    status: 'problem',
    blame: 'the path',
    code: 'CLOSE_FRAME_LOST',
    message: `A Close frame ${code} ${DIRECTIONS[way]} does not arrive: ${instead}. Applications see 1006. See what on the path ends connections by itself.`,
    facts: { way, sent: { code, reason }, arrived },
  };
}

function frameChanged(
  { way, code, reason }: ClosingInput,
  arrived: SeenEnd,
  closed: NonNullable<SeenEnd['closed']>,
): Finding {
  return {
    experiment: 'close',
    status: 'problem',
    blame: 'the path',
    code: closed.code === code ? 'CLOSE_REASON_CHANGED' : 'CLOSE_CODE_CHANGED',
    message: `A Close frame ${code} "${reason}" ${DIRECTIONS[way]} arrives as ${closed.code} "${closed.reason}". See what on the path speaks WebSocket itself.`,
    facts: { way, sent: { code, reason }, arrived },
  };
}

/** TCP that is still there long after the Close frames costs connections. */
function judgeEnd({ sent: { way, closeTimeout }, here }: Closing): Finding[] {
  if (here.closed === null || here.gone !== null) return [];
  return [
    {
      experiment: 'close',
      status: 'note',
      blame: null,
      code: 'TCP_STAYS',
      message: `TCP does not end within ${msInWords(closeTimeout)} of the Close frame. See what on the path keeps closed connections.`,
      facts: { way, closeTimeout },
    },
  ];
}
