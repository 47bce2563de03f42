/**
 * The records as messages of Stately's inspector: the protocol of `@statelyai/inspect` 0.7.
 *
 * Rule 1. There are three types of message, and each names the version of the protocol.
 * Rule 2. What Stately gets are the same cut previews that the local page has.
 * Rule 3. It runs in Node and in the page, which alone may send, and only after its user agreed.
 */
import { keysOf } from '../chart/names.js';
import type { MachineView } from './fleet.js';
import type { Json } from './preview.js';
import type { SessionStepped } from './records.js';
import type { SessionView } from './session.js';

/** Where Stately's inspector is. */
export const STATELY_URL = 'https://stately.ai/inspect';

const VERSION = '0.7.2';

interface Head {
  _version: string;
  createdAt: string;
  id: null;
  rootId: string;
  sessionId: string;
}

/** What Stately is told of a state. */
interface Shot {
  status: string;
  value: Json;
  context: { [key: string]: Json };
}

/** A message to Stately's inspector. */
export type StatelyMessage = Head &
  (
    | {
        type: '@xstate.actor';
        name: string;
        definition: string;
        parentId: undefined;
        snapshot: Shot;
      }
    | { type: '@xstate.event'; event: { type: string }; sourceId: undefined }
    | { type: '@xstate.snapshot'; event: { type: string }; snapshot: Shot }
  );

/** Introduces a session as it stands. */
export function actorMessage(view: SessionView, machine: MachineView): StatelyMessage {
  return {
    ...headOf(view, view.updated),
    type: '@xstate.actor',
    name: view.name,
    definition: machine.definition,
    parentId: undefined,
    snapshot: shotOf(view),
  };
}

/** What a step is in Stately's words; `view` is the session after it. */
export function stepMessages(record: SessionStepped, view: SessionView): StatelyMessage[] {
  const head = headOf(view, record.ts);
  const { fact: event } = record;
  return [
    { ...head, type: '@xstate.event', event, sourceId: undefined },
    { ...head, type: '@xstate.snapshot', event, snapshot: shotOf(view) },
  ];
}

function headOf({ key }: SessionView, ts: number): Head {
  const createdAt = String(Math.round(ts));
  return { _version: VERSION, createdAt, id: null, rootId: key, sessionId: key };
}

function shotOf({ status, state, context }: SessionView): Shot {
  return { status: status === 'lost' ? 'stopped' : status, value: stateValue(state), context };
}

/** XState's value of a state: `open.live` is `{ open: 'live' }`. */
function stateValue(state: string): Json {
  return state === '' ? '' : valueBelow(keysOf(state));
}

/** A leaf is its name; a state with others in it is an object. */
function valueBelow(paths: string[][]): Json {
  const [first = []] = paths;
  if (paths.length === 1 && first.length === 1) return first[0] as string;
  const heads = [...new Set(paths.map(([head = '']) => head))];
  const entries = heads.map((key): [string, Json] => {
    const below = paths.filter(([head]) => head === key).map((path) => path.slice(1));
    return [key, below[0]?.length === 0 ? {} : valueBelow(below)];
  });
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(entries);
}
