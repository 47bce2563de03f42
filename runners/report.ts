/**
 * What a session shows its user: the book's transcript on stdout and everything else on stderr, or
 * one JSON object a line for every notice.
 *
 * Rule 1. The transcript is the book's, to the letter, with what could harm a terminal escaped.
 * Rule 2. An error begins with the book's words and ends with the reason.
 */
import type { InspectionEvent } from 'xstate';
import { addressOf, type Peer, type Visitor } from '../adapters/visitor.js';
import { type ClientActor, holdReading, requestStop, type ServerActor } from '../adapters/ws.js';
import type {
  ClientNotice,
  Command,
  Fault,
  Payload,
  ServerNotice,
  SessionOutput,
} from '../machines/index.js';
import { endInWords, escapeControls, hexOf, isPrintable, textOf } from '../machines/index.js';
import type { Lines } from './output.js';
import type { Waiting } from './readers.js';
import { type RoundTripSummary, RoundTrips } from './roundTrips.js';
import { isCommand, Trace } from './transcript.js';

export type Role = 'server' | 'client';

/** How much is shown, and in which form. */
export interface Reporting {
  json: boolean;
  trace: boolean;
  quiet: boolean;
}

/** Told of everything that XState tells about a session. */
export type Inspect = (event: InspectionEvent) => void;

/** The notices of a message from the peer. */
const ANSWERS = new Set<string>(['session.echoed', 'session.mismatched', 'session.received']);

/** What all reports of a run have in common. */
export interface Output {
  role: Role;
  reporting: Reporting;
  lines: Lines;
  /** What an inspector, where there is one, wants to be told by. */
  inspect?: Inspect | undefined;
}

/** The one notice that is not the session's own: the run has cut it. */
interface SessionCut {
  type: 'session.cut';
  message: string;
}

/** Told how a session ended. */
export type OnEnded = (output: SessionOutput) => void;

/** Reports one session. Thousands may be idle: what they have in common is in one place. */
export class Report implements Waiting {
  readonly #output: Output;
  readonly #session: string;
  readonly #peer: Peer | undefined;
  readonly #trace: Trace | undefined;
  /** Undefined where nobody would see them. */
  readonly #roundTrips: RoundTrips | undefined;
  #actor: ServerActor | ClientActor | undefined = undefined;
  #onEnded: OnEnded | undefined = undefined;
  /** Until the session has started. */
  #visitor: Visitor | undefined = undefined;
  #isStarted = false;
  /** Has the session read again, while it waits for the readers of its output. */
  #release: (() => void) | undefined = undefined;

  /** `session` names it in JSON and traces; `peer`, where it is given, is put behind errors. */
  constructor(output: Output, session: string, peer?: Peer) {
    const { role, reporting, lines } = output;
    this.#output = output;
    this.#session = session;
    this.#peer = peer;
    this.#trace = reporting.trace ? new Trace((line) => lines.about(session, line)) : undefined;
    this.#roundTrips = role === 'server' && reporting.quiet ? undefined : new RoundTrips();
  }

  /** Options for the session's actor. */
  get actorOptions(): { id: string; inspect?: Inspect } {
    const id = this.#session;
    const trace = this.#trace?.inspect;
    const { inspect } = this.#output;
    if (trace === undefined || inspect === undefined) {
      const only = trace ?? inspect;
      return only === undefined ? { id } : { id, inspect: only };
    }
    const both: Inspect = (event) => {
      trace(event);
      inspect(event);
    };
    return { id, inspect: both };
  }

  /** Follows the session to its end; call it before the actor starts. `visitor` goes into the JSON. */
  follow(actor: ServerActor | ClientActor, onEnded?: OnEnded, visitor?: Visitor): void {
    this.#actor = actor;
    this.#onEnded = onEnded;
    this.#visitor = visitor;
    (actor as ServerActor).on('*', (event) => this.#told(event));
  }

  /** Asks the session to end. */
  requestStop(): void {
    if (this.#actor !== undefined) requestStop(this.#actor);
  }

  /** The session is about to be cut, `ms` after the run was told to stop: an error, if it goes on. */
  cut(ms: number): void {
    if (this.#actor?.getSnapshot().status !== 'active') return;
    const message = `expected the session to end within ${ms} ms of the stop, but it did not and was cut: see why its peer does not leave, or raise --drain-timeout`;
    if (this.#output.reporting.json) this.#printJson({ type: 'session.cut', message });
    this.#output.lines.err(`Can't close: ${message}${this.#from}`);
  }

  get #from(): string {
    const peer = this.#peer;
    return peer === undefined ? '' : ` (${this.#session} from ${addressOf(peer)})`;
  }

  #told(event: Command | ServerNotice | ClientNotice): void {
    this.#trace?.emitted(event, this.#state);
    this.#time(event);
    if (isCommand(event)) return;
    if (this.#output.reporting.json) this.#printJson(event);
    else this.#print(event);
    if (event.type === 'session.faulted') this.#printFault(event.fault);
    if (event.type === 'session.ended') this.#ended(event.output);
    // A session goes on when its peer answers: then it is time to wait.
    else if (ANSWERS.has(event.type) && this.#output.lines.readers.areBehind) this.#wait();
  }

  #ended(output: SessionOutput): void {
    this.#output.lines.readers.leave(this);
    this.#onEnded?.(output);
  }

  /** A round trip goes from a message of ours to the peer's next. */
  #time({ type }: Command | ServerNotice | ClientNotice): void {
    if (this.#roundTrips === undefined) return;
    if (type === 'socket.send') this.#roundTrips.begin(performance.now());
    else if (ANSWERS.has(type)) this.#roundTrips.end(performance.now());
  }

  /** Has the session read nothing while the readers of its output are behind. */
  #wait(): void {
    if (this.#release !== undefined || this.#actor === undefined) return;
    this.#release = holdReading(this.#actor);
    this.#output.lines.readers.await(this);
  }

  caughtUp(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** A snapshot is made for who asks: not with every message, where nobody sees it. */
  get #state(): string {
    return String(this.#actor?.getSnapshot().value);
  }

  #print(notice: ServerNotice | ClientNotice): void {
    switch (notice.type) {
      case 'session.started':
        this.#isStarted = true;
        if (this.#output.role === 'server') this.#transcript('Echoing');
        break;
      case 'session.roundStarted':
        this.#transcript('Sending to client: ', notice.data);
        break;
      case 'session.echoed':
      case 'session.mismatched':
        this.#transcript('Received back from client: ', notice.data);
        break;
      case 'session.received':
        this.#transcript('Received from server: ', notice.data);
        break;
      case 'session.ended':
        if (this.#isStarted && !this.#output.reporting.quiet && this.#roundTrips) {
          this.#output.lines.about(
            this.#session,
            summary(notice.output, this.#roundTrips.summary()),
          );
        }
        break;
      default:
        break;
    }
  }

  #transcript(words: string, data: Payload = ''): void {
    if (!this.#output.reporting.quiet) this.#output.lines.out(`${words}${shown(data)}`);
  }

  #printJson(notice: ServerNotice | ClientNotice | SessionCut): void {
    if (this.#output.reporting.quiet) return;
    const { type, ...rest } = notice;
    const time = new Date().toISOString();
    const head = { time, session: this.#session, state: this.#state, type };
    const json = JSON.stringify({ ...head, ...rest, ...this.#extrasOf(type) }, bytesAsBase64);
    this.#output.lines.out(escapeControls(json, 'json'));
  }

  /** What is known here of a session, and not in its machine. */
  #extrasOf(type: string): object {
    if (type === 'session.ended') return { roundTrip: this.#roundTrips?.summary() };
    if (type !== 'session.started' || this.#visitor === undefined) return {};
    const { method: _, ...visitor } = this.#visitor;
    this.#visitor = undefined;
    return visitor;
  }

  #printFault(fault: Fault): void {
    // What to do stands behind the last colon; what came, before it, is left as it is.
    const advice = fault.message.lastIndexOf(': ') + 1;
    const reason = fault.message.slice(0, advice);
    const remedy = fault.message.slice(advice).replace(SETTING, optionOf);
    this.#output.lines.err(
      `${complaint(this.#output.role, fault)}: ${reason}${remedy}${this.#from}`,
    );
  }
}

// Faults speak of settings by the names they have in the library.
const SETTING = /\b(?:connectTimeout|replyTimeout|closeTimeout|strictClose|maxPayload)\b/g;

/** The option that has a setting: `--reply-timeout` for `replyTimeout`. */
function optionOf(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The book's words for what failed. */
function complaint(role: Role, { code, state, fact }: Fault): string {
  if (state === 'connecting') return 'Fatal error';
  const isSending = state === 'sending' || state === 'replying';
  const hasCome = fact === 'socket.received';
  const failedToSend = code === 'ERR_SEND_TIMEOUT' || (isSending && !hasCome);
  if (role === 'server') return failedToSend ? "Can't send" : "Can't receive";
  return failedToSend ? "Couldn't return msg" : "Couldn't receive msg";
}

/** A payload as the transcript shows it: printable text as it is, anything else as length and hex. */
export function shown(payload: Payload): string {
  if (typeof payload === 'string') return escapeControls(payload);
  const text = textOf(payload);
  return text !== undefined && isPrintable(text) ? text : hexOf(payload);
}

/** JSON has no bytes: they become `{"base64": …}`. */
function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  // Buffers have been turned into plain objects by the time `value` comes: ask the holder.
  const raw = (this as Record<string, unknown>)[key];
  return raw instanceof Uint8Array ? { base64: Buffer.from(raw).toString('base64') } : value;
}

function summary(output: SessionOutput, trips: RoundTripSummary): string {
  const parts = [`${output.exchanges} ${output.exchanges === 1 ? 'exchange' : 'exchanges'}`];
  if (output.mismatches > 0) parts.push(`${output.mismatches} not as sent`);
  if (trips.count > 0) {
    const times = [trips.min, trips.avg, trips.max].map((ms) => ms.toFixed(3)).join('/');
    parts.push(`round trip min/avg/max ${times} ms`);
  }
  if (output.end) {
    parts.push(endInWords(output.end));
  }
  return `${output.outcome}: ${parts.join(', ')}`;
}
