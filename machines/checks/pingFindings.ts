/**
 * The findings of the experiment `pings`.
 *
 * Rule 1. A path that answers pings makes a dead far end look alive: a problem, like a path that drops them.
 * Rule 2. A far end that is not ours does not tell who answers.
 */
import { type Finding, noMessage, onTheWay, type Way } from './findings.js';
import type { Pinging } from './pinging.js';
import { type SeenEnd, seenEndInWords } from './probe.js';

/** Judges who answers pings. */
export function judgePings(pingings: readonly Pinging[]): Finding[] {
  return pingings.map((pinging) => {
    const isAnswered = pinging.here.times.length === pinging.sent.count;
    return isAnswered ? judgeAnswered(pinging) : judgeUnanswered(pinging);
  });
}

/** How many pings arrived at the other end; undefined where it does not tell. */
function arrivedOf({ sent, here, there }: Pinging): number | undefined {
  return sent.way === 'back' ? here.pinged : there?.pings;
}

function judgeAnswered(pinging: Pinging): Finding {
  const { way, count } = pinging.sent;
  const arrived = arrivedOf(pinging);
  const roundTrips = roundTripsOf(pinging.here.times);
  const facts = { way, count, arrived, ...roundTrips };
  const isByPath = arrived !== undefined && arrived < count;
  if (isByPath) {
    return {
      experiment: 'pings',
      status: 'problem',
      blame: 'the path',
      code: 'PINGS_ANSWERED_BY_PATH',
      message: `The path itself answers pings ${wayOfPings(way)}: a dead end looks alive. Send messages of the application as heartbeats.`,
      facts,
    };
  }
  const who = arrived === undefined ? ', by the far end or by the path' : '';
  return {
    experiment: 'pings',
    status: 'ok',
    blame: null,
    code: 'PINGS_OK',
    message: `Pings ${wayOfPings(way)} are answered in ${roundTrips.medianMs} ms${who}.`,
    facts,
  };
}

function judgeUnanswered(pinging: Pinging): Finding {
  const { sent, here } = pinging;
  const { way, count } = sent;
  const arrived = arrivedOf(pinging);
  const answered = here.times.length;
  const direction = wayOfPings(way);
  const lost = (code: string, message: string, blame: Finding['blame']): Finding => ({
    experiment: 'pings',
    status: 'problem',
    blame,
    code,
    message: `${message}${endedBy(here.end)}. Send messages of the application as heartbeats.`,
    facts: { way, count, arrived, answered, end: here.end },
  });
  if (way === 'round') return lost('PINGS_UNANSWERED', 'Nobody answers pings', null);
  const isUntold = way === 'there' ? arrived === undefined : here.isDeaf;
  if (isUntold) return noMessage('pings', way);
  if ((arrived ?? 0) > answered) {
    return lost(
      'PONGS_LOST',
      `Pings ${direction} arrive, and their pongs do not come back`,
      'the path',
    );
  }
  return lost('PINGS_LOST', `Pings ${direction} do not arrive`, 'the path');
}

/** The way of the pings. Only their pongs come back on a round. */
function wayOfPings(way: Way): string {
  return onTheWay(way === 'round' ? 'there' : way);
}

function endedBy(end: SeenEnd): string {
  return (end.closed ?? end.gone) ? `, and ${seenEndInWords(end)} comes` : '';
}

function roundTripsOf(times: readonly number[]): {
  minMs: number;
  medianMs: number;
  maxMs: number;
} {
  const sorted = times.toSorted((a, b) => a - b);
  const [minMs = 0, maxMs = minMs] = [sorted[0], sorted.at(-1)];
  return { minMs, medianMs: sorted[sorted.length >> 1] ?? 0, maxMs };
}
