/**
 * The clock of deadlines: one for all sessions of a process, and a coarse one.
 *
 * Rule 1. Deadlines are set and cleared with every message, and almost never met. So both write one
 *         number: no timer of Node's, no look at the time, and nothing of another session's is
 *         touched. What is set or not is seen when the hand of a timing wheel comes by.
 * Rule 2. A deadline is never early. It is late by at most a 64th of its length, and by what Node's
 *         timers are. Those of one tick are met in any order.
 * Rule 3. It does not keep the process alive: the socket that the deadline is for does.
 */
import { LONGEST_DELAY } from '../machines/index.js';

/** Ticks in the length of a deadline; fewer where they would be shorter than Node's timers are. */
const TICKS = 64;

/** Who is told of a deadline. */
interface Target<E> {
  send(event: E): void;
}

/** One deadline of somebody, to be set again and again. */
class Deadline<E = unknown> {
  /** What is told when it is over; undefined while it is not set. */
  event: E | undefined = undefined;
  /** The tick at which it is. */
  due = 0;
  #wheel: Wheel | undefined = undefined;
  /** Its neighbours on a spoke of the wheel, where it is on one. */
  before: Link | undefined = undefined;
  after: Link | undefined = undefined;
  readonly #target: Target<E>;

  constructor(target: Target<E>) {
    this.#target = target;
  }

  /** Sets it to so many ms from now; what is told then is this, and nothing from before. */
  start(event: E, ms: number): void {
    // As Node's timers: at once, where it is no number that they can wait.
    const delay = ms >= 0 && ms <= LONGEST_DELAY ? ms : 0;
    const wheel = this.#wheel;
    if (this.before !== undefined && wheel?.delay === delay) {
      // Where it is on the wheel comes before it is due: it is put further then.
      this.due = wheel.now + wheel.ticks;
      this.event = event;
      return;
    }
    this.end();
    this.event = event;
    this.#wheel = wheelOf(delay);
    this.due = this.#wheel.now + this.#wheel.ticks;
    this.#wheel.put(this as Deadline);
  }

  /** Clears it; it is likely to be set again. */
  stop(): void {
    this.event = undefined;
  }

  /** Clears it for good: nothing refers to it any more. */
  end(): void {
    this.event = undefined;
    if (this.before !== undefined) this.#wheel?.take(this as Deadline);
  }

  ring(event: E): void {
    this.event = undefined;
    this.#target.send(event);
  }
}

/** The deadlines that the hand meets at one tick: a ring that begins and ends here. */
class Spoke {
  before: Link = this;
  after: Link = this;
}

type Link = Deadline | Spoke;

/** The deadlines of one length; it turns while there are any. */
class Wheel {
  readonly delay: number;
  now = 0;
  /** The length of a deadline in ticks. */
  readonly ticks: number;
  /** The length of a tick in ms. */
  readonly #tick: number;
  readonly #spokes: readonly Spoke[];
  #count = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(delay: number) {
    this.delay = delay;
    this.#tick = Math.max(1, Math.floor(delay / TICKS));
    // The tick under way is not a whole one any more.
    this.ticks = Math.ceil(delay / this.#tick) + 1;
    this.#spokes = Array.from({ length: this.ticks + 1 }, () => new Spoke());
  }

  /** Puts a deadline where the hand will be when it is due. */
  put(deadline: Deadline): void {
    const spoke = this.#spokes[deadline.due % this.#spokes.length] as Spoke;
    deadline.before = spoke.before;
    deadline.after = spoke;
    spoke.before.after = deadline;
    spoke.before = deadline;
    this.#count++;
    this.#timer ??= setInterval(() => this.#turn(), this.#tick).unref();
  }

  /** Takes it out from between its neighbours. */
  take(deadline: Deadline): void {
    (deadline.before as Link).after = deadline.after;
    (deadline.after as Link).before = deadline.before;
    deadline.before = undefined;
    deadline.after = undefined;
    this.#count--;
  }

  #turn(): void {
    this.now++;
    const spoke = this.#spokes[this.now % this.#spokes.length] as Spoke;
    // None is put on this one meanwhile: where it is due is as far as a deadline is long, at most.
    while (spoke.after instanceof Deadline) {
      const deadline = spoke.after;
      const { event, due } = deadline;
      this.take(deadline);
      if (event === undefined) continue;
      if (due > this.now) this.put(deadline);
      else deadline.ring(event);
    }
    if (this.#count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    wheels.delete(this.delay);
  }
}

const wheels = new Map<number, Wheel>();

function wheelOf(ms: number): Wheel {
  let wheel = wheels.get(ms);
  if (wheel === undefined) {
    wheel = new Wheel(ms);
    wheels.set(ms, wheel);
  }
  return wheel;
}

/** The clock of deadlines, for actors. A session's deadlines have a few lengths, in ms. */
export const deadlineClock = {
  /** A deadline that sends an event when it is over. */
  timer<E>(target: Target<E>): Deadline<E> {
    return new Deadline(target);
  },

  setTimeout(call: () => void, ms: number): Deadline<true> {
    const deadline = new Deadline<true>({ send: call });
    deadline.start(true, ms);
    return deadline;
  },

  clearTimeout(deadline: Deadline<true>): void {
    deadline.end();
  },
};
