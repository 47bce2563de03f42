/** The details of one session: its state, its fault, its context, its chart as text. */
import type { ComponentChildren } from 'preact';
import { type Chart, statePaths } from '../../chart/model.js';
import type { Json } from '../preview.js';
import { isOver, type SessionView } from '../sessionView.js';
import { isUnreadable } from '../unreadable.js';
import { closeCodeOf, durationOf, previewOf, timeOf, timesTaken, toneOf } from './format.js';
import { now, select, shown } from './store.js';

interface Props {
  view: SessionView;
  peer: SessionView | undefined;
}

export function Details({ view, peer }: Props) {
  const { fleet } = shown.value;
  const chart = fleet.machines.get(view.machine)?.chart;
  return (
    <section class="panel details" aria-label="Details">
      <header class="bar">
        <h2>{view.name}</h2>
        {peer && (
          <button type="button" class="link" onClick={() => select(peer.key)}>
            Show {peer.name}
          </button>
        )}
      </header>
      <div class="body" tabIndex={0} role="group" aria-label={`Details of ${view.name}`}>
        {view.fault !== null && (
          <p class="callout bad">
            <span class="mark bad" aria-hidden="true" />
            {view.fault}
          </p>
        )}
        {view.status === 'lost' && (
          <p class="callout warn">
            <span class="mark warn" aria-hidden="true" />
            Its process was gone before the session was over.
          </p>
        )}
        <Facts view={view} peer={peer} />
        <h3>Context</h3>
        <ul class="tree">
          {Object.entries(view.context).map(([key, value]) => (
            <Branch key={key} name={key} value={value} />
          ))}
        </ul>
        <Ignored view={view} />
        {chart && <Transitions chart={chart} view={view} />}
      </div>
    </section>
  );
}

function Facts({ view, peer }: Props) {
  const { fleet, at } = shown.value;
  const run = fleet.runs.get(view.run);
  const time = now(at);
  const { trips } = view;
  const average = trips.count === 0 ? 0 : trips.sum / trips.count;
  const due = Object.entries(view.deadlines);
  return (
    <dl>
      <Fact name="State">
        <span class={`chip ${toneOf(view)}`}>
          <span class={`mark ${toneOf(view)}`} aria-hidden="true" />
          {view.state || 'made'}
        </span>
      </Fact>
      <Fact name="Peer">
        {view.remote}
        {peer && ` (${peer.name})`}
      </Fact>
      <Fact name="Own address">{view.local}</Fact>
      <Fact name="Process">{run && `${run.name}, pid ${run.pid}`}</Fact>
      <Fact name="Opened">{timeOf(view.opened)}</Fact>
      <Fact name={isOver(view) ? 'Lasted' : 'Age'}>
        {durationOf(Math.max(0, (isOver(view) ? view.updated : time) - view.opened))}
      </Fact>
      <Fact name="Rounds">{view.rounds}</Fact>
      <Fact name="Messages">
        {view.sent} sent, {view.received} received
      </Fact>
      <Fact name="Round trip">
        {trips.count > 0 &&
          `${[trips.min, average, trips.max].map((ms) => ms.toFixed(2)).join(' / ')} ms (min / avg / max)`}
      </Fact>
      <Fact name="Close code">{closeCodeOf(view)}</Fact>
      <Fact name="Deadlines">
        {due.map(([name, ts]) => `${name} in ${durationOf(Math.max(0, ts - time))}`).join(', ')}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children === '' || children === null || children === false ? '–' : children}</dd>
    </div>
  );
}

function Branch({ name, value }: { name: string; value: Json }) {
  const isPreview =
    typeof value !== 'object' ||
    value === null ||
    isUnreadable(value) ||
    'hex' in value ||
    ('text' in value && 'length' in value) ||
    Object.keys(value).length === 0;
  if (isPreview) {
    return (
      <li>
        <span class="key">{name}</span>{' '}
        <span class={`value ${isUnreadable(value) ? 'unreadable' : typeof value}`}>
          {previewOf(value)}
        </span>
      </li>
    );
  }
  return (
    <li>
      <span class="key">{name}</span>
      <ul>
        {Object.entries(value).map(([key, one]) => (
          <Branch key={key} name={key} value={one} />
        ))}
      </ul>
    </li>
  );
}

function Ignored({ view }: { view: SessionView }) {
  const ignored = Object.entries(view.ignored);
  return (
    <>
      <h3>Ignored facts</h3>
      {ignored.length === 0 && <p class="none">None.</p>}
      <ul class="plain">
        {ignored.map(([key, count]) => {
          const [state, fact] = splitLast(key);
          return (
            <li key={key}>
              {fact} in {state} <span class="times">×{count}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function splitLast(key: string): [state: string, fact: string] {
  const at = key.lastIndexOf(' ');
  return [key.slice(0, at) || 'no state', key.slice(at + 1)];
}

/** The chart as text, to be read aloud or copied. */
function Transitions({ chart, view }: { chart: Chart; view: SessionView }) {
  const paths = statePaths(chart);
  const nameOf = (id: string): string => paths.get(id) ?? id;
  const last = new Set(view.taken);
  return (
    <details>
      <summary>The chart as text, {chart.transitions.length} transitions</summary>
      <ul class="plain transitions">
        {chart.transitions.map(({ id, source, targets, cause, guard }) => (
          <li
            key={id}
            class={last.has(id) ? 'is-last' : timesTaken(view, id) > 0 ? 'is-taken' : ''}
          >
            {nameOf(source)}: {cause}
            {guard !== undefined && ` [${guard}]`} →{' '}
            {targets.length === 0 ? 'stays' : targets.map(nameOf).join(', ')}{' '}
            {timesTaken(view, id) > 0 && <span class="times">×{timesTaken(view, id)}</span>}
            {last.has(id) && <span class="tag">last</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
