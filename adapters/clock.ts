/**
 * The clock of deadlines: a coarse clock that all sessions of a process share.
 *
 * Rule 1. Sessions set and clear a deadline with every message, and almost no deadline fires. So both
 *         calls write fields of the deadline alone. They use no timer of Node's, do not read the time
 *         and touch no other session. The hand of a timing wheel sees later what is set.
 * Rule 2. A deadline never fires early. It fires late by at most a 64th of its length, plus the
 *         lateness of Node's timers. Deadlines of one tick fire in any order.
 * Rule 3. The clock does not keep the process alive. The sockets of its sessions do.
 */
import { LONGEST_DELAY } from '../machines/index.js';

/** Ticks in the length of a deadline. A deadline under 64 ms has fewer: a tick is at least 1 ms. */
const TICKS = 64;

/** The receiver of a deadline's event. */
interface Target<E> {
  send(event: E): void;
}

/** One deadline, which its owner sets again and again. */
class Deadline<E = unknown> {
  /** The event that the target gets when the deadline fires; undefined while the deadline is not set. */
  event: E | undefined = undefined;
  /** The tick at which the deadline fires. */
  due = 0;
  #wheel: Wheel | undefined = undefined;
  /** The deadline's neighbours on its spoke; undefined while it is on no wheel. */
  before: Link | undefined = undefined;
  after: Link | undefined = undefined;
  readonly #target: Target<E>;

  constructor(target: Target<E>) {
    this.#target = target;
  }

  /** Sets the deadline to `ms` from now, and replaces its event. */
  start(event: E, ms: number): void {
    // Like Node's timers: fires at once if ms is out of range.
    const delay = ms >= 0 && ms <= LONGEST_DELAY ? ms : 0;
    const wheel = this.#wheel;
    if (this.before !== undefined && wheel?.delay === delay) {
      // Its spoke comes before the new tick. The wheel moves the deadline on then.
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

  /** Clears the deadline and leaves it on the wheel: its owner is likely to set it again. */
  stop(): void {
    this.event = undefined;
  }

  /** Clears the deadline and takes it off the wheel, so that nothing refers to it. */
  end(): void {
    this.event = undefined;
    if (this.before !== undefined) this.#wheel?.take(this as Deadline);
  }

  /** Fires: the target gets the event. */
  fire(event: E): void {
    this.event = undefined;
    this.#target.send(event);
  }
}

/** The deadlines of one tick: a doubly linked ring that begins and ends here. */
class Spoke {
  before: Link = this;
  after: Link = this;
}

type Link = Deadline | Spoke;

/** A timing wheel for the deadlines of one length. It turns while it has any. */
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
    // One tick more, because part of the tick under way has passed.
    this.ticks = Math.ceil(delay / this.#tick) + 1;
    this.#spokes = Array.from({ length: this.ticks + 1 }, () => new Spoke());
  }

  /** Puts a deadline on the spoke that the hand reaches when the deadline is due. */
  put(deadline: Deadline): void {
    const spoke = this.#spokes[deadline.due % this.#spokes.length] as Spoke;
    deadline.before = spoke.before;
    deadline.after = spoke;
    spoke.before.after = deadline;
    spoke.before = deadline;
    this.#count++;
    this.#timer ??= setInterval(() => this.#turn(), this.#tick).unref();
  }

  /** Takes a deadline off its spoke. */
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
    // `put` never adds to this spoke: a deadline is due at most one turn, less one spoke, from now.
    while (spoke.after instanceof Deadline) {
      const deadline = spoke.after;
      const { event, due } = deadline;
      this.take(deadline);
      if (event === undefined) continue;
      if (due > this.now) this.put(deadline);
      else deadline.fire(event);
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

/** The clock of deadlines, for actors. Each length in ms has a wheel: sessions should share lengths. */
export const deadlineClock = {
  /** Makes a deadline that sends an event to the target when it fires. */
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
