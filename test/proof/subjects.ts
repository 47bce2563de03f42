/**
 * The machines as subjects of the proof: the settings they are explored with, the facts they are
 * told, and the names these have in tables.
 */
import type { AnyStateMachine } from 'xstate';
import { type Edge, explore, free, type Graph } from '../../explore/graph.js';
import { plainName, type Style } from '../../explore/stateTable.js';
import { type Emitted, type Fact, type Stepped, Stepper } from '../../explore/stepper.js';
import {
  type ClientContext,
  clientSession,
  endInWords,
  type Fault,
  type OpeningContext,
  type OpeningFact,
  opening,
  type PingsContext,
  type PingsFact,
  type PingsOutput,
  pings,
  type ServerContext,
  type SessionFact,
  type SessionOutput,
  serverSession,
} from '../../machines/index.js';
import { checkLine } from '../support/checkLines.js';
import {
  attempted,
  broken,
  closed,
  endedWithoutClose,
  opened,
  ponged,
  received,
  redirected,
  sent,
  stopRequested,
  violated,
} from '../support/facts.js';
import { emittedLine } from '../support/play.js';

/** A machine, with everything needed to explore it. */
export interface Subject {
  name: string;
  /** Which rules it keeps, and how its lines are written. */
  kind: 'session' | 'opening' | 'pings' | 'probe';
  machine: AnyStateMachine;
  inputs: object[];
  /** The facts of one name in tables each; several may be of one type. */
  facts: Record<string, (stepped: Stepped) => Fact | undefined>;
  /** The types of facts that it must know. */
  types: string[];
}

/** Every type of fact, so that the compiler sees to it that none is left out. */
export type Names<F extends { type: string }> = Record<F['type'], string[]>;

const sessionTypes = Object.keys({
  'socket.sent': [],
  'socket.received': [],
  'socket.ended': [],
  'socket.failed': [],
  'app.stopRequested': [],
} satisfies Names<SessionFact>);

const ROUNDS = 2;
const WRONG = 'something else';

const common = {
  'socket.sent': () => sent,
  'socket.ended, with a Close frame': () => closed(),
  'socket.ended, without a Close frame': () => endedWithoutClose,
  'socket.failed, the connection is gone': () => broken,
  'socket.failed, the peer broke a rule': () => violated,
  'app.stopRequested': () => stopRequested,
};

export const server: Subject = {
  name: 'server',
  kind: 'session',
  types: sessionTypes,
  machine: serverSession,
  inputs: [
    { rounds: ROUNDS },
    { rounds: ROUNDS, strict: true },
    { rounds: ROUNDS, interval: 1_000 },
    { rounds: ROUNDS, interval: 1_000, strict: true },
    { rounds: 1, strictClose: true },
    { rounds: 0, sendsCloseFrame: true },
    { rounds: -1 },
  ],
  facts: {
    ...common,
    'socket.received, the message': ({ snapshot }) => received(`Hello ${snapshot.context.round}`),
    'socket.received, something else': () => received(WRONG),
  },
};

export const client: Subject = {
  name: 'client',
  kind: 'session',
  types: sessionTypes,
  machine: clientSession,
  inputs: [
    {},
    { strictClose: true, expect: 3 },
    { expect: 0, sendsCloseFrame: true },
    { expect: -1 },
  ],
  facts: {
    ...common,
    // Three messages show everything that a client does with them, and one more than it expects.
    'socket.received': ({ snapshot: { context } }) => {
      const { expect } = context.settings;
      return context.received < (expect ?? 2) + 1 ? received('a message') : undefined;
    },
  },
};

/** TCP, and then the upgrade: what an opening without TLS is told, once each. */
function nextStage({ attempt }: OpeningContext): Fact | undefined {
  if (attempt.stage === 'upgrade') return undefined;
  return attempted(attempt.stage === 'tcp' ? 'upgrade' : 'tcp');
}

const anOpening: Subject = {
  name: 'opening',
  kind: 'opening',
  types: Object.keys({
    'socket.attempted': [],
    'socket.redirected': [],
    'socket.opened': [],
    'socket.failed': [],
    'app.stopRequested': [],
  } satisfies Names<OpeningFact>),
  machine: opening,
  inputs: [{}, { maxRedirects: 2 }, { connectTimeout: -1 }],
  facts: {
    'socket.attempted': ({ snapshot }) => nextStage(snapshot.context),
    'socket.redirected': () => redirected,
    'socket.opened': () => opened,
    'socket.failed': () => broken,
    'app.stopRequested': () => stopRequested,
  },
};

/** Two pongs show everything that pings do with one. */
function nextPong({ answered }: PingsContext): Fact | undefined {
  return answered < 2 ? ponged(4 - answered) : undefined;
}

const somePings: Subject = {
  name: 'pings',
  kind: 'pings',
  types: Object.keys({
    'socket.ponged': [],
    'app.stopRequested': [],
  } satisfies Names<PingsFact>),
  machine: pings,
  inputs: [{ pingInterval: 1_000, pongTimeout: 500 }],
  facts: {
    'socket.ponged': ({ snapshot }) => nextPong(snapshot.context),
    'app.stopRequested': () => stopRequested,
  },
};

/** The machines that the proof runs over sockets, too. */
export const subjects: readonly Subject[] = [server, client, anOpening, somePings];

/** The facts that may come in a state, whether or not a wire can bring them. */
export function factsOf(subject: Subject, stepped: Stepped): Fact[] {
  const facts = Object.values(subject.facts).map((make) => make(stepped));
  return facts.filter((fact) => fact !== undefined);
}

/** One input of a subject, with its stepper and its whole graph. */
export interface Explored {
  input: object;
  stepper: Stepper;
  graph: Graph;
}

/** Explores a machine as a subject is explored, with each of its inputs. */
export function exploreSubject(
  subject: Subject,
  machine = subject.machine,
  onEdge?: (edge: Edge) => void,
): Explored[] {
  return subject.inputs.map((input) => {
    const stepper = new Stepper(machine, input);
    return {
      input,
      stepper,
      graph: explore(
        stepper,
        free((at) => factsOf(subject, at)),
        onEdge,
      ),
    };
  });
}

/** How the tables of a subject speak. */
export function styleOf(subject: Subject): Style {
  return {
    nameOf: ({ from, fact }: Edge) => {
      const same = ([, make]: [string, (at: Stepped) => Fact | undefined]) =>
        JSON.stringify(make(from.stepped)) === JSON.stringify(fact);
      const name = Object.entries(subject.facts).find(same)?.[0] ?? plainName(fact);
      const mode = modeOf(fact, from.stepped.snapshot.context);
      return mode === '' ? name : `${name} (${mode})`;
    },
    lineOf: (emitted, before) =>
      subject.kind === 'probe' ? checkLine(emitted) : relativeLine(emitted, before as Counts),
  };
}

/** What may decide what a fact leads to beside the fact, where it is on. */
function modeOf(
  { type }: Fact,
  context: Partial<ServerContext & ClientContext & OpeningContext>,
): string {
  const { settings, needsCloseFrame, received = 0 } = context;
  const { strict, expect, interval } = { strict: false, expect: null, interval: 0, ...settings };
  if (type.includes('replyTimeout') && context.received === 0) return 'nothing came';
  const isReply = type === 'socket.received' || type === 'socket.sent';
  if (isReply && interval > 0) return strict ? 'strict, with an interval' : 'with an interval';
  if (type === 'socket.redirected' && context.redirects?.length === settings?.maxRedirects) {
    return 'as many as may be';
  }
  if (type === 'socket.received' && strict) return 'strict';
  if (type === 'socket.received' && expect !== null && received >= expect) return 'one too many';
  if (type === 'socket.ended' && expect !== null && received < expect) return 'too few came';
  const isEnd = type === 'socket.ended' || type === 'socket.failed';
  return isEnd && needsCloseFrame ? 'strictClose' : '';
}

/** What a session has counted. */
interface Counts {
  round?: number;
  received?: number;
  returned?: number;
  mismatches?: number;
  sent?: number;
  answered?: number;
}

/** What the number in a line is counted from. */
function baseOf({ type }: Emitted, before: Counts): number {
  if (type === 'socket.ping') return before.sent ?? 0;
  if (type === 'pings.answered') return before.answered ?? 0;
  if (type === 'session.received') return before.received ?? 0;
  return before.round ?? before.returned ?? 0;
}

/** Writes what is emitted, whole, with numbers as they stand to what was counted before the fact. */
function relativeLine(emitted: Emitted, before: Counts): string {
  const base = baseOf(emitted, before);
  const line = emittedLine(emitted as never).replace(
    /(Hello |session\.\w+ |message |round |(?:done|stopped|error) after |\.ping |\.answered )(\d+)/g,
    (_, words: string, number: string) => `${words}${relative(Number(number), base)}`,
  );
  if (emitted.type === 'pings.ended') {
    const { output } = emitted as never as { output: PingsOutput };
    return `* pings.ended ${relative(output.count, before.answered ?? 0)} of ${relative(output.sent, before.sent ?? 0)}`;
  }
  if ('fault' in emitted) {
    const { fault } = emitted as never as { fault: Fault };
    return `${line} (on ${fault.fact}${fault.unwritten ? ', unwritten' : ''})`;
  }
  if (emitted.type !== 'session.ended') return line;
  const { output } = emitted as never as { output: SessionOutput };
  const { mismatches, end, fault } = output;
  return [
    `${line}: mismatches ${relative(mismatches, before.mismatches ?? 0)}`,
    end ? endInWords(end) : 'no end',
    fault ? fault.code : 'no fault',
  ].join(', ');
}

/** A number as it stands to another: `n`, `n+1`. */
function relative(number: number, base: number): string {
  if (number === base) return 'n';
  return number > base ? `n+${number - base}` : `n-${base - number}`;
}
