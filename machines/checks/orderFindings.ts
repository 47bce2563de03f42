/**
 * The messages of the experiment `order`, and its findings: what was changed, on which way, and what was lost.
 *
 * Rule 1. All changes on one way are one finding.
 * Rule 2. The path is to blame where the far end is of lockstep, which changes and loses nothing.
 */
import type { FarEnd, Finding } from './findings.js';
import type { Change, OrderOutput, Sample } from './order.js';
import { type SeenEnd, seenEndInWords } from './probe.js';

/** The lengths at which the header of a frame grows (RFC 6455, 5.2), and their neighbours. */
const LENGTHS = [0, 1, 125, 126, 65_535, 65_536];

/** The messages of the experiment: lengths at which frames differ, and every width of a character. */
export function orderSamples(): Sample[] {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, n) => n % 256);
  return [
    ...LENGTHS.map((length) => ({ name: `text of ${length} bytes`, data: 'x'.repeat(length) })),
    ...LENGTHS.map((length) => ({ name: `binary of ${length} bytes`, data: bytes(length) })),
    { name: 'characters of 1 to 4 bytes', data: 'A\u00e9\u20ac\u{1f600}' },
    { name: 'a text with NUL', data: 'a\0b' },
    { name: 'a text with line breaks', data: 'a\r\nb\nc' },
    { name: 'bytes that are not UTF-8', data: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80) },
  ];
}

/** Judges whether messages come back. */
export function judgeOrder(output: OrderOutput, farEnd: FarEnd): Finding[] {
  const { returned, changes } = output;
  const findings = [
    ...(['there', 'back', null] as const).flatMap((way) => judgeWay(way, changes, farEnd)),
    ...judgeMissing(output, farEnd),
  ];
  if (findings.length > 0) return findings;
  return [
    {
      experiment: 'order',
      status: 'ok',
      blame: null,
      code: 'ORDER_OK',
      message: `All ${returned} messages come back in order and unchanged.`,
      facts: { messages: returned },
    },
  ];
}

const WAYS = { there: ' on the way to the far end', back: ' on the way back' };

/** One finding for all changes on one way: the first is told, the facts have all. */
function judgeWay(way: Change['way'], all: readonly Change[], farEnd: FarEnd): Finding[] {
  const changes = all.filter((change) => change.way === way);
  const [first] = changes;
  if (first === undefined) return [];
  const where = way === null ? '' : WAYS[way];
  const others = changes.length - 1;
  const more = others === 0 ? '' : ` ${others} more ${others === 1 ? 'is' : 'are'} changed too.`;
  return [
    {
      experiment: 'order',
      status: 'problem',
      blame: farEnd === 'ours' ? 'the path' : null,
      code: 'MESSAGE_CHANGED',
      message: `The message "${first.sample}" is changed${where}: ${first.what}.${more} See what on the path reads or rewrites messages.`,
      facts: { way, changes },
    },
  ];
}

/** A far end of lockstep loses nothing in silence. A Close frame may be its own. */
function judgeMissing({ missing, returned, arrived, end }: OrderOutput, farEnd: FarEnd): Finding[] {
  if (missing === null) return [];
  const facts = { sample: missing, returned, arrived, end };
  const isOverSilently = end.closed === null && farEnd === 'ours';
  const blame = isOverSilently ? 'the path' : null;
  if (isOverSilently && returned === 0 && arrived === null && end.gone?.by !== 'reset') {
    return [
      {
        experiment: 'order',
        status: 'problem',
        blame,
        code: 'NOTHING_PASSES',
        message: `The connection opens, and then no message passes both ways: ${insteadOf(end)}. See what on the path drops frames, or holds them back.`,
        facts,
      },
    ];
  }
  const where = arrived === null ? '' : ', though it arrived at the far end';
  return [
    {
      experiment: 'order',
      status: 'problem',
      blame,
      code: 'MESSAGE_LOST',
      message: `The message "${missing}" does not come back${where}: ${insteadOf(end)}. See the log of the far end, and the limits of each proxy on the path.`,
      facts,
    },
  ];
}

function insteadOf(end: SeenEnd): string {
  return end.closed || end.gone ? `${seenEndInWords(end)} came instead` : 'nothing came';
}
