/**
 * A session without a machine, and its opening: a test emits their commands, and reads every fact that
 * an adapter told either of them, in one list.
 *
 * Rule 1. It behaves as an actor does: it emits nothing before `start()`, and `session.ended` once,
 *         inside the fact that ends the connection.
 * Rule 2. It is stricter than an actor: what its listener throws reaches the test.
 * Rule 3. A fact is written in words, without what differs from run to run. A fact whose fields are
 *         not those of its type is written as malformed.
 */
import type { OpeningActor, SessionActor } from '../../adapters/sessionActor.js';
import type {
  ClientNotice,
  Command,
  Failure,
  OpeningCommand,
  OpeningFact,
  OpeningNotice,
  ServerNotice,
  SessionFact,
} from '../../machines/index.js';

type Emitted = Command | ServerNotice | ClientNotice;
type EmittedByOpening = OpeningCommand | OpeningNotice;

/** How long a test waits for a fact, in ms. Then the lists of facts show what is missing. */
const PATIENCE_MS = 5_000;

export class ScriptedSession implements SessionActor {
  /** Every fact so far, in words. */
  readonly facts: string[] = [];
  /** Returns the command that the session emits while it takes a fact. */
  answer: (fact: SessionFact) => Command | undefined = () => undefined;
  /** How long no message had gone either way when the stream ended, in ms. */
  silence: number | undefined = undefined;
  isOver = false;
  readonly #atStart: readonly Command[];
  readonly #waiting = new Set<() => void>();
  #listener: ((emitted: Emitted) => void) | undefined = undefined;
  #openingListener: ((emitted: EmittedByOpening) => void) | undefined = undefined;
  #isStarted = false;
  /** The opening of a session that dials: it hands the socket over once it is open. */
  readonly opening: OpeningActor = {
    on: (_, listener) => {
      this.#openingListener = listener;
    },
    send: (fact) => this.#opens(fact),
  };

  /** `atStart` are the commands that it emits inside `start()`. */
  constructor(atStart: readonly Command[] = []) {
    this.#atStart = atStart;
  }

  on(_: '*', listener: (emitted: Emitted) => void): void {
    if (this.#isStarted) throw new Error('the adapter listens too late');
    this.#listener = listener;
  }

  start(): void {
    const isBound = this.#listener !== undefined || this.isOver;
    if (!isBound) throw new Error('the adapter must listen before it starts the session');
    this.#isStarted = true;
    for (const command of this.#atStart) this.command(command);
    this.#wake();
  }

  #opens(fact: OpeningFact): void {
    this.facts.push(inWords(fact));
    if (fact.type === 'socket.opened') {
      this.#openingListener?.({ type: 'opening.ended', output: OPENED });
      this.#openingListener?.({ type: 'socket.handOver' });
    } else if (fact.type === 'socket.failed') {
      this.isOver = true;
      this.#openingListener?.({ type: 'opening.ended', output: { ...OPENED, outcome: 'error' } });
    }
    this.#wake();
  }

  send(fact: SessionFact): void {
    this.facts.push(inWords(fact));
    if (fact.type === 'socket.ended') this.silence = fact.silence;
    const command = this.answer(fact);
    if (command !== undefined) this.command(command);
    if (isEnd(fact) && !this.isOver) {
      this.isOver = true;
      this.#listener?.({ type: 'session.ended', output: OUTPUT });
    }
    this.#wake();
  }

  /** Emits a command. */
  command(command: Command): void {
    this.#listener?.(command);
  }

  /** Emits the opening's command to drop the connection. */
  giveUp(): void {
    this.#openingListener?.({ type: 'socket.terminate' });
  }

  /** Resolves once the session has started. */
  started(): Promise<void> {
    return this.#until(() => this.#isStarted);
  }

  /** Resolves once it was told the end of the connection. */
  ended(): Promise<void> {
    return this.#until(() => this.isOver);
  }

  /** Resolves once there are so many facts. */
  has(count: number): Promise<void> {
    return this.#until(() => this.facts.length >= count);
  }

  /** Resolves once the condition holds, or when the patience is over. */
  #until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(done, PATIENCE_MS);
      const check = (): void => {
        if (isMet()) done();
      };
      this.#waiting.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of this.#waiting) check();
  }
}

const OUTPUT = { outcome: 'done', exchanges: 0, mismatches: 0, end: null, fault: null } as const;

const OPENED = {
  outcome: 'opened',
  subprotocol: '',
  redirects: [],
  phases: {},
  fault: null,
} as const;

function isEnd(fact: SessionFact): boolean {
  if (fact.type === 'socket.failed') return fact.failure.closeCode === undefined;
  return fact.type === 'socket.ended';
}

type Fact = OpeningFact | SessionFact;

const FIELDS: Record<Fact['type'], string> = {
  'socket.attempted': 'peer stage type',
  'socket.redirected': 'failure status to type',
  'socket.opened': 'subprotocol type',
  'socket.sent': 'type',
  'socket.received': 'data type',
  'socket.ended': 'closeFrame code reason silence type',
  'socket.failed': 'failure type',
  'app.stopRequested': 'type',
};

function inWords(fact: Fact): string {
  // An adapter may measure phases.
  const fields = Object.keys(fact).filter((name) => name !== 'phases');
  const isWhole = fields.sort().join(' ') === FIELDS[fact.type];
  if (!isWhole) return `malformed ${JSON.stringify(fact)}`;
  switch (fact.type) {
    case 'socket.attempted':
      return `${fact.type} ${fact.stage} ${fact.peer.replace(/:\d+/, ':PORT')}`;
    case 'socket.opened': {
      const subprotocol = fact.subprotocol === '' ? '' : ` ${JSON.stringify(fact.subprotocol)}`;
      return `${fact.type}${subprotocol}`;
    }
    case 'socket.received':
      return `${fact.type} ${typeof fact.data === 'string' ? JSON.stringify(fact.data) : bytesInWords(fact.data)}`;
    case 'socket.ended': {
      const reason = fact.reason === '' ? '' : ` ${JSON.stringify(fact.reason)}`;
      const isSound = Number.isInteger(fact.silence) && fact.silence >= 0;
      if (!isSound) return `malformed ${JSON.stringify(fact)}`;
      return `${fact.type} ${fact.code}${reason}${fact.closeFrame ? '' : ' without a Close frame'}`;
    }
    case 'socket.failed':
      return `${fact.type} ${failureInWords(fact.failure)}`;
    default:
      return fact.type;
  }
}

function bytesInWords(data: unknown): string {
  return data instanceof Uint8Array ? `bytes ${Buffer.from(data).toString('hex')}` : 'malformed';
}

function failureInWords(failure: Failure): string {
  const { blame, code, expected, came, remedy, closeCode } = failure;
  const isExplained = [expected, came, remedy].every((part) => typeof part === 'string' && part);
  const owed = closeCode === undefined ? '' : ` owed ${closeCode}`;
  return `${isExplained ? '' : 'unexplained '}${blame} ${code}${owed}`;
}
