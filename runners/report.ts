/**
 * The report of a session to its user: the book's transcript on stdout and everything else on stderr,
 * or one JSON object a line for every notice.
 *
 * Rule 1. The transcript is the book's, to the letter; `Lines` escapes what could harm a terminal.
 * Rule 2. An error begins with the book's words and ends with the reason.
 */

import type { InspectionEvent } from 'xstate';
import { addressOf, type Peer } from '../adapters/address.js';
import type { Visitor } from '../adapters/visitor.js';
import {
  type ClientActor,
  holdReading,
  type OpeningActor,
  type PingsActor,
  requestStop,
  type ServerActor,
} from '../adapters/ws.js';
import { pathOf } from '../chart/names.js';
import type {
  ClientNotice,
  Explanation,
  Fault,
  OpeningNotice,
  OpeningOutput,
  Payload,
  PingsNotice,
  ServerNotice,
  SessionOutput,
} from '../machines/index.js';
import { sentenceOf } from '../machines/index.js';
import type { Conversation } from './conversation.js';
import { shown } from './cut.js';
import { explain } from './explain.js';
import { Measures } from './measures.js';
import type { Lines } from './output.js';
import { openingSummary } from './phases.js';
import type { Waiting } from './readers.js';
import { sessionSummary } from './summary.js';
import { type Emitted, isCommand, Trace } from './transcript.js';

type SessionFaulted = Extract<ServerNotice, { type: 'session.faulted' }>;
type OpeningFaulted = Extract<OpeningNotice, { type: 'opening.faulted' }>;

/** Whatever an opening, a session or its pings tell their user. */
type Notice = OpeningNotice | ServerNotice | ClientNotice | PingsNotice;

/** The part in the conversation: a server session speaks, a client session returns what comes. */
export type Role = Conversation['role'];

/** How much is shown, and in which form. */
export interface Reporting {
  json?: boolean;
  trace?: boolean;
  quiet?: boolean;
  /** Whether the time stands before each line. */
  timestamps?: boolean;
  /** Whether compression is offered: the summary then says what became of it. */
  compress?: true;
  /** Whether a server returns messages: its settings then have other names. */
  echo?: true;
  /** What the user gave for the setting, if anything. */
  strictClose?: boolean | 'auto';
}

/** An XState inspection observer. */
export type Inspect = (event: InspectionEvent) => void;

/** The options of an actor that is reported. */
interface ActorOptions {
  id: string;
  inspect?: Inspect;
}

/** The facts and deadlines after which an unwritten message is never written. */
const UNSENT = new Set(['socket.failed', 'replyTimeout']);

/** The faults of messages that did not come. */
const UNREAD = new Set<Fault['code']>([
  'ERR_REPLY_TIMEOUT',
  'ERR_MESSAGE_TIMEOUT',
  'ERR_PONG_TIMEOUT',
]);

/** The notices of a message from the peer. */
const ANSWERS = new Set<string>(['session.echoed', 'session.mismatched', 'session.received']);

/** What all reports of a run share. */
export interface Output {
  role: Role;
  /** The other end, by who dialled. */
  peer: 'client' | 'server';
  reporting: Reporting;
  lines: Lines;
  /** The observer of an inspector, where there is one. */
  inspect?: Inspect | undefined;
}

/** The one notice that the session does not emit: the run has cut it. */
interface SessionCut {
  type: 'session.cut';
  message: string;
}

/** Takes the output of a session that has ended, or of an opening that has. */
export type OnEnded<Output = SessionOutput> = (output: Output) => void;

/** Reports one session. Thousands may be idle: all share one `Output`. */
export class Report implements Waiting {
  readonly #output: Output;
  readonly #session: string;
  readonly #address: Peer | undefined;
  readonly #trace: Trace | undefined;
  #pingsTrace: Trace | undefined = undefined;
  /** Undefined where nothing shows them. */
  readonly #measures: Measures | undefined;
  #actor: ServerActor | ClientActor | OpeningActor | undefined = undefined;
  #onEnded: OnEnded | undefined = undefined;
  /** The visitor, until the session has started. */
  #visitor: Visitor | undefined = undefined;
  /** Lets the session read on; present while it waits for the readers of its output. */
  #release: (() => void) | undefined = undefined;

  /** `session` names it in JSON and traces; `address`, where it is given, is put behind errors. */
  constructor(output: Output, session: string, address?: Peer) {
    const { reporting, lines } = output;
    this.#output = output;
    this.#session = session;
    this.#address = address;
    this.#trace = reporting.trace ? new Trace((line) => lines.about(session, line)) : undefined;
    this.#measures = this.#hasSummary ? new Measures() : undefined;
  }

  /** Options for the actors of the session and its opening. */
  get actorOptions(): ActorOptions {
    return this.#optionsOf(this.#session, this.#trace);
  }

  #optionsOf(id: string, trace: Trace | undefined): ActorOptions {
    const { inspect } = this.#output;
    if (trace === undefined || inspect === undefined) {
      const only = trace?.inspect ?? inspect;
      return only === undefined ? { id } : { id, inspect: only };
    }
    const both: Inspect = (event) => {
      trace.inspect(event);
      inspect(event);
    };
    return { id, inspect: both };
  }

  /** Follows the opening to its end; call it before the actor starts. */
  followOpening(actor: OpeningActor, onEnded: OnEnded<OpeningOutput>): void {
    this.#actor = actor;
    this.#measures?.dialled();
    actor.on('*', (event) => {
      this.#told(event);
      if (event.type === 'opening.ended') onEnded(event.output);
    });
  }

  /** Follows the session to its end; call it before the actor starts. `visitor` goes into the JSON. */
  follow(actor: ServerActor | ClientActor, onEnded?: OnEnded, visitor?: Visitor): void {
    this.#actor = actor;
    this.#onEnded = onEnded;
    this.#visitor = visitor;
    (actor as ServerActor).on('*', (event) => this.#told(event));
  }

  /** Options for the actor of the session's pings, which have a trace of their own. */
  get pingsOptions(): ActorOptions {
    const id = `${this.#session} pings`;
    const { reporting, lines } = this.#output;
    if (reporting.trace) this.#pingsTrace = new Trace((line) => lines.about(id, line));
    return this.#optionsOf(id, this.#pingsTrace);
  }

  /** Follows the pings beside the session; call it before the session's own listener is added. */
  followPings(pings: PingsActor): void {
    pings.on('*', (event) => {
      if (event.type === 'pings.ended' && this.#measures) this.#measures.pings = event.output;
      this.#pingsTrace?.emitted(event, pathOf(pings.getSnapshot().value));
      const { reporting } = this.#output;
      if (event.type === 'pings.answered' && reporting.json) this.#printJson(event);
    });
  }

  /** Asks the session to end. */
  requestStop(): void {
    if (this.#actor !== undefined) requestStop(this.#actor);
  }

  /** Reports a session that still runs as an error, and says whether it does: the run cuts it, `ms` after the stop. */
  cut(ms: number): boolean {
    if (this.#actor?.getSnapshot().status !== 'active') return false;
    const message = explain({
      expected: `the session to end within ${ms} ms of the stop`,
      came: 'it did not and was cut',
      remedy: 'see why its peer does not leave, or wait longer',
      setting: 'drainTimeout',
    });
    if (this.#output.reporting.json) this.#printJson({ type: 'session.cut', message });
    this.#output.lines.err(`Can't close: ${message}${this.#from}`);
    return true;
  }

  get #from(): string {
    const address = this.#address;
    return address === undefined ? '' : ` (${this.#session} from ${addressOf(address)})`;
  }

  #told(told: Emitted): void {
    this.#trace?.emitted(told, this.#state);
    this.#time(told);
    if (isCommand(told)) return;
    const event =
      this.#release !== undefined && told.type === 'session.faulted' ? held(told) : told;
    if (this.#output.reporting.json) this.#printJson(event);
    else this.#print(event);
    if ('fault' in event) this.#printFault(event);
    if (event.type === 'session.ended') this.#ended(event.output);
    // A session writes on when its peer has answered: here it can wait.
    else if (ANSWERS.has(event.type) && this.#output.lines.readers.areBehind) this.wait();
  }

  #ended(output: SessionOutput): void {
    this.#output.lines.readers.leave(this);
    this.#onEnded?.(output);
  }

  #time({ type }: Emitted): void {
    if (type === 'socket.send') this.#measures?.sent();
    else if (ANSWERS.has(type)) this.#measures?.heard();
  }

  /** Stops the session's reading until the readers of its output have caught up. */
  wait(): void {
    if (this.#release !== undefined || this.#actor?.getSnapshot().status !== 'active') return;
    this.#release = holdReading(this.#actor);
    this.#output.lines.readers.await(this);
  }

  caughtUp(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Asked only where the state is shown: each call makes a snapshot. */
  get #state(): string {
    return pathOf(this.#actor?.getSnapshot().value);
  }

  #print(notice: Notice): void {
    const { role, peer } = this.#output;
    switch (notice.type) {
      case 'session.started':
        if (role === 'server') this.#transcript('Echoing');
        break;
      case 'session.roundStarted':
        this.#transcript(`Sending to ${peer}: `, notice.data);
        break;
      case 'session.echoed':
      case 'session.mismatched':
        this.#transcript(`Received back from ${peer}: `, notice.data);
        break;
      case 'session.received':
        this.#transcript(`Received from ${peer}: `, notice.data);
        break;
      case 'session.ended':
        this.#sumUp(notice.output);
        break;
      case 'opening.ended':
        this.#sumUpOpening(notice.output);
        break;
      default:
        break;
    }
  }

  #sumUp(output: SessionOutput): void {
    if (this.#measures === undefined) return;
    this.#output.lines.about(this.#session, sessionSummary(output, this.#measures.measured));
  }

  #sumUpOpening(output: OpeningOutput): void {
    const { lines, reporting } = this.#output;
    const line = openingSummary(output, reporting.compress === true);
    if (line !== undefined && !reporting.quiet) lines.about(this.#session, line);
  }

  /** Who dials sums up even when quiet, as `ping -q` does; a quiet listener has too many sessions to. */
  get #hasSummary(): boolean {
    return this.#output.peer === 'server' || !this.#output.reporting.quiet;
  }

  #transcript(words: string, data: Payload = ''): void {
    if (!this.#output.reporting.quiet) this.#output.lines.out(`${words}${shown(data)}`);
  }

  #printJson(notice: Notice | SessionCut): void {
    const { reporting, lines } = this.#output;
    const { type, ...rest } = notice;
    const isError = 'fault' in notice || type === 'session.cut';
    const isShown = isError || (isEndOfAll(notice) ? this.#hasSummary : !reporting.quiet);
    if (!isShown) return;
    const time = new Date().toISOString();
    const head = { time, session: this.#session, state: this.#state, type };
    lines.json({ ...head, ...rest, ...this.#extrasOf(type) });
  }

  /** The fields of JSON that the session's machine does not know. */
  #extrasOf(type: string): object {
    if (type === 'session.ended') return this.#measures?.measured ?? {};
    if (type !== 'session.started' || this.#visitor === undefined) return {};
    const { method: _, ...visitor } = this.#visitor;
    this.#visitor = undefined;
    return visitor;
  }

  /** The book's words for what failed. */
  #complaint({ type, fault }: OpeningFaulted | SessionFaulted): string {
    if (type === 'opening.faulted') return 'Fatal error';
    const hasFailedToSend = fault.unwritten && UNSENT.has(fault.fact);
    if (this.#output.role === 'server') return hasFailedToSend ? "Can't send" : "Can't receive";
    return hasFailedToSend ? "Couldn't return msg" : "Couldn't receive msg";
  }

  #printFault(notice: OpeningFaulted | SessionFaulted): void {
    const { lines, reporting } = this.#output;
    lines.err(`${this.#complaint(notice)}: ${explain(notice.fault, reporting)}${this.#from}`);
  }
}

/** Whether nothing comes after a notice: a session is over, or an opening that leads to none. */
function isEndOfAll(notice: Notice | SessionCut): boolean {
  if (notice.type === 'opening.ended') return notice.output.outcome !== 'opened';
  return notice.type === 'session.ended';
}

/** A fault of a session that waited for the readers of its output: it did not read, whatever came. */
function held(notice: SessionFaulted): SessionFaulted {
  if (!UNREAD.has(notice.fault.code)) return notice;
  const { expected } = notice.fault;
  const came = 'this end did not read, since the readers of its output were behind';
  const remedy = 'have what reads its output go on, use --quiet, or wait longer';
  const explanation: Explanation = { expected, came, remedy, setting: 'replyTimeout' };
  return {
    ...notice,
    fault: { ...notice.fault, ...explanation, message: sentenceOf(explanation) },
  };
}
