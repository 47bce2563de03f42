/** One row of the fleet. */
import { shortPathOf } from '../../chart/names.js';
import { isOver, type SessionView } from '../sessionView.js';
import { closeCodeOf, durationOf, factOf, toneOf } from './format.js';
import { select, selected } from './store.js';

/** The id of a row in the document. */
export function rowId(key: string): string {
  return `row-${key}`;
}

export function FleetRow({
  view,
  index,
  time,
}: {
  view: SessionView;
  index: number;
  time: number;
}) {
  const isChosen = view.key === selected.value;
  const tone = toneOf(view);
  const state = shortPathOf(view.state);
  return (
    <div
      id={rowId(view.key)}
      class="row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      onClick={() => select(view.key)}
      title={view.fault ?? undefined}
    >
      <div role="gridcell" class="cell state" title={view.fault ?? view.state}>
        <span class={`mark ${tone}`} aria-hidden="true" />
        {view.status === 'lost' ? `${state} (lost)` : state || 'made'}
      </div>
      <div role="gridcell" class="cell name">
        {view.name}
      </div>
      <div role="gridcell" class="cell peer">
        <Address address={view.remote} />
      </div>
      <div role="gridcell" class="cell rounds">
        {view.rounds}
      </div>
      <div role="gridcell" class="cell last">
        {view.last === null ? '' : factOf(view.last)}
      </div>
      <div role="gridcell" class="cell age">
        {durationOf(ageOf(view, time))}
      </div>
      <div role="gridcell" class="cell code">
        {closeCodeOf(view)}
      </div>
    </div>
  );
}

/** An address whose port stays readable where there is little room. */
function Address({ address }: { address: string }) {
  const at = address.lastIndexOf(':');
  return (
    <>
      <span class="host">{address.slice(0, Math.max(at, 0))}</span>
      <span>{address.slice(Math.max(at, 0))}</span>
    </>
  );
}

/** The age of an open session, or the duration of an ended one, in ms. */
function ageOf(view: SessionView, time: number): number {
  return Math.max(0, (isOver(view) ? view.updated : time) - view.opened);
}
