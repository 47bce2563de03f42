/**
 * What a session shows its user: the book's transcript on stdout and everything else on stderr, or
 * one JSON object a line for every notice.
 *
 * Rule 1. The transcript is the book's, to the letter, with what could harm a terminal escaped.
 * Rule 2. An error begins with the book's words and ends with the reason.
 */
import type { AnyActorRef } from 'xstate';
import type {
  ClientNotice,
  Command,
  Fault,
  Payload,
  ServerNotice,
  SessionOutput,
} from '../machines/index.js';
import { endInWords, escapeControls, hexOf, isPrintable, textOf } from '../machines/index.js';
import { type RoundTripSummary, RoundTrips } from './roundTrips.js';
import { isCommand, Trace } from './transcript.js';

export type Role = 'server' | 'client';

/** Where a runner's lines go; a line comes without its end. */
export interface Lines {
  /** The transcript, or JSON. */
  out(line: string): void;
  /** Errors and the address. */
  err(line: string): void;
  /** A line of trace or summary about one session. */
  about(session: string, line: string): void;
}

/** How much is shown, and in which form. */
export interface Reporting {
  json: boolean;
  trace: boolean;
  quiet: boolean;
}

/** Reports one session. */
export class Report {
  readonly #role: Role;
  readonly #session: string;
  readonly #from: string;
  readonly #reporting: Reporting;
  readonly #lines: Lines;
  readonly #trace: Trace | undefined;
  readonly #roundTrips = new RoundTrips();
  #isStarted = false;

  /** `session` names it in JSON and traces; `peer`, where known, is put behind errors. */
  constructor(role: Role, session: string, peer: string, reporting: Reporting, lines: Lines) {
    this.#role = role;
    this.#session = session;
    this.#from = peer === '' ? '' : ` (${session} from ${peer})`;
    this.#reporting = reporting;
    this.#lines = lines;
    if (reporting.trace) this.#trace = new Trace((line) => lines.about(session, line));
  }

  /** Options for the session's actor. */
  get actorOptions(): { id: string; inspect?: Trace['inspect'] } {
    return this.#trace
      ? { id: this.#session, inspect: this.#trace.inspect }
      : { id: this.#session };
  }

  /** Follows the session to its end; call it before the actor starts. */
  follow(actor: AnyActorRef): Promise<SessionOutput> {
    return new Promise((resolve) => {
      actor.on('*', (emitted) => {
        const event = emitted as Command | ServerNotice | ClientNotice;
        const state = String(actor.getSnapshot().value);
        this.#trace?.emitted(event, state);
        if (isCommand(event)) {
          if (event.type === 'socket.send') this.#roundTrips.begin(performance.now());
          return;
        }
        if (this.#reporting.json) this.#printJson(event, state);
        else this.#print(event);
        if (event.type === 'session.faulted') this.#printFault(event.fault);
        if (event.type === 'session.ended') resolve(event.output);
      });
    });
  }

  #print(notice: ServerNotice | ClientNotice): void {
    switch (notice.type) {
      case 'session.started':
        this.#isStarted = true;
        if (this.#role === 'server') this.#transcript('Echoing');
        break;
      case 'session.roundStarted':
        this.#transcript(`Sending to client: ${shown(notice.data)}`);
        break;
      case 'session.echoed':
      case 'session.mismatched':
        this.#roundTrips.end(performance.now());
        this.#transcript(`Received back from client: ${shown(notice.data)}`);
        break;
      case 'session.received':
        this.#roundTrips.end(performance.now());
        this.#transcript(`Received from server: ${shown(notice.data)}`);
        break;
      case 'session.ended':
        if (this.#isStarted && !this.#reporting.quiet) {
          this.#lines.about(this.#session, summary(notice.output, this.#roundTrips.summary()));
        }
        break;
      default:
        break;
    }
  }

  #transcript(line: string): void {
    if (!this.#reporting.quiet) this.#lines.out(line);
  }

  #printJson(notice: ServerNotice | ClientNotice, state: string): void {
    if (['session.echoed', 'session.mismatched', 'session.received'].includes(notice.type)) {
      this.#roundTrips.end(performance.now());
    }
    const { type, ...rest } = notice;
    const head = { time: new Date().toISOString(), session: this.#session, state, type };
    const tail = type === 'session.ended' ? { roundTrip: this.#roundTrips.summary() } : {};
    this.#lines.out(JSON.stringify({ ...head, ...rest, ...tail }, bytesAsBase64));
  }

  #printFault(fault: Fault): void {
    const reason = fault.message.replace(SETTING, optionOf);
    this.#lines.err(`${complaint(this.#role, fault.state)}: ${reason}${this.#from}`);
  }
}

// Faults speak of settings by the names they have in the library.
const SETTING = /\b(?:connectTimeout|replyTimeout|closeTimeout|strictClose|maxPayload)\b/g;

/** The option that has a setting: `--reply-timeout` for `replyTimeout`. */
function optionOf(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The book's words for what failed in a state. */
export function complaint(role: Role, state: string): string {
  if (role === 'server') return state === 'sending' ? "Can't send" : "Can't receive";
  if (state === 'connecting') return 'Fatal error';
  return state === 'replying' ? "Couldn't return msg" : "Couldn't receive msg";
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
