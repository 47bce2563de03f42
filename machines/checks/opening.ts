/**
 * The findings on the opening: how long its phases took, and what the path added to the request, took from
 * it or changed in it. The opening itself is a machine of its own.
 */
import type { Blame, Fault } from '../errors.js';
import type { OpeningOutput } from '../notices.js';
import { quote, renderMessage } from '../payload.js';
import { serverDefaults } from '../serverSession.js';
import { type Culprit, type FarEnd, type Finding, msInWords } from './findings.js';
import { CHECK_PROTOCOL, HIDDEN, type Tell } from './grammar.js';

/** What both ends saw of the handshake. */
export interface SeenHandshake {
  output: OpeningOutput;
  /** The headers of our request, by their names in lower case. */
  sent: { readonly [name: string]: string };
  /** The request as the far end saw it; null where it does not tell. */
  seen: (Tell & { tell: 'handshake' }) | null;
  farEnd: FarEnd;
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
  const { phases, redirects } = handshake.output;
  const totalMs = Object.values(phases).reduce((sum, { ms }) => sum + ms, 0);
  const facts = { phases, redirects, ...changes };
  const led = redirects.length === 0 ? '' : ` The URL leads to ${redirects.at(-1)?.to}.`;
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
    message: `The connection opens in ${msInWords(totalMs)}.${led}`,
    facts,
  };
  const untold = handshake.farEnd === 'ours' && handshake.seen === null ? [NOT_TOLD] : [];
  if (parts.length === 0) return [opened, ...untold];
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

const NOT_TOLD: Finding = {
  experiment: 'opening',
  status: 'unknown',
  blame: null,
  code: 'REQUEST_NOT_TOLD',
  message:
    'Whether the path changes the request cannot be told: the far end does not answer. See the findings on messages.',
  facts: {},
};

/** The first message of `lockstep server`, which speaks first to clients that are no checks. */
const GREETING = quote(renderMessage(serverDefaults.message, 0, serverDefaults.binary));

/** The finding on a far end that greets as `lockstep server` does, and does not know the subprotocol. */
export function judgeGreeting(greeting: string | null): Finding[] {
  if (greeting !== GREETING) return [];
  return [
    {
      experiment: 'opening',
      status: 'note',
      blame: null,
      code: 'SUBPROTOCOL_LOST',
      message: `The far end greets as lockstep server does, but does not choose the subprotocol ${CHECK_PROTOCOL}. See whether the path takes Sec-WebSocket-Protocol away, or the server runs with --no-check.`,
      facts: { greeting, offered: CHECK_PROTOCOL },
    },
  ];
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
    ([name, value]) => name in sent && sent[name] !== value && value !== HIDDEN,
  );
  return {
    added: Object.fromEntries(added.filter(isTold)),
    lost: Object.fromEntries(lost.filter(isTold)),
    changed: Object.fromEntries(changed.filter(isTold)),
  };
}

/** Who gave an answer with this status, where the status alone tells (RFC 9110, 15). */
const BLAMED: { readonly [status: number]: Culprit } = {
  // This end gave no credentials, or does not follow.
  401: 'this end',
  407: 'this end',
  // Our request is complete: a header was lost on the way.
  426: 'the path',
  // Only gateways answer these.
  502: 'the path',
  504: 'the path',
};

/** The finding on a path that did not open; `message` explains the fault. */
export function unreachable(
  fault: Fault | null,
  message: string,
  phases: OpeningOutput['phases'],
): Finding {
  const status = phases.upgrade?.status;
  const isRefused = status !== undefined && status !== 101 && fault?.code === 'ERR_HANDSHAKE';
  return {
    experiment: 'opening',
    status: 'problem',
    blame: (isRefused && BLAMED[status]) || (fault && BLAMES[fault.blame]),
    code: isRefused ? `STATUS_${status}` : (fault?.detail ?? fault?.code ?? 'STOPPED'),
    message: sentence(message),
    facts: { phases, fault: fault?.code ?? null, ...(isRefused && { status }) },
  };
}

const BLAMES: { readonly [blame in Blame]: Culprit | null } = {
  local: 'this end',
  transport: 'the path',
  remote: null,
  deadline: null,
};

/** A sentence with its first letter and its full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
