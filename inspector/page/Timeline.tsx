/** The timeline: the conversation of the chosen session as a sequence between server and client. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import { deadlineOf, shortPathOf } from '../../chart/names.js';
import { type ConversationEnd, type SequenceRow, sequenceRows } from '../sequence.js';
import type { SessionView } from '../sessionView.js';
import { Check } from './Check.js';
import { detailOf, durationOf, shortTimeOf } from './format.js';
import { goTo, position, showsDeadlines, showsNotices } from './store.js';
import { VirtualList } from './VirtualList.js';

const ROW_HEIGHT = 26;

interface Props {
  left: ConversationEnd;
  right: ConversationEnd | undefined;
  /** Whether the chosen session is the client, for its side where the other end is not inspected. */
  isClient: boolean;
}

/** The signs of the transcript. */
const SIGNS = { fact: '<', command: '>', deadline: '%', armed: '%', notice: '·' } as const;

export function Timeline({ left, right, isClient }: Props) {
  const all = sequenceRows(left, right);
  const rows = all.filter(
    ({ kind, event }) =>
      (kind !== 'notice' || showsNotices.value || event.type === 'session.faulted') &&
      (kind !== 'armed' || showsDeadlines.value),
  );
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const conversation = `${left.view.key} ${right?.view.key ?? ''}`;
  const shownBefore = useRef('');

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (shownBefore.current !== conversation) isAtEnd.current = true;
    shownBefore.current = conversation;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
  });

  const names = namesOf(left.view, right?.view, isClient);
  const isFlipped = right === undefined && isClient;
  return (
    <section class="panel timeline" aria-label="Timeline">
      <header class="bar">
        <h2>Timeline</h2>
        <Check label="Notices" isOn={showsNotices} />
        <Check label="Deadlines set" isOn={showsDeadlines} />
        <span class="legend">
          <span>&lt; fact</span> <span>&gt; command</span> <span>% deadline</span>
        </span>
      </header>
      <div class="lifelines" aria-hidden="true">
        <span />
        <span />
        <span class="left">{names[0]}</span>
        <span />
        <span class="right">{names[1]}</span>
      </div>
      <div
        ref={scroller}
        class={`rows${right ? '' : isFlipped ? ' only-right' : ' only-left'}`}
        role="list"
        tabIndex={0}
        aria-label={`Facts, commands and deadlines of ${names.filter(Boolean).join(' and ')}`}
        onScroll={({ currentTarget: element }) => {
          isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
        }}
      >
        <VirtualList
          count={rows.length}
          rowHeight={ROW_HEIGHT}
          scroller={scroller}
          row={(index) => {
            const row = rows[index] as SequenceRow;
            const before = rows[index - 1];
            const side = isFlipped ? 'right' : row.side;
            return (
              <TimelineRow
                key={row.key}
                row={row}
                side={side}
                isPaired={right !== undefined}
                delta={before ? row.ts - before.ts : undefined}
                count={rows.length}
                index={index}
              />
            );
          }}
        />
      </div>
    </section>
  );
}

function namesOf(left: SessionView, right: SessionView | undefined, isClient: boolean): string[] {
  if (right) return [left.name, right.name];
  const other = `${left.remote || 'peer'} (not watched)`;
  return isClient ? [other, left.name] : [left.name, other];
}

interface RowProps {
  row: SequenceRow;
  side: 'left' | 'right';
  isPaired: boolean;
  delta: number | undefined;
  count: number;
  index: number;
}

function TimelineRow({ row, side, isPaired, delta, count, index }: RowProps) {
  const { kind, event, wire, position: at } = row;
  const isHere = position.value !== undefined && at === position.value;
  const isFault = event.type === 'session.faulted';
  const classes = ['entry', side, isFault ? 'fault' : kind, isHere ? 'is-here' : ''].join(' ');
  return (
    <div
      class={classes}
      role="listitem"
      aria-setsize={count}
      aria-posinset={index + 1}
      aria-current={isHere ? 'step' : undefined}
      onDblClick={() => at > 0 && goTo(at)}
    >
      <span class="time">{shortTimeOf(row.ts)}</span>
      <span class="delta">{delta === undefined ? '' : `+${durationOf(Math.max(0, delta))}`}</span>
      <span class="cell">
        <Words row={row} isPaired={isPaired} />
      </span>
      <span class="wire">{wire && <Wire row={row} isPaired={isPaired} />}</span>
    </div>
  );
}

function Words({ row, isPaired }: { row: SequenceRow; isPaired: boolean }) {
  const { kind, event, state, guard, isIgnored, trip } = row;
  const isFault = event.type === 'session.faulted';
  const isStart = event.type === 'xstate.init';
  const detail = detailOfRow(row);
  const type = kind === 'deadline' ? `${deadlineOf(event.type)} passed` : event.type;
  return (
    <>
      <span class="sign" aria-hidden="true">
        {isFault ? '!' : SIGNS[kind]}
      </span>
      <span class="type">{isStart ? 'start' : type}</span>
      {detail !== '' && (
        <span class="detail" title={detail}>
          {detail}
        </span>
      )}
      {guard !== undefined && <span class="guard">[{guard}]</span>}
      {isIgnored && <span class="tag">ignored</span>}
      {state !== undefined && (
        <span class="to" title={state}>
          <span aria-hidden="true">→ </span>
          <span class="visually-hidden">leads to </span>
          {shortPathOf(state)}
        </span>
      )}
      {trip !== undefined && !isPaired && (
        <span class="trip" title="Round trip: from the message to the answer">
          rtt {durationOf(trip)}
        </span>
      )}
    </>
  );
}

function detailOfRow({ kind, event, wire }: SequenceRow): string {
  if (kind === 'armed') return `set, ${durationOf(Number(event['ms']))}`;
  return wire || kind === 'deadline' || event.type === 'xstate.init' ? '' : detailOf(event);
}

/** The arrow of a message: its text where it leaves, its times where it arrives. */
function Wire({ row, isPaired }: { row: SequenceRow; isPaired: boolean }) {
  const { wire, event, transit, trip } = row;
  const isArrival = wire === 'receives' && isPaired;
  const times = [
    ...(transit === undefined ? [] : [durationOf(transit)]),
    ...(trip === undefined ? [] : [`rtt ${durationOf(trip)}`]),
  ];
  const detail = isArrival ? times.join(', ') : detailOf(event);
  return (
    <span class={`arrow ${wire}${isArrival ? ' arrival' : ''}`}>
      <span class="label" title={detail}>
        {detail}
      </span>
    </span>
  );
}
