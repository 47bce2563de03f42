/** How long a session waits. What happens when a deadline passes is in the machines. */

/** The deadlines of both sessions, in ms. */
export interface Deadlines {
  /** For one message to be written, and then for what the peer owes. */
  replyTimeout: number;
  /** For the peer to leave after our Close frame. */
  closeTimeout: number;
}

/** The longest delay that timers can take, in ms: 24.8 days. Timers fire at once where it is longer. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** A delay in ms that timers can take. */
export function longest(ms: number): number {
  return Math.min(ms, LONGEST_DELAY);
}
