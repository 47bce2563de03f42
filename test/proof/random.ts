/**
 * Part 7: random schedules over sockets. State-guided: each pick chooses among what a wire could
 * bring next. Payloads are odd, messages come in fragments, in pieces of TCP, or several in one. What
 * a session says must be what the pure machine says, and what its peer reads must be, to the byte,
 * what the machine ordered. Seeded, shrinking, and replayable: `--seed N --path P --runs N`.
 */

import fc from 'fast-check';
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { deadlineOf, pathOf } from '../../chart/names.js';
import { deadlinesOf, type Fact } from '../../explore/stepper.js';
import { clientSession, type Payload, serverSession, type Template } from '../../machines/index.js';
import { renderMessage } from '../../machines/payload.js';
import { closed, endedWithoutClose, received, sent, stopRequested } from '../support/facts.js';
import { frame, OPCODE } from '../support/frames.js';
import { emittedLine, emittedOf } from '../support/play.js';
import type { RawPeer } from '../support/rawPeer.js';
import { HeldWrites } from './heldWrites.js';
import { type Surroundings, surroundingsOf } from './live.js';
import { type LiveSession, withinLimit, withoutReason } from './liveSession.js';
import type { Part } from './part.js';

type Role = 'server' | 'client';

/** One random schedule. */
interface Schedule {
  role: Role;
  isDialled: boolean;
  strict: boolean;
  rounds: number;
  message: Template;
  binary: boolean;
  /** What each step chooses, and how it sends what it sends. */
  picks: { choice: number; payload: Payload; fragment: number; piece: number }[];
}

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, n) => n);
const MEBIBYTE = 2 ** 20;

const oddTexts = [
  '',
  '\0',
  '😀 astral 𝒳',
  'Hello 0',
  '\ud800 lone',
  'é'.repeat(200),
  'x'.repeat(MEBIBYTE),
];
const oddBytes = [new Uint8Array(), EVERY_BYTE, new Uint8Array(70_000).fill(9)];

const payloads = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 4, arbitrary: fc.constantFrom<Payload>(...oddTexts.slice(0, -1), ...oddBytes) },
  { weight: 1, arbitrary: fc.constant<Payload>('x'.repeat(MEBIBYTE)) },
);

const templates: fc.Arbitrary<Template> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...oddTexts.slice(0, -1).map((text) => `${text}{n}`)) },
  { weight: 2, arbitrary: fc.constant({ base64: Buffer.from(EVERY_BYTE).toString('base64') }) },
  { weight: 1, arbitrary: fc.constant('x'.repeat(MEBIBYTE)) },
);

const schedules: fc.Arbitrary<Schedule> = fc.record({
  role: fc.constantFrom<Role>('server', 'client'),
  isDialled: fc.boolean(),
  strict: fc.boolean(),
  rounds: fc.nat(3),
  message: templates,
  binary: fc.boolean(),
  picks: fc.array(
    fc.record({
      choice: fc.nat(999),
      payload: payloads,
      fragment: fc.constantFrom(0, 1, 7, 1_000),
      piece: fc.constantFrom(0, 1, 3, 10_000),
    }),
    { minLength: 1, maxLength: 30, size: 'max' },
  ),
});

/** Something that can be made to happen, and the facts it will be told as. */
interface Move {
  facts: Fact[];
  make(): void | Promise<void>;
}

const UNEXPLAINED = { expected: '', came: '', remedy: '' };

/** The rule that peers break here. */
const violated: Fact & { failure: object } = {
  type: 'socket.failed',
  failure: { blame: 'remote', code: 'ERR_PROTOCOL', ...UNEXPLAINED, closeCode: 1002 },
};
const lost: Fact & { failure: object } = {
  type: 'socket.failed',
  failure: { blame: 'transport', code: 'ERR_TRANSPORT', ...UNEXPLAINED },
};

/** One schedule under way: the pure machine and the session on a socket, side by side. */
class Run {
  readonly #schedule: Schedule;
  readonly #around: Surroundings;
  readonly #writes: HeldWrites;
  #pure: AnyMachineSnapshot;
  #told = 0;
  #unwritten = 0;
  #isDeaf = false;

  constructor(schedule: Schedule, around: Surroundings, writes: HeldWrites) {
    this.#schedule = schedule;
    this.#around = around;
    this.#writes = writes;
    const [start] = initialTransition(this.#machine, this.#input as never);
    this.#pure = start as AnyMachineSnapshot;
  }

  get #machine(): typeof serverSession {
    return (this.#schedule.role === 'server' ? serverSession : clientSession) as never;
  }

  get #input(): object {
    return inputOf(this.#schedule);
  }

  get outcome(): string {
    if (this.#pure.status === 'active') return 'unfinished';
    const { outcome, fault } = this.#pure.output;
    return fault === null ? outcome : fault.code;
  }

  /** Follows the schedule until it or the session ends; throws where pure and live differ. */
  async follow(): Promise<void> {
    const [, actions] = initialTransition(this.#machine, this.#input as never);
    await this.#compare(actions);
    for (const pick of this.#schedule.picks) {
      if (this.#pure.status !== 'active') return;
      const moves = this.#moves(pick);
      const move = moves[pick.choice % moves.length] as Move;
      await move.make();
      for (const fact of move.facts) {
        if ((this.#pure.status as string) !== 'active') break;
        await this.#tell(fact);
      }
    }
  }

  async #tell(fact: Fact): Promise<void> {
    if (fact.type === 'socket.sent') this.#unwritten--;
    if (fact === violated) this.#isDeaf = true;
    const [next, actions] = transition(this.#machine, this.#pure as never, fact as never);
    this.#pure = next as AnyMachineSnapshot;
    this.#told++;
    await this.#compare(actions, fact);
  }

  /** Waits for the live session to come as far, and holds it against the pure machine. */
  async #compare(actions: readonly unknown[], fact?: Fact): Promise<void> {
    const { session } = this.#around;
    await session.told(this.#told);
    const step = session.steps[this.#told];
    const emitted = emittedOf(actions);
    const expected = emitted.map((one) => withoutReason(emittedLine(one)));
    const said = step?.said.filter((line) => !line.startsWith('= ')).map(withoutReason);
    same(said, expected, `after ${fact?.type}`);
    const state = pathOf(step?.snapshot.value);
    same(state, pathOf(this.#pure.value), `the state after ${fact?.type}`);
    for (const one of emitted) {
      if (one.type !== 'socket.send') continue;
      this.#unwritten++;
      same(await this.#around.peer().next(), onTheWire(one.data), 'what the peer reads');
    }
  }

  /** What could happen now. What goes on with the conversation comes more than once. */
  #moves(pick: Schedule['picks'][number]): Move[] {
    const { stop, clock, refuse, peer, side } = this.#around;
    const { settings } = this.#pure.context;
    const deadlines = deadlinesOf(this.#pure).map((fact) => ({
      facts: [fact],
      make: () => void clock.increment(settings[deadlineOf(fact.type) as string]),
    }));
    const rare: Move[] = [{ facts: [stopRequested], make: stop }, ...deadlines];
    rare.push({ facts: [lost], make: refuse });
    const common: Move[] = [];
    if (this.#unwritten > 0) {
      common.push({ facts: [sent], make: () => this.#writes.release(side) });
    }
    if (!this.#isDeaf) {
      const payload = pick.choice % 5 === 0 ? pick.payload : this.#nextWords(pick.payload);
      const words = received(wellFormed(payload));
      common.push({ facts: [words], make: () => say(peer(), [words.data], pick) });
      rare.push(
        { facts: [closed()], make: () => peer().close(1000) },
        { facts: [endedWithoutClose], make: () => peer().fin() },
        { facts: [violated], make: () => peer().write({ opcode: OPCODE.text, reserved: 4 }) },
      );
      if (this.#schedule.role === 'client') {
        const another = received('and another');
        const inOnePiece = { ...pick, piece: 0 };
        common.push({
          facts: [words, another],
          make: () => say(peer(), [words.data, another.data], inOnePiece),
        });
        rare.push({ facts: [closed()], make: () => peer().close(1000) });
      }
    }
    return [...Array.from({ length: 8 }, () => common).flat(), ...rare];
  }

  /** What a good peer would say next. */
  #nextWords(payload: Payload): Payload {
    const { role, message, binary } = this.#schedule;
    return role === 'server' ? renderMessage(message, this.#pure.context.round, binary) : payload;
  }
}

function inputOf({ role, strict, rounds, message, binary }: Schedule): object {
  return role === 'server' ? { strict, rounds, message, binary } : {};
}

/** Sends messages in fragments, all in one piece of TCP, or in pieces with a turn between. */
async function say(
  peer: RawPeer,
  messages: readonly Payload[],
  { fragment, piece }: Schedule['picks'][number],
): Promise<void> {
  const bytes = Buffer.concat(messages.flatMap((message) => framesOf(peer, message, fragment)));
  // Large messages in small pieces would take for ever, and show nothing more.
  const size = piece === 0 || bytes.length / piece > 500 ? bytes.length : piece;
  for (let start = 0; start < bytes.length; start += size) {
    peer.socket.write(bytes.subarray(start, start + size));
    await new Promise(setImmediate);
  }
}

function framesOf(peer: RawPeer, message: Payload, fragment: number): Buffer[] {
  const bytes = Buffer.from(message as string);
  const { masked } = peer;
  const opcode = typeof message === 'string' ? OPCODE.text : OPCODE.binary;
  const size = fragment === 0 || bytes.length / fragment > 500 ? bytes.length : fragment;
  const frames: Buffer[] = [];
  for (let start = 0; start < bytes.length || frames.length === 0; start += size) {
    const fin = start + size >= bytes.length;
    const payload = bytes.subarray(start, start + size);
    frames.push(
      frame({ opcode: start === 0 ? opcode : OPCODE.continuation, payload, fin, masked }),
    );
  }
  return frames;
}

function wellFormed(payload: Payload): Payload {
  return typeof payload === 'string' ? payload.toWellFormed() : payload;
}

/** How the peer shows what it reads. */
function onTheWire(data: Payload): string {
  if (typeof data === 'string') return `text ${JSON.stringify(data)}`;
  return `binary ${Buffer.from(data).toString('hex')}`;
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value)?.slice(0, 500));
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${what}: expected ${b}, but on the socket ${a}`);
}

/** Runs a schedule; resolves with its outcome. */
async function runSchedule(schedule: Schedule, writes: HeldWrites): Promise<string> {
  const releases: (() => unknown)[] = [];
  const context = { after: (release: () => unknown) => void releases.unshift(release) };
  writes.begin();
  try {
    const [accepted, dialled] = surroundingsOf({ name: schedule.role, kind: 'session' });
    const surround = (schedule.isDialled ? dialled : accepted) as NonNullable<typeof accepted>;
    const around = await surround(inputOf(schedule), context, 2 * MEBIBYTE);
    const run = new Run(schedule, around, writes);
    const end = await withinLimit(run.follow().then(() => run.outcome));
    if (end === undefined) throw new Error(`stuck in ${lastState(around.session)}`);
    return `${schedule.role}: ${end}`;
  } finally {
    for (const release of releases) await release();
  }
}

function lastState({ steps }: LiveSession): string {
  return pathOf(steps.at(-1)?.snapshot.value);
}

const RUNS = 1_000;

/** How often each outcome must come at least, in that many runs, for the part to show anything. */
const AT_LEAST: Record<string, number> = {
  'server: done': 50,
  'server: stopped': 10,
  'server: ERR_ENDED_EARLY': 10,
  'server: ERR_OUT_OF_TURN': 10,
  'server: ERR_PROTOCOL': 10,
  'server: ERR_TRANSPORT': 10,
  'server: ERR_WRONG_ECHO': 10,
  'server: ERR_SEND_TIMEOUT': 5,
  'server: ERR_REPLY_TIMEOUT': 5,
  'server: ERR_CLOSE_TIMEOUT': 5,
  'client: done': 50,
  'client: stopped': 10,
  'client: ERR_PROTOCOL': 10,
  'client: ERR_TRANSPORT': 10,
  'client: ERR_SEND_TIMEOUT': 5,
  'client: ERR_MESSAGE_TIMEOUT': 5,
};

/** The part. */
export async function randomPart(
  options: { seed?: number; path?: string; runs?: number } = {},
): Promise<Part> {
  const { seed = 20_260, path, runs = RUNS } = options;
  const counts = new Map<string, number>();
  const shortfalls: string[] = [];
  const writes = new HeldWrites();
  try {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        const outcome = await runSchedule(schedule, writes);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }),
      { seed, numRuns: runs, ...(path !== undefined && { path }) },
    );
    for (const [outcome, least] of Object.entries(AT_LEAST)) {
      const count = counts.get(outcome) ?? 0;
      if (runs >= RUNS && count < least) {
        shortfalls.push(`"${outcome}" came ${count} times, and should at least ${least} times`);
      }
    }
  } catch (error) {
    shortfalls.push(error instanceof Error ? error.message.slice(0, 4_000) : String(error));
  } finally {
    writes.uninstall();
  }
  const figures = Object.fromEntries([...counts].sort());
  return { title: '7. Random schedules', figures: { seed, runs, ...figures }, shortfalls };
}
