/**
 * The store of the page: the log, and the choices of its user.
 *
 * Rule 1. Records change the log at once. They change the screen at most every `PAINT_MS`, when `tick` changes.
 * Rule 2. `position` is the shown position in the log. Undefined means the end, which moves.
 */
import { computed, signal } from '@preact/signals';
import type { Fleet } from '../fleet.js';
import { Log } from '../log.js';
import type { SessionView } from '../sessionView.js';

/** The state of the source. */
export type Connection = 'connecting' | 'live' | 'over' | 'lost' | 'replay' | 'failed';

/** The columns of the fleet. */
export type SortKey = 'state' | 'name' | 'peer' | 'rounds' | 'last' | 'age' | 'code';

const PAINT_MS = 100;
/** A recording plays in steps, and takes at most this time as a whole. */
const PLAY_STEP_MS = 100;
const PLAY_MS = 30_000;
/** Records kept for going back while sessions run. */
const LIVE_RECORDS = 20_000;

export const isReplay = document.documentElement.dataset['mode'] === 'replay';
export const log = new Log(isReplay ? Number.POSITIVE_INFINITY : LIVE_RECORDS);

export const connection = signal<Connection>('connecting');
/** The failure of the connection or the recording, in one sentence. */
export const trouble = signal('');
export const tick = signal(0);
export const position = signal<number | undefined>(undefined);
/** Whether a recording plays. */
export const isPlaying = signal(false);
export const selected = signal(location.hash.startsWith('#at=') ? hashKey() : '');
export const filter = signal('');
export const problemsOnly = signal(false);
export const sort = signal<{ key: SortKey; isDown: boolean }>({ key: 'age', isDown: false });
export const showsNotices = signal(false);
export const showsDeadlines = signal(false);
export const isStatelyAsked = signal(location.hash === '#stately');

/** The fleet that is shown. */
export const shown = computed<{ fleet: Fleet; at: number }>(() => {
  tick.value;
  const [first, last] = log.range;
  const at = Math.max(first, Math.min(position.value ?? last, last));
  return { fleet: log.at(at), at };
});

function hashKey(): string {
  try {
    return decodeURIComponent(location.hash.slice('#at='.length));
  } catch {
    // The URL was changed by hand.
    return '';
  }
}

/** Chooses a session; a reload finds it again. */
export function select(key: string): void {
  selected.value = key;
  history.replaceState(null, '', `#at=${encodeURIComponent(key)}`);
}

/** The session at the other end of a session's connection, where it is inspected. */
export function peerOf(fleet: Fleet, view: SessionView): SessionView | undefined {
  if (view.local === '' || view.remote === '') return undefined;
  for (const other of fleet.sessions.values()) {
    if (other.local === view.remote && other.remote === view.local) return other;
  }
  return undefined;
}

/** The time that the page shows: now at the live end, and otherwise the time of the position. */
export function now(at: number): number {
  const [, last] = log.range;
  const isEnd = at >= last;
  if (isEnd && connection.value === 'live') return Date.now();
  return log.recordBefore(at)?.ts ?? 0;
}

/** Pauses or continues: a live page at its moving end, a recording from record to record. */
export function togglePause(): void {
  const [first, last] = log.range;
  if (!isReplay) {
    position.value = position.value === undefined ? last : undefined;
    return;
  }
  if (isPlaying.value) {
    stopPlaying();
    return;
  }
  if ((position.value ?? last) >= last) position.value = first;
  const stride = Math.ceil((last - first) / (PLAY_MS / PLAY_STEP_MS));
  player = setInterval(() => {
    position.value = Math.min((position.value ?? first) + stride, last);
    if (position.value === last) stopPlaying();
  }, PLAY_STEP_MS);
  isPlaying.value = true;
}

let player: ReturnType<typeof setInterval> | undefined;

function stopPlaying(): void {
  clearInterval(player);
  isPlaying.value = false;
}

/** Goes to a position, and pauses there. */
export function goTo(to: number): void {
  const [first, last] = log.range;
  stopPlaying();
  position.value = Math.max(first, Math.min(to, last));
}

/** Goes some records back or forward. */
export function step(by: number): void {
  goTo(shown.value.at + by);
}

let isPainting = false;
let painted = 0;

/** Paints the log soon. */
export function paintSoon(): void {
  if (isPainting) return;
  isPainting = true;
  const paint = (time: number): void => {
    if (time - painted < PAINT_MS) {
      requestAnimationFrame(paint);
      return;
    }
    painted = time;
    isPainting = false;
    tick.value++;
  };
  requestAnimationFrame(paint);
}
