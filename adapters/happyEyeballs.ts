/**
 * TCP to a host that may have several addresses: RFC 8305, "Happy Eyeballs".
 *
 * Rule 1. Each attempt has a head start. Then the next attempt begins beside it. The first attempt that
 *         connects wins, and the others are dropped.
 * Rule 2. An attempt that fails lets the next one begin at once.
 * Rule 3. Attempts have no deadline. The session has one, and ends by calling `stop`.
 * Rule 4. Nothing is thrown: this code runs in callbacks of the system, where an exception would end the
 *         process. Whatever is thrown at a call, by options that are wrong, is the outcome.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { hostAndPort } from './address.js';
import { OptionError } from './misuse.js';

/** The head start of an attempt in ms: the "Connection Attempt Delay" of RFC 8305, 5. */
const HEAD_START_MS = 250;

/** The system calls of attempts. Tests give their own. */
export interface System {
  connect(options: TcpNetConnectOpts): Socket;
  setTimeout(call: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const SYSTEM: System = {
  connect,
  setTimeout,
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Takes the outcome: a connected socket, or the error. */
export type Done = (error: Error | null, socket?: Socket) => void;

interface Attempt {
  address: string;
  socket: Socket;
  error: Error | undefined;
}

/** Attempts to connect to the addresses of one host. */
export class Attempts {
  readonly #options: TcpNetConnectOpts;
  readonly #tell: (peer: string) => void;
  readonly #done: Done;
  readonly #system: System;
  readonly #attempts: Attempt[] = [];
  #left: LookupAddress[] = [];
  #timer: unknown;
  #isOver = false;

  /** `tell` gets the addresses tried so far, each with its error if it failed, at every change. */
  constructor(
    options: TcpNetConnectOpts,
    tell: (peer: string) => void,
    done: Done,
    system: System = SYSTEM,
  ) {
    this.#options = options;
    this.#tell = tell;
    this.#done = done;
    this.#system = system;
  }

  /** The addresses that failed so far. */
  get failed(): { address: string; code: string }[] {
    return this.#attempts.flatMap(({ address, error }) =>
      error === undefined
        ? []
        : [{ address: hostAndPort(address, this.#options.port), code: codeOf(error) }],
    );
  }

  /** Looks the host up and begins the first attempt. */
  start(): void {
    if (this.#isOver) return;
    const { host = 'localhost' } = this.#options;
    const version = isIP(host);
    if (version !== 0) this.#begin([{ address: host, family: version }]);
    else this.#attempt(() => this.#lookUp(host));
  }

  #lookUp(host: string): void {
    const { family = 0, hints, lookup = systemLookup } = this.#options;
    const wanted = { all: true, family, ...(hints !== undefined && { hints }) } as const;
    lookup(host, wanted, (error, found) => {
      if (this.#isOver) return;
      if (error) this.#finish(error instanceof Error ? error : new OptionError(error));
      else this.#attempt(() => this.#begin(interleave(addressesIn(found))));
    });
  }

  /** Calls code that wrong options can make throw. */
  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!this.#isOver) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#drop();
    this.#finish(new OptionError(error));
  }

  /** Drops all attempts. Neither callback is called any more. */
  stop(): void {
    this.#isOver = true;
    this.#system.clearTimeout(this.#timer);
    this.#drop();
  }

  #begin(addresses: LookupAddress[]): void {
    this.#left = addresses;
    if (addresses.length > 0) this.#next();
    else this.#finish(noAddress(this.#options.host));
  }

  #next(): void {
    this.#attempt(() => this.#connect());
  }

  #connect(): void {
    this.#system.clearTimeout(this.#timer);
    const { address, family } = this.#left.shift() as LookupAddress;
    const socket = this.#system.connect({
      ...this.#options,
      host: address,
      family,
      autoSelectFamily: false,
    });
    const attempt: Attempt = { address, socket, error: undefined };
    this.#attempts.push(attempt);
    const onError = (error: Error): void => this.#failed(attempt, error);
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      this.#connected(socket);
    });
    if (this.#left.length > 0) {
      this.#timer = this.#system.setTimeout(() => this.#next(), HEAD_START_MS);
    }
    this.#tell(this.#peer());
  }

  #connected(socket: Socket): void {
    if (this.#isOver) return;
    this.#drop(socket);
    this.#finish(null, socket);
  }

  /** Drops all attempts but the winner's. */
  #drop(winner?: Socket): void {
    for (const { socket } of this.#attempts) {
      // A dropped attempt has no error. It may have failed in this very tick, though.
      if (socket !== winner) socket.on('error', () => {}).destroy();
    }
  }

  #failed(attempt: Attempt, error: Error): void {
    attempt.error = error;
    if (this.#isOver) return;
    if (this.#left.length > 0) {
      this.#next();
      return;
    }
    this.#tell(this.#peer());
    const errors = this.#attempts.map((one) => one.error).filter((one) => one !== undefined);
    if (errors.length === this.#attempts.length) this.#finish(joined(errors));
  }

  #finish(error: Error | null, socket?: Socket): void {
    this.#isOver = true;
    this.#system.clearTimeout(this.#timer);
    this.#done(error, socket);
  }

  #peer(): string {
    return this.#attempts
      .map(({ address, error }) => {
        const outcome = error === undefined ? '' : ` (${codeOf(error)})`;
        return `${hostAndPort(address, this.#options.port)}${outcome}`;
      })
      .join(', ');
  }
}

/** The error for a lookup that found nothing and reported no error, as a caller's own may. */
function noAddress(host: string | undefined): Error {
  const known = { code: 'ENOTFOUND', syscall: 'getaddrinfo' };
  return Object.assign(new Error(`no address of ${host} was found`), known);
}

/** The addresses that a lookup found. A caller's own may give one, as `dns.lookup` does without `all`. */
function addressesIn(found: string | LookupAddress[]): LookupAddress[] {
  return typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
}

/** Sorts addresses so that families alternate, the first address's family first (RFC 8305, 4). */
function interleave(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const turns = Array.from({ length: Math.max(first.length, other.length) }, (_, n) => n);
  return turns.flatMap((n) => [...first.slice(n, n + 1), ...other.slice(n, n + 1)]);
}

/** Joins the errors of attempts. The joint error has their code if all have the same. */
function joined(errors: Error[]): Error {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  const codes = new Set(errors.map(codeOf));
  const [code] = codes;
  return Object.assign(new AggregateError(errors), codes.size === 1 && { code });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
