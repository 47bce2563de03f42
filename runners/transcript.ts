/**
 * The one transcript format, used by `--trace`, the demo and failing tests:
 *
 *   `<` fact in   `>` command out   `=` state   `%` deadline passed   `!` fault
 *
 * Rule 1. A line is one thing that happened, in the order in which it happened.
 * Rule 2. Payloads are quoted: escaped and cut.
 */
import type { InspectionEvent } from 'xstate';
import { deadlineOf, pathOf } from '../chart/names.js';
import type {
  ClientNotice,
  Command,
  Fault,
  OpeningCommand,
  OpeningFact,
  OpeningNotice,
  PingsCommand,
  PingsFact,
  PingsNotice,
  ServerNotice,
  SessionFact,
} from '../machines/index.js';
import { quote } from '../machines/index.js';
import { lastPhase } from './phases.js';

/** Whatever an opening, a session or its pings emit. */
export type Emitted =
  | Command
  | OpeningCommand
  | PingsCommand
  | OpeningNotice
  | ServerNotice
  | ClientNotice
  | PingsNotice;

/** Whatever they order. */
type AnyCommand = Command | OpeningCommand | PingsCommand;

/** Writes a fact, `<` or a deadline, `%`. */
export function factLine(
  fact: OpeningFact | SessionFact | PingsFact | { type: `xstate.after.${string}` },
): string {
  switch (fact.type) {
    case 'socket.opened':
      return `< ${fact.type}${fact.subprotocol === '' ? '' : ` ${quote(fact.subprotocol)}`}${lastPhase(fact.phases)}`;
    case 'socket.attempted':
      return `< ${fact.type} ${fact.stage} ${fact.peer}${lastPhase(fact.phases, fact.peer)}`;
    case 'socket.redirected':
      return `< ${fact.type} ${fact.status} ${quote(fact.to)}${lastPhase(fact.phases)}`;
    case 'socket.ponged':
      return `< ${fact.type} ${fact.ms.toFixed(3)} ms`;
    case 'socket.received':
      return `< ${fact.type} ${quote(fact.data)}`;
    case 'socket.ended':
      return `< ${fact.type} ${fact.code}${fact.reason === '' ? '' : ` ${quote(fact.reason)}`}`;
    case 'socket.failed':
      return `< ${fact.type} ${fact.failure.code}`;
    case 'socket.sent':
    case 'app.stopRequested':
      return `< ${fact.type}`;
    default:
      return `% ${deadlineOf(fact.type)}`;
  }
}

/** Writes a command, `>`. */
export function commandLine(command: AnyCommand): string {
  switch (command.type) {
    case 'socket.send':
      return `> ${command.type} ${quote(command.data)}`;
    case 'socket.close':
      return `> ${command.type} ${command.code}${command.reason === '' ? '' : ` ${quote(command.reason)}`}`;
    case 'socket.ping':
      return `> ${command.type} ${command.ping}`;
    case 'socket.handOver':
    case 'socket.follow':
    case 'socket.terminate':
      return `> ${command.type}`;
  }
}

/** Writes a state, `=`. */
export function stateLine(state: string): string {
  return `= ${state}`;
}

/** Writes a fault, `!`. */
export function faultLine(fault: Fault): string {
  return `! ${fault.code} ${fault.message}`;
}

/** Writes the transcript of one session, and of its opening: give `inspect` to their actors, and what these emit to `emitted`. */
export class Trace {
  readonly #write: (line: string) => void;
  #state = '';

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** An XState inspection observer: facts, deadlines, and the states they lead to. */
  readonly inspect = (inspected: InspectionEvent): void => {
    if (inspected.type === '@xstate.event' && inspected.event.type !== 'xstate.init') {
      this.#write(factLine(inspected.event as SessionFact));
    }
    if (inspected.type === '@xstate.snapshot' && 'value' in inspected.snapshot) {
      this.#entered(pathOf(inspected.snapshot.value));
    }
  };

  /** Takes a command or notice, and the state in which it was emitted. */
  emitted(event: Emitted, state: string): void {
    this.#entered(state);
    if ('fault' in event) this.#write(faultLine(event.fault));
    else if (isCommand(event)) this.#write(commandLine(event));
  }

  #entered(state: string): void {
    if (state !== this.#state) this.#write(stateLine(state));
    this.#state = state;
  }
}

/** Tells commands from notices. */
export function isCommand(event: Emitted): event is AnyCommand {
  return event.type.startsWith('socket.');
}
