/**
 * The clock of deadlines: one for all sessions of a process.
 *
 * Rule 1. Deadlines are set and cleared with every message, and almost never met. So setting one
 *         appends to a list, clearing one takes it out, and Node's timers are touched once for all
 *         the deadlines of the same length, when the oldest of them is due.
 * Rule 2. A deadline is never early. It may be late by what Node's timers are, about a millisecond.
 * Rule 3. It does not keep the process alive: the socket that the deadline is for does.
 */

interface Deadline {
  readonly queue: Queue;
  readonly call: () => void;
  /** When it is due, on the clock of `performance.now()`, in ms. */
  readonly due: number;
  before: Deadline | undefined;
  after: Deadline | undefined;
}

/** The deadlines of one length, the oldest first. */
class Queue {
  readonly #delay: number;
  #first: Deadline | undefined = undefined;
  #last: Deadline | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(delay: number) {
    this.#delay = delay;
  }

  add(call: () => void): Deadline {
    const due = performance.now() + this.#delay;
    const deadline: Deadline = { queue: this, call, due, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = deadline;
    else this.#last.after = deadline;
    this.#last = deadline;
    if (this.#timer === undefined) this.#wait(this.#delay);
    return deadline;
  }

  remove(deadline: Deadline): void {
    const { before, after } = deadline;
    if (before !== undefined) before.after = after;
    else if (this.#first === deadline) this.#first = after;
    // It was taken out before, or is over.
    else return;
    if (after !== undefined) after.before = before;
    else this.#last = before;
    deadline.before = undefined;
    deadline.after = undefined;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#run(), Math.ceil(ms)).unref();
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    try {
      while (this.#first !== undefined && this.#first.due <= now) {
        const { call } = this.#first;
        this.remove(this.#first);
        call();
      }
    } finally {
      if (this.#first === undefined) queues.delete(this.#delay);
      // What was called may have set the next one.
      else if (this.#timer === undefined) this.#wait(this.#first.due - now);
    }
  }
}

const queues = new Map<number, Queue>();

/** The clock of deadlines, for `createActor`. A session's deadlines have a few lengths, in ms. */
export const deadlineClock = {
  setTimeout(call: () => void, ms: number): Deadline {
    let queue = queues.get(ms);
    if (queue === undefined) {
      queue = new Queue(ms);
      queues.set(ms, queue);
    }
    return queue.add(call);
  },

  clearTimeout(deadline: Deadline): void {
    deadline.queue.remove(deadline);
  },
};
