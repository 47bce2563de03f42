/** The fleet: a grid of all sessions, to filter, sort and choose from. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { shortPathOf } from '../../chart/names.js';
import type { Fleet } from '../fleet.js';
import { isOver, isProblem, type SessionView } from '../sessionView.js';
import { Check } from './Check.js';
import { FleetRow, rowId } from './FleetRow.js';
import { closeCodeOf, factOf } from './format.js';
import {
  filter,
  isReplay,
  now,
  problemsOnly,
  type SortKey,
  select,
  selected,
  shown,
  sort,
} from './store.js';
import { VirtualList } from './VirtualList.js';

const ROW_HEIGHT = 26;

const COLUMNS: [key: SortKey, label: string][] = [
  ['state', 'State'],
  ['name', 'Session'],
  ['peer', 'Peer'],
  ['rounds', 'Rounds'],
  ['last', 'Last fact'],
  ['age', 'Age'],
  ['code', 'Close'],
];

const VALUES: { [K in SortKey]: (view: SessionView) => string | number } = {
  state: ({ state }) => shortPathOf(state),
  name: ({ name }) => name,
  peer: ({ remote }) => remote,
  rounds: ({ rounds }) => rounds ?? -1,
  last: ({ last }) => (last === null ? '' : factOf(last)),
  // The newest first.
  age: ({ opened }) => -opened,
  code: (view) => closeCodeOf(view),
};

const collator = new Intl.Collator('en', { numeric: true });

function visible(fleet: Fleet): SessionView[] {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const views = [...fleet.sessions.values()].filter((view) => {
    if (problemsOnly.value && !isProblem(view)) return false;
    if (words.length === 0) return true;
    const run = fleet.runs.get(view.run)?.name ?? '';
    const last = view.last === null ? '' : factOf(view.last);
    const { state, name, remote, fault } = view;
    const text = [state, name, remote, run, last, closeCodeOf(view), fault].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const { key, isDown } = sort.value;
  const read = VALUES[key];
  const sign = isDown ? -1 : 1;
  return views.sort((a, b) => {
    const [x, y] = [read(a), read(b)];
    const order =
      typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(`${x}`, `${y}`);
    return sign * order || collator.compare(a.name, b.name);
  });
}

function sortBy(key: SortKey): void {
  sort.value = { key, isDown: sort.value.key === key && !sort.value.isDown };
}

export function FleetTable() {
  const { fleet, at } = shown.value;
  const views = visible(fleet);
  const time = now(at);
  const scroller = useRef<HTMLDivElement>(null);
  const chosen = views.findIndex(({ key }) => key === selected.value);
  const isMoving = useRef(false);

  // A choice by key scrolls to its row. No other choice scrolls.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !isMoving.current) return;
    isMoving.current = false;
    const top = chosen * ROW_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    // The head covers the first visible row.
    const below = top + 2 * ROW_HEIGHT - element.clientHeight;
    if (below > element.scrollTop) element.scrollTop = below;
  });

  const move = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
    const to = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen === -1 ? 0 : chosen - 1,
      PageDown: chosen + page,
      PageUp: chosen - page,
      Home: 0,
      End: views.length - 1,
    }[event.key];
    if (to === undefined || event.target !== event.currentTarget) return;
    event.preventDefault();
    const view = views[Math.max(0, Math.min(to, views.length - 1))];
    if (view === undefined) return;
    isMoving.current = true;
    select(view.key);
  };

  return (
    <section class="panel fleet" aria-label="Sessions">
      <FleetTools count={views.length} />
      <div
        ref={scroller}
        id="fleet"
        class="grid"
        role="grid"
        tabIndex={0}
        aria-label="Sessions"
        aria-rowcount={views.length + 1}
        aria-activedescendant={chosen === -1 ? undefined : rowId(selected.value)}
        onKeyDown={move}
      >
        <div class="row head" role="row" aria-rowindex={1}>
          {COLUMNS.map(([key, label]) => {
            const { key: by, isDown } = sort.value;
            const order = by !== key ? 'none' : isDown ? 'descending' : 'ascending';
            return (
              <div key={key} role="columnheader" aria-sort={order} class={`cell ${key}`}>
                <button type="button" onClick={() => sortBy(key)}>
                  {label}
                  <span class="sign" aria-hidden="true">
                    {by !== key ? '' : isDown ? '↓' : '↑'}
                  </span>
                </button>
              </div>
            );
          })}
        </div>
        <VirtualList
          count={views.length}
          rowHeight={ROW_HEIGHT}
          scroller={scroller}
          row={(index) => {
            const view = views[index] as SessionView;
            return <FleetRow key={view.key} view={view} index={index} time={time} />;
          }}
        />
      </div>
      {views.length === 0 && <Nothing isEmpty={fleet.sessions.size === 0} />}
    </section>
  );
}

function Nothing({ isEmpty }: { isEmpty: boolean }) {
  const why = isReplay
    ? 'No session yet at this record.'
    : 'No session yet. They appear as they start.';
  return <p class="nothing">{isEmpty ? why : 'No session matches.'}</p>;
}

function FleetTools({ count }: { count: number }) {
  const { fleet } = shown.value;
  let active = 0;
  let problems = 0;
  for (const view of fleet.sessions.values()) {
    if (!isOver(view)) active++;
    if (isProblem(view)) problems++;
  }
  const all = fleet.sessions.size;
  return (
    <div class="tools">
      <input
        id="filter"
        type="search"
        placeholder="Filter by state, name, peer, code …"
        aria-label="Filter the sessions"
        aria-keyshortcuts="/"
        value={filter.value}
        onInput={(event) => {
          filter.value = event.currentTarget.value;
        }}
      />
      <Check label="Problems only" isOn={problemsOnly} />
      <output class="counts" aria-live="off">
        <b>{count === all ? all : `${count} of ${all}`}</b> {all === 1 ? 'session' : 'sessions'},{' '}
        <b>{active}</b> active, <b class={problems > 0 ? 'bad' : ''}>{problems}</b>{' '}
        {problems === 1 ? 'problem' : 'problems'}
      </output>
    </div>
  );
}
