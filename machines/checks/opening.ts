/**
 * The findings on the opening: how long its phases took, and what the path added to the request, took from
 * it or changed in it. The opening itself is a machine of its own.
 */
import type { Fault } from '../errors.js';
import type { OpeningOutput } from '../notices.js';
import { type Finding, msInWords } from './findings.js';
import type { Tell } from './grammar.js';

/** What both ends saw of the handshake. */
export interface SeenHandshake {
  output: OpeningOutput;
  /** The headers of our request, by their names in lower case. */
  sent: { readonly [name: string]: string };
  /** The request as the far end saw it; null where it does not tell. */
  seen: (Tell & { tell: 'handshake' }) | null;
}

/** Headers that each hop has for itself (RFC 9110, 7.6.1), and one whose value is a secret. */
const OF_ONE_HOP = new Set([
  'connection',
  'upgrade',
  'sec-websocket-key',
  'authorization',
  'cookie',
]);

/** Judges the opening of a path that opened. */
export function judgeOpening(handshake: SeenHandshake): Finding[] {
  const changes = changesOf(handshake);
  const { phases } = handshake.output;
  const totalMs = Object.values(phases).reduce((sum, { ms }) => sum + ms, 0);
  const facts = { phases, ...changes };
  const { added, lost, changed } = changes;
  const parts = [
    ...Object.entries(lost).map(([name]) => `takes ${name} away`),
    ...Object.entries(changed).map(([name, to]) => `changes ${name} to "${to}"`),
    ...Object.entries(added).map(([name, value]) => `adds ${name}: ${value}`),
  ];
  const opened: Finding = {
    experiment: 'opening',
    status: 'ok',
    blame: null,
    code: 'OPENED',
    message: `The connection opens in ${msInWords(totalMs)}.`,
    facts,
  };
  if (parts.length === 0) return [opened];
  const noted: Finding = {
    experiment: 'opening',
    status: 'note',
    blame: 'the path',
    code: 'REQUEST_CHANGED',
    message: `The path ${parts.join(', ')}.`,
    facts: { ...changes },
  };
  return [opened, noted];
}

interface Changes {
  added: { readonly [name: string]: string };
  lost: { readonly [name: string]: string };
  changed: { readonly [name: string]: string };
}

function changesOf({ sent, seen }: SeenHandshake): Changes {
  if (seen === null) return { added: {}, lost: {}, changed: {} };
  const { headers } = seen;
  const isTold = ([name]: [string, string]): boolean => !OF_ONE_HOP.has(name);
  const added = Object.entries(headers).filter(([name]) => !(name in sent));
  const lost = Object.entries(sent).filter(([name]) => !(name in headers));
  const changed = Object.entries(headers).filter(
    ([name, value]) => name in sent && sent[name] !== value,
  );
  return {
    added: Object.fromEntries(added.filter(isTold)),
    lost: Object.fromEntries(lost.filter(isTold)),
    changed: Object.fromEntries(changed.filter(isTold)),
  };
}

/** The finding on a path that did not open. */
export function unreachable(fault: Fault | null, phases: OpeningOutput['phases']): Finding {
  const code = fault?.code ?? 'STOPPED';
  return {
    experiment: 'opening',
    status: 'problem',
    blame: fault?.blame === 'transport' ? 'the path' : fault?.blame === 'local' ? 'this end' : null,
    code,
    message: fault?.message ?? 'the check was stopped',
    facts: { phases },
  };
}
