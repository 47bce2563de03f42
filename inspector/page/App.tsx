/** The whole page, and the keys that work in all of it. */
import { useEffect } from 'preact/hooks';
import type { Chart } from '../../chart/model.js';
import type { Fleet } from '../fleet.js';
import type { ConversationEnd } from '../sequence.js';
import { isOver, type SessionView } from '../sessionView.js';
import { ChartView } from './ChartView.js';
import { Details } from './Details.js';
import { FleetTable } from './FleetTable.js';
import { StatelyButton, StatelyDialog } from './Stately.js';
import {
  connection,
  isReplay,
  log,
  peerOf,
  position,
  select,
  selected,
  shown,
  step,
  tick,
  togglePause,
  trouble,
} from './store.js';
import { Timeline } from './Timeline.js';
import { Transport } from './Transport.js';

export function App() {
  useKeys();
  useClock();
  const { fleet, at } = shown.value;
  const view = fleet.sessions.get(selected.value) ?? firstOf(fleet);
  return (
    <>
      <Header />
      <main>
        <FleetTable />
        {view ? <Conversation fleet={fleet} at={at} view={view} /> : <Empty />}
      </main>
      <Transport />
      <StatelyDialog />
    </>
  );
}

/** The first session, which is selected while no other is. An opening is shown until its session comes. */
function firstOf(fleet: Fleet): SessionView | undefined {
  let opening: SessionView | undefined;
  for (const view of fleet.sessions.values()) {
    if (view.name !== 'opening') {
      if (selected.peek() === '') queueMicrotask(() => select(view.key));
      return view;
    }
    opening ??= view;
  }
  return opening;
}

function Empty() {
  return (
    <section class="panel empty" aria-label="Conversation">
      <p>{selected.value === '' ? 'Waiting for the first session.' : 'Nothing to show yet.'}</p>
    </section>
  );
}

const CLIENT = /^client\b/;

function Conversation({ fleet, at, view }: { fleet: Fleet; at: number; view: SessionView }) {
  const peer = peerOf(fleet, view);
  const chartOf = (one: SessionView): Chart | undefined => fleet.machines.get(one.machine)?.chart;
  const isClient = CLIENT.test(chartOf(view)?.id ?? '');
  const pair = peer === undefined ? [view] : isClient ? [peer, view] : [view, peer];
  const [left, right] = pair.map(
    (one): ConversationEnd => ({
      view: one,
      chart: chartOf(one),
      entries: log.entries(one.key, at),
    }),
  ) as [ConversationEnd, ConversationEnd | undefined];
  return (
    <>
      <section class="panel charts" aria-label="Charts">
        {pair.map((one) => (
          <ChartView key={one.machine} view={one} isChosen={one === view && !!peer} />
        ))}
      </section>
      <Timeline left={left} right={right} isClient={isClient} />
      <Details view={view} peer={peer} />
    </>
  );
}

const CONNECTIONS = {
  connecting: ['idle', 'Connecting'],
  live: ['active', 'Live'],
  over: ['good', 'The process is over; this is how it ended'],
  lost: ['bad', 'The process is gone; this is the last it told'],
  replay: ['idle', 'Recording'],
  failed: ['bad', 'No recording'],
} as const;

function Header() {
  const { fleet } = shown.value;
  const [tone, said] = CONNECTIONS[connection.value];
  const isPaused = !isReplay && position.value !== undefined;
  const runs = [...fleet.runs.values()];
  return (
    <header class="top">
      <h1>
        lockstep <span>inspector</span>
      </h1>
      <p role="status" class={`chip ${isPaused ? 'warn' : tone}`}>
        <span class={`mark ${isPaused ? 'warn' : tone}`} aria-hidden="true" />
        {isPaused ? 'Paused' : said}
      </p>
      {trouble.value !== '' && <p class="trouble">{trouble.value}</p>}
      <ul class="runs" aria-label="Processes">
        {runs.slice(0, 6).map(({ run, name, pid, status }) => (
          <li key={run} class={status}>
            {name} <span>{pid}</span>
            {status === 'active' ? '' : ` ${status}`}
          </li>
        ))}
        {runs.length > 6 && <li>and {runs.length - 6} more</li>}
      </ul>
      <span class="keys" aria-hidden="true">
        <kbd>/</kbd> filter <kbd>↑</kbd>
        <kbd>↓</kbd> choose <kbd>Space</kbd> pause <kbd>[</kbd>
        <kbd>]</kbd> step
      </span>
      <StatelyButton />
    </header>
  );
}

/** Repaints the ages once a second while a session is open. */
function useClock(): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (connection.value !== 'live' || document.hidden) return;
      for (const view of log.head.sessions.values()) {
        if (isOver(view)) continue;
        tick.value++;
        return;
      }
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
}

function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (document.querySelector('dialog[open]')) return;
      const isField = target.matches('input:not([type=checkbox], [type=range]), textarea');
      if (isField && event.key === 'Escape') document.getElementById('fleet')?.focus();
      if (isField) return;
      const act = ACTIONS[event.key];
      // Space presses the focused control.
      if (act === undefined || (event.key === ' ' && target.matches('button, input, summary')))
        return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

const ACTIONS: { [key: string]: (event: KeyboardEvent) => void } = {
  '/': () => document.getElementById('filter')?.focus(),
  ' ': togglePause,
  '[': () => step(-1),
  ']': () => step(1),
};
