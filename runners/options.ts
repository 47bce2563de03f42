/**
 * Reads option values. Each parser returns the value, or throws an error that commander turns into
 * one sentence with the option's name.
 */
import { InvalidArgumentError } from 'commander';
import { proxyIn } from '../adapters/proxyUrl.js';
import { LONGEST_DELAY } from '../machines/index.js';

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

const MS = { ms: 1, s: 1000, m: 60_000 };

/** A duration with its unit, such as `500ms`, `10s`, `2m`; in ms. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const value = Math.round(Number(amount) * MS[unit as keyof typeof MS]);
  if (value > 0 && value <= LONGEST_DELAY) return value;
  throw new InvalidArgumentError(
    'Expected a duration above 0 with its unit, such as 500ms or 10s.',
  );
}

const BYTES = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
/** The largest limit on a message that ws takes, in bytes: 1 byte less than 2 GiB. */
const LARGEST_LIMIT = 2 ** 31 - 1;

/** A size in bytes, such as `512`, `64KiB`, `1MiB`. */
export function size(text: string): number {
  const [, amount, unit] = /^(\d+)(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const value = Number(amount) * BYTES[unit as keyof typeof BYTES];
  if (value > 0 && value <= LARGEST_LIMIT) return value;
  throw new InvalidArgumentError(
    'Expected a size above 0 and below 2 GiB, such as 512, 64KiB, 1MiB.',
  );
}

/** A size up to this one, in bytes. */
export function sizeUpTo(largest: number): (text: string) => number {
  return (text) => {
    const value = size(text);
    if (value <= largest) return value;
    throw new InvalidArgumentError(`Expected a size of at most ${largest / 2 ** 20}MiB.`);
  };
}

/** A host as browsers write it in an origin: a name or an address; a port where it is not the default. */
const ORIGIN_HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/;

/** The origin of pages, such as `https://app.example`; may be given again. */
export function origins(text: string, previous: string[] = []): string[] {
  if (text.includes('*')) {
    throw new InvalidArgumentError(
      'Expected a whole origin, such as https://app.example: * stands for nothing; give the option again for another.',
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPage = url !== undefined && url.protocol !== 'ws:' && url.protocol !== 'wss:';
  const isWhole = `${url?.protocol}//${url?.host}` === text.toLowerCase();
  if (isPage && isWhole && ORIGIN_HOST.test(url.host)) return [...previous, text];
  throw new InvalidArgumentError(
    'Expected the origin of a page as browsers send it, such as https://app.example.',
  );
}

/** Headers by their names in lower case; a header given several times has several values. */
export type Headers = ReadonlyMap<string, string[]>;

/** The headers that the handshake itself sets, or that change where the request ends. */
const OF_THE_HANDSHAKE =
  /^(?:upgrade|connection|sec-websocket-.*|trailer|transfer-encoding|content-length)$/;

/** A header, such as `Name: value`; may be given again. */
export function headers(text: string, previous: Headers = new Map()): Headers {
  const [, name, value] =
    /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) {
    const key = name.toLowerCase();
    if (OF_THE_HANDSHAKE.test(key)) {
      const instead = key === 'sec-websocket-protocol' ? ': use --subprotocol' : '';
      throw new InvalidArgumentError(
        `Expected a header beside those of the handshake, but ${key} is one of them${instead}.`,
      );
    }
    return new Map(previous).set(key, [...(previous.get(key) ?? []), value]);
  }
  throw new InvalidArgumentError("Expected a header, such as 'Authorization: Bearer …'.");
}

/** An address or name to listen on, with or without the brackets that IPv6 has in URLs. */
export function host(text: string): string {
  const name = text.replace(/^\[(.*)\]$/, '$1');
  if (/^[\w.:%-]+$/.test(name)) return name;
  throw new InvalidArgumentError('Expected an address or a name, such as 0.0.0.0 or ::1.');
}

/** A host and a port to dial. */
export interface HostAndPort {
  host: string;
  port: number;
}

/** A host and a port, such as `10.0.0.7:8080` or `[::1]:8080`. */
export function hostAndPort(text: string): HostAndPort {
  const [, name = '', digits] = /^(\[[\da-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (port > 0 && port <= 65_535) return { host: name.replace(/^\[(.*)\]$/, '$1'), port };
  throw new InvalidArgumentError(
    'Expected a host and a port, such as 10.0.0.7:8080 or [::1]:8080.',
  );
}

/** The URL of a proxy. */
export function proxy(text: string): string {
  if (proxyIn(text) !== undefined) return text;
  throw new InvalidArgumentError(
    'Expected the URL of a proxy, such as http://host:port or socks5://host:port.',
  );
}

/** The path of a URL, such as `/healthz`. */
export function path(text: string): string {
  if (/^\/[^\s?#]*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a path without a query, such as /healthz.');
}

/** A value that may be given again. */
export function list(text: string, previous: string[] = []): string[] {
  return [...previous, text];
}
