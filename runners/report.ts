/**
 * What a session shows its user: the book's transcript on stdout and everything else on stderr, or
 * one JSON object a line for every notice.
 *
 * Rule 1. The transcript is the book's, to the letter; `Lines` escapes what could harm a terminal.
 * Rule 2. An error begins with the book's words and ends with the reason.
 */
import type { InspectionEvent } from 'xstate';
import { type ClientActor, holdReading, type ServerActor } from '../adapters/ws.js';
import type {
  ClientNotice,
  Command,
  Fault,
  Payload,
  ServerNotice,
  SessionOutput,
  Setting,
} from '../machines/index.js';
import {
  endInWords,
  hexOf,
  isPrintable,
  sentenceOf,
  silenceInWords,
  textOf,
} from '../machines/index.js';
import type { Lines } from './output.js';
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

/** Reports one session. */
export class Report {
  readonly #role: Role;
  readonly #session: string;
  readonly #from: string;
  readonly #reporting: Reporting;
  readonly #lines: Lines;
  readonly #trace: Trace | undefined;
  readonly #inspects: Inspect[];
  readonly #roundTrips = new RoundTrips();
  #isStarted = false;
  #isWaiting = false;

  /**
   * `session` names it in JSON and traces; `peer`, where known, is put behind errors; `inspect`,
   * where there is an inspector, is what it wants to be told by.
   */
  constructor(
    role: Role,
    session: string,
    peer: string,
    reporting: Reporting,
    lines: Lines,
    inspect?: Inspect,
  ) {
    this.#role = role;
    this.#session = session;
    this.#from = peer === '' ? '' : ` (${session} from ${peer})`;
    this.#reporting = reporting;
    this.#lines = lines;
    if (reporting.trace) this.#trace = new Trace((line) => lines.about(session, line));
    this.#inspects = [this.#trace?.inspect, inspect].filter((one) => one !== undefined);
  }

  /** Options for the session's actor. */
  get actorOptions(): { id: string; inspect?: Inspect } {
    const [only, ...others] = this.#inspects;
    if (only === undefined) return { id: this.#session };
    if (others.length === 0) return { id: this.#session, inspect: only };
    const inspect: Inspect = (event) => {
      for (const one of this.#inspects) one(event);
    };
    return { id: this.#session, inspect };
  }

  /** Follows the session to its end; call it before the actor starts. */
  follow(actor: ServerActor | ClientActor): Promise<SessionOutput> {
    return new Promise((resolve) => {
      (actor as ServerActor).on('*', (event: Command | ServerNotice | ClientNotice) => {
        const state = String(actor.getSnapshot().value);
        this.#trace?.emitted(event, state);
        this.#time(event);
        if (isCommand(event)) return;
        if (this.#reporting.json) this.#printJson(event, state);
        else this.#print(event);
        if (event.type === 'session.faulted') this.#printFault(event.fault);
        if (event.type === 'session.ended') resolve(event.output);
        this.#wait(actor);
      });
    });
  }

  /** A round trip goes from a message of ours to the peer's next. */
  #time({ type }: Command | ServerNotice | ClientNotice): void {
    if (type === 'socket.send') this.#roundTrips.begin(performance.now());
    else if (ANSWERS.has(type)) this.#roundTrips.end(performance.now());
  }

  /** Has the session read nothing while the readers of its output are behind. */
  #wait(actor: ServerActor | ClientActor): void {
    const caughtUp = this.#isWaiting ? undefined : this.#lines.catchUp();
    if (caughtUp === undefined) return;
    this.#isWaiting = true;
    const release = holdReading(actor);
    caughtUp.then(() => {
      this.#isWaiting = false;
      release();
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
        this.#transcript(`Received back from client: ${shown(notice.data)}`);
        break;
      case 'session.received':
        this.#transcript(`Received from server: ${shown(notice.data)}`);
        break;
      case 'session.ended':
        if (this.#isStarted && this.#hasSummary) {
          this.#lines.about(this.#session, summary(notice.output, this.#roundTrips.summary()));
        }
        break;
      default:
        break;
    }
  }

  /** A client sums up even when quiet, as `ping -q` does; a quiet server has too many sessions to. */
  get #hasSummary(): boolean {
    return this.#role === 'client' || !this.#reporting.quiet;
  }

  #transcript(line: string): void {
    if (!this.#reporting.quiet) this.#lines.out(line);
  }

  #printJson(notice: ServerNotice | ClientNotice, state: string): void {
    const isShown = notice.type === 'session.ended' ? this.#hasSummary : !this.#reporting.quiet;
    if (!isShown) return;
    const { type, ...rest } = notice;
    const head = { time: new Date().toISOString(), session: this.#session, state, type };
    const tail = type === 'session.ended' ? { roundTrip: this.#roundTrips.summary() } : {};
    this.#lines.json({ ...head, ...rest, ...tail });
  }

  #printFault(fault: Fault): void {
    const sentence = sentenceOf(fault, optionOf);
    this.#lines.err(`${complaint(this.#role, fault)}: ${sentence}${this.#from}`);
  }
}

/** The settings whose options are not simply called after them. */
const OPTIONS: { [setting in Setting]?: string } = {
  strictClose: '--no-strict-close',
  headers: '--header',
  subprotocols: '--subprotocol',
};

/** The option that has a setting: `--reply-timeout` for `replyTimeout`. */
function optionOf(setting: Setting): string {
  return (
    OPTIONS[setting] ?? `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  );
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

/** A payload as the transcript shows it: text as it is, and so printable bytes; others as length and hex. */
export function shown(payload: Payload): string {
  if (typeof payload === 'string') return payload;
  const text = textOf(payload);
  return text !== undefined && isPrintable(text) ? text : hexOf(payload);
}

function summary(output: SessionOutput, trips: RoundTripSummary): string {
  const parts = [`${output.exchanges} ${output.exchanges === 1 ? 'exchange' : 'exchanges'}`];
  if (output.mismatches > 0) parts.push(`${output.mismatches} not as sent`);
  if (trips.count > 0) {
    const times = [trips.min, trips.avg, trips.max].map((ms) => ms.toFixed(3)).join('/');
    parts.push(`round trip min/avg/max ${times} ms`);
  }
  if (output.end) parts.push(closeOf(output.end, output.outcome));
  return `${output.outcome}: ${parts.join(', ')}`;
}

/** The end of the stream. One without a Close frame is as the book's peers leave, or a path is cut. */
function closeOf(
  end: NonNullable<SessionOutput['end']>,
  outcome: SessionOutput['outcome'],
): string {
  if (end.closeFrame || outcome !== 'done') return endInWords(end);
  return `no Close frame came ${silenceInWords(end.silence)}, as where a path is cut (--strict-close makes that an error)`;
}
