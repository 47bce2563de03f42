/** A check box whose state is a signal of the store. */
import type { Signal } from '@preact/signals';

export function Check({ label, isOn }: { label: string; isOn: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isOn.value}
        onChange={(event) => {
          isOn.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
}
