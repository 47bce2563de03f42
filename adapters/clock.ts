/**
 * The clock of deadlines: one for all sessions of a process, and a coarse one.
 *
 * Rule 1. Deadlines are set and cleared with every message, and almost never met. So setting one
 *         appends to a list and clearing one takes it out: no timer of Node's, no look at the time.
 * Rule 2. A deadline is never early. It is late by at most a 64th of its length, and by what Node's
 *         timers are.
 * Rule 3. It does not keep the process alive: the socket that the deadline is for does.
 */

/** Ticks in the length of a deadline; fewer where they would be shorter than Node's timers are. */
const TICKS = 64;

interface Deadline {
  readonly queue: Queue;
  readonly call: () => void;
  /** The tick at which it is over. */
  readonly due: number;
  before: Deadline | undefined;
  after: Deadline | undefined;
}

/** The deadlines of one length, the oldest first; it ticks while there are any. */
class Queue {
  readonly delay: number;
  /** The length of a tick in ms, and of a deadline in ticks. */
  readonly #tick: number;
  readonly #ticks: number;
  #now = 0;
  #first: Deadline | undefined = undefined;
  #last: Deadline | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(delay: number) {
    this.delay = delay;
    this.#tick = Math.max(1, Math.floor(delay / TICKS));
    // The tick under way is not a whole one any more.
    this.#ticks = Math.ceil(delay / this.#tick) + 1;
  }

  add(call: () => void): Deadline {
    const before = this.#last;
    const due = this.#now + this.#ticks;
    const deadline: Deadline = { queue: this, call, due, before, after: undefined };
    if (before === undefined) this.#first = deadline;
    else before.after = deadline;
    this.#last = deadline;
    this.#timer ??= setInterval(() => this.#advance(), this.#tick).unref();
    return deadline;
  }

  remove(deadline: Deadline): void {
    const { before, after } = deadline;
    if (before !== undefined) before.after = after;
    else if (this.#first === deadline) this.#first = after;
    // It is over, or was taken out before.
    else return;
    if (after !== undefined) after.before = before;
    else this.#last = before;
    deadline.before = undefined;
    deadline.after = undefined;
  }

  #advance(): void {
    this.#now++;
    while (this.#first !== undefined && this.#first.due <= this.#now) {
      const { call } = this.#first;
      this.remove(this.#first);
      call();
    }
    if (this.#first !== undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (last !== this) queues.delete(this.delay);
  }
}

const queues = new Map<number, Queue>();
let last = queueOf(0);

function queueOf(ms: number): Queue {
  const queue = queues.get(ms) ?? new Queue(ms);
  queues.set(ms, queue);
  return queue;
}

/** The clock of deadlines, for `createActor`. A session's deadlines have a few lengths, in ms. */
export const deadlineClock = {
  setTimeout(call: () => void, ms: number): Deadline {
    if (ms !== last.delay) last = queueOf(ms);
    return last.add(call);
  },

  clearTimeout(deadline: Deadline): void {
    deadline.queue.remove(deadline);
  },
};
