/** The line that sums a session up, as `ping` does. */
import {
  afterSilence,
  endInWords,
  type PingsOutput,
  type SessionOutput,
} from '../machines/index.js';
import type { RoundTripSummary } from './roundTrips.js';

/** What a run has measured of a session, in ms. */
export interface Measured {
  roundTrip: RoundTripSummary;
  /** From the dial to the peer's first message; undefined where there was none, or nobody dialled. */
  firstMessage: number | undefined;
  pings: PingsOutput | undefined;
}

/** Sums a session up. */
export function sessionSummary(output: SessionOutput, measured: Measured): string {
  const { roundTrip, firstMessage, pings } = measured;
  const parts = [`${output.exchanges} ${output.exchanges === 1 ? 'exchange' : 'exchanges'}`];
  if (output.mismatches > 0) parts.push(`${output.mismatches} not as sent`);
  if (firstMessage !== undefined) parts.push(`first message after ${firstMessage.toFixed(3)} ms`);
  if (roundTrip.count > 0) parts.push(`round trip ${spread(roundTrip)}`);
  if (pings !== undefined && pings.sent > 0) {
    const times = pings.count === 0 ? '' : ` ${spread(pings)}`;
    parts.push(`pings${times} (${pings.count} of ${pings.sent} answered)`);
  }
  if (output.end) parts.push(closeOf(output.end, output.outcome));
  return `${output.outcome}: ${parts.join(', ')}`;
}

function spread({ min, avg, max }: Omit<RoundTripSummary, 'count'>): string {
  return `min/avg/max ${[min, avg, max].map((ms) => ms.toFixed(3)).join('/')} ms`;
}

/** The end of the stream. One without a Close frame is as the book's peers leave, or a path is cut. */
function closeOf(
  end: NonNullable<SessionOutput['end']>,
  outcome: SessionOutput['outcome'],
): string {
  if (end.closeFrame || outcome !== 'done') return endInWords(end);
  return `no Close frame came${afterSilence(end.silence)}, as where a path is cut (--strict-close makes that an error)`;
}
