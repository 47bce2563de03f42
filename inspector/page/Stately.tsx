/**
 * Stately's own inspector: a dialog that says what leaves this machine, and then a window of stately.ai that
 * gets the sessions.
 *
 * Rule 1. Before its user presses the button, the page sends nothing and resolves no name.
 * Rule 2. The page addresses messages to Stately's origin, and answers only the window that it opened.
 */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { keyOf } from '../sessionView.js';
import { actorMessage, STATELY_URL, type StatelyMessage, stepMessages } from '../stately.js';
import { onRecord } from './source.js';
import { isStatelyAsked, log } from './store.js';

/** The state of the connection to Stately. */
const state = signal<'closed' | 'opening' | 'connected' | 'blocked'>('closed');

const ORIGIN = new URL(STATELY_URL).origin;

let stopSending: (() => void) | undefined;

/** Opens the window. Sending begins when the window says that it is ready. */
function open(): void {
  const target = window.open(STATELY_URL, 'lockstep-stately');
  if (target === null) {
    state.value = 'blocked';
    return;
  }
  stopSending?.();
  const controller = new AbortController();
  let stopListening: (() => void) | undefined;
  const post = (message: StatelyMessage): void => target.postMessage(message, ORIGIN);
  stopSending = () => {
    controller.abort();
    stopListening?.();
  };
  state.value = 'opening';
  isStatelyAsked.value = false;
  const onReady = ({ source, origin, data }: MessageEvent<unknown>): void => {
    if (source !== target || origin !== ORIGIN || !isConnected(data)) return;
    state.value = 'connected';
    // After a reload the window says so again.
    stopListening?.();
    stopListening = begin(post);
  };
  window.addEventListener('message', onReady, { signal: controller.signal });
}

function isConnected(data: unknown): boolean {
  return (data as { type?: unknown } | null)?.type === '@statelyai.connected';
}

/** Sends all sessions, and then their steps. Returns the function that stops. */
function begin(post: (message: StatelyMessage) => void): () => void {
  const { head } = log;
  const introduce = (key: string): void => {
    const view = log.head.sessions.get(key);
    const machine = view && log.head.machines.get(view.machine);
    if (machine) post(actorMessage(view, machine));
  };
  for (const key of head.sessions.keys()) introduce(key);
  return onRecord((record) => {
    if (record.kind === 'session') introduce(keyOf(record));
    if (record.kind !== 'step') return;
    const view = log.head.sessions.get(keyOf(record));
    if (view) for (const message of stepMessages(record, view)) post(message);
  });
}

const SAID = {
  closed: "Stately's inspector …",
  opening: 'Stately: opening …',
  connected: 'Stately: sending',
  blocked: 'Stately: blocked',
} as const;

export function StatelyButton() {
  return (
    <button
      type="button"
      class={state.value === 'connected' ? 'is-sending' : ''}
      onClick={() => {
        isStatelyAsked.value = true;
      }}
    >
      {SAID[state.value]}
    </button>
  );
}

export function StatelyDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isAsked = isStatelyAsked.value;
  useEffect(() => {
    if (isAsked && !dialog.current?.open) dialog.current?.showModal();
    if (!isAsked) dialog.current?.close();
  }, [isAsked]);
  const isSending = state.value === 'connected';
  return (
    <dialog
      ref={dialog}
      aria-labelledby="stately-title"
      onClose={() => {
        isStatelyAsked.value = false;
      }}
    >
      <h2 id="stately-title">Show the sessions in Stately's inspector?</h2>
      <p>
        This opens <b>{STATELY_URL}</b> and sends what this page knows to that window: machines,
        states, contexts, and previews of the messages, of all sessions here, as long as this page
        is open. <b>That is a third party</b>: everything else in this inspector stays on this
        machine.
      </p>
      {state.value === 'blocked' && (
        <p class="callout warn">The browser did not open a window: allow pop-ups for this page.</p>
      )}
      <form method="dialog">
        <button type="submit">{isSending ? 'Close' : 'Cancel'}</button>
        {isSending ? (
          <button
            type="submit"
            onClick={() => {
              stopSending?.();
              state.value = 'closed';
            }}
          >
            Stop sending
          </button>
        ) : (
          <button type="button" class="primary" onClick={open}>
            Open stately.ai and send
          </button>
        )}
      </form>
    </dialog>
  );
}
