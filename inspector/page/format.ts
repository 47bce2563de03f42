/**
 * Values as the page writes them: times, previews, states.
 *
 * Rule 1. All results are text, never HTML.
 */

import { deadlineOf } from '../../chart/names.js';
import type { Json } from '../preview.js';
import type { EventPreview } from '../records.js';
import { isProblem, previewText, type SessionView } from '../sessionView.js';
import { isUnreadable, UNREADABLE_WORDS } from '../unreadable.js';

/** The time of day, to the millisecond. */
export function timeOf(ts: number): string {
  const date = new Date(ts);
  const two = (n: number): string => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** The time of day without the hour. */
export function shortTimeOf(ts: number): string {
  return timeOf(ts).slice('00:'.length);
}

/** A duration: `0.41 ms`, `12 ms`, `3.2 s`, `5 min 2 s`. */
export function durationOf(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A preview in one line. Only text has quotes. */
export function previewOf(value: Json): string {
  if (typeof value === 'string') return `"${value}"`;
  if (isUnreadable(value)) return UNREADABLE_WORDS;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(previewOf).join(', ')}]`;
  const { text, length, bytes, hex } = value;
  if (typeof text === 'string' && typeof length === 'number') {
    return `"${text}"… (${length} characters)`;
  }
  if (typeof bytes === 'number' && typeof hex === 'string') {
    return `[${bytes} ${bytes === 1 ? 'byte' : 'bytes'}${hex === '' ? '' : `: ${hex}`}]`;
  }
  const fields = Object.entries(value).map(([key, one]) => `${key}: ${previewOf(one)}`);
  return `{${fields.join(', ')}}`;
}

/** The details of an event beside its type: the message, the code, or all of its fields. */
export function detailOf(event: EventPreview): string {
  const { type, data, code, reason, subprotocol, fault, failure, ...rest } = event;
  if (data !== undefined) return previewOf(data);
  if (code !== undefined) {
    return `${previewOf(code)}${reason === '' || reason === undefined ? '' : ` ${previewOf(reason)}`}`;
  }
  const wrong = fault ?? failure;
  if (typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong)) {
    return `${unquoted(wrong['code'])} ${unquoted(wrong['message'])}`.trim();
  }
  if (subprotocol !== undefined) return subprotocol === '' ? '' : previewOf(subprotocol);
  if (type === 'xstate.init' || type === 'session.ended') return '';
  const fields = Object.entries(rest).map(([key, value]) => `${key} ${previewOf(value)}`);
  return fields.join(', ');
}

function unquoted(value: Json | undefined): string {
  if (value === undefined || value === '') return '';
  return previewText(value) || previewOf(value);
}

/** How often a session took a transition. The id may be any text. */
export function timesTaken({ hits }: SessionView, transition: string): number {
  return Object.hasOwn(hits, transition) ? (hits[transition] as number) : 0;
}

/** The state of a session as a class of the style sheet. The mark tells the same without colour. */
export function toneOf(view: SessionView): 'idle' | 'active' | 'good' | 'over' | 'bad' | 'warn' {
  if (view.status === 'lost') return 'warn';
  if (view.fault !== null || view.status === 'error' || view.state === 'error') return 'bad';
  if (isProblem(view)) return 'warn';
  if (view.status === 'active') return view.state === '' ? 'idle' : 'active';
  return view.state === 'stopped' ? 'over' : 'good';
}

/** The close code that ended a session: the peer's, or otherwise ours. */
export function closeCodeOf({ peerCode, ownCode }: SessionView): string {
  if (peerCode === 1006) return 'none';
  if (peerCode !== null) return String(peerCode);
  return ownCode === null ? '' : `sent ${ownCode}`;
}

/** A fact in a few words. */
export function factOf({ type }: EventPreview): string {
  if (type === 'xstate.init') return 'start';
  const deadline = deadlineOf(type);
  return deadline === undefined ? type : `after ${deadline}`;
}
