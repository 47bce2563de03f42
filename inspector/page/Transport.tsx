/** The controls of the position in the log: pause, step back, step on, and a slider. */
import { factOf, timeOf } from './format.js';
import {
  goTo,
  isPlaying,
  isReplay,
  log,
  position,
  shown,
  step,
  tick,
  togglePause,
} from './store.js';

export function Transport() {
  tick.value;
  const { at } = shown.value;
  const [first, last] = log.range;
  const record = log.recordBefore(at);
  const isStill = isReplay ? !isPlaying.value : position.value !== undefined;
  const words = isReplay ? ['Play', 'Pause'] : ['Follow', 'Pause'];
  return (
    <section class="transport" aria-label="Time">
      <button
        type="button"
        class="primary"
        aria-keyshortcuts="Space"
        aria-pressed={isReplay ? undefined : isStill}
        onClick={togglePause}
      >
        {isStill ? words[0] : words[1]}
      </button>
      <button type="button" aria-keyshortcuts="[" onClick={() => step(-1)} disabled={at <= first}>
        Step back
      </button>
      <button type="button" aria-keyshortcuts="]" onClick={() => step(1)} disabled={at >= last}>
        Step on
      </button>
      <input
        type="range"
        aria-label="Record"
        aria-valuetext={`record ${at} of ${last}`}
        min={first}
        max={Math.max(last, first + 1)}
        value={at}
        onInput={(event) => goTo(Number(event.currentTarget.value))}
      />
      <output aria-live="off">
        <span class="number">
          {at} / {last}
        </span>
        <span class="number">{record ? timeOf(record.ts) : ''}</span>
        <span class="what">
          {record?.kind === 'step' ? factOf(record.fact) : (record?.kind ?? '')}
        </span>
      </output>
    </section>
  );
}
