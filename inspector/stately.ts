/**
 * Records as messages of Stately's inspector: the protocol of `@statelyai/inspect` 0.7.
 *
 * Rule 1. The protocol has three types of message. Each message names the version of the protocol.
 * Rule 2. Stately gets the same previews as the local page.
 * Rule 3. This file runs in Node and in the page. Only the page sends, and only after its user agreed.
 */
import { keysOf } from '../chart/names.js';
import type { MachineView } from './fleet.js';
import type { Json } from './preview.js';
import type { SessionStepped } from './records.js';
import type { SessionView } from './sessionView.js';

/** The address of Stately's inspector. */
export const STATELY_URL = 'https://stately.ai/inspect';

const VERSION = '0.7.2';

interface MessageHead {
  _version: string;
  createdAt: string;
  id: null;
  rootId: string;
  sessionId: string;
}

/** A snapshot in the words of the protocol. */
interface StatelySnapshot {
  status: string;
  value: Json;
  context: { [key: string]: Json };
}

/** A message to Stately's inspector. */
export type StatelyMessage = MessageHead &
  (
    | {
        type: '@xstate.actor';
        name: string;
        definition: string;
        parentId: undefined;
        snapshot: StatelySnapshot;
      }
    | { type: '@xstate.event'; event: { type: string }; sourceId: undefined }
    | { type: '@xstate.snapshot'; event: { type: string }; snapshot: StatelySnapshot }
  );

/** The message that introduces a session, with its present state. */
export function actorMessage(view: SessionView, machine: MachineView): StatelyMessage {
  return {
    ...headOf(view, view.updated),
    type: '@xstate.actor',
    name: view.name,
    definition: machine.definition,
    parentId: undefined,
    snapshot: snapshotOf(view),
  };
}

/** The messages of a step; `view` is the session after it. */
export function stepMessages(record: SessionStepped, view: SessionView): StatelyMessage[] {
  const head = headOf(view, record.ts);
  const { fact: event } = record;
  return [
    { ...head, type: '@xstate.event', event, sourceId: undefined },
    { ...head, type: '@xstate.snapshot', event, snapshot: snapshotOf(view) },
  ];
}

function headOf({ key }: SessionView, ts: number): MessageHead {
  const createdAt = String(Math.round(ts));
  return { _version: VERSION, createdAt, id: null, rootId: key, sessionId: key };
}

function snapshotOf({ status, state, context }: SessionView): StatelySnapshot {
  return { status: status === 'lost' ? 'stopped' : status, value: stateValue(state), context };
}

/** XState's state value of a path: `open.live` is `{ open: 'live' }`. */
function stateValue(state: string): Json {
  return state === '' ? '' : valueBelow(keysOf(state));
}

/** The value of a leaf is its key; of a state with states in it, an object. */
function valueBelow(paths: string[][]): Json {
  const [first = []] = paths;
  if (paths.length === 1 && first.length === 1) return first[0] as string;
  const heads = [...new Set(paths.map(([head = '']) => head))];
  const entries = heads.map((key): [string, Json] => {
    const below = paths.filter(([head]) => head === key).map((path) => path.slice(1));
    return [key, below[0]?.length === 0 ? {} : valueBelow(below)];
  });
  // An assignment would not set a key `__proto__`.
  return Object.fromEntries(entries);
}
