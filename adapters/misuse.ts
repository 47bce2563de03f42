/** Failures that are this side's own fault: an adapter tells them as facts and throws nothing. */
import { WebSocket } from 'ws';
import { type Explanation, type Failure, quote } from '../machines/index.js';
import { reasonOf } from './reason.js';
import { withoutSecrets } from './url.js';

function misuse(explanation: Explanation): Failure {
  return { blame: 'local', code: 'ERR_MISUSE', ...explanation };
}

/** Explains what ws threw at a call; `cause` need not be an Error. */
export function refusalByWs(cause: unknown): Failure {
  return misuse({
    expected: 'options and payloads that ws takes',
    came: `it refused (${inOneLine(cause)})`,
    remedy: 'mend them',
  });
}

/** An error for whatever was thrown while a connection was made: an option was wrong. */
export class OptionError extends Error {
  /** `cause` need not be an Error. */
  constructor(cause: unknown) {
    super(inOneLine(cause));
  }

  /** Explains the error. */
  get failure(): Failure {
    return misuse({
      expected: 'options that a connection can be made with',
      came: `making it threw (${this.message})`,
      remedy: 'mend them',
    });
  }
}

function inOneLine(cause: unknown): string {
  return cause instanceof Error ? reasonOf(cause) : String(cause);
}

const DIALLED = new Set(['ws:', 'wss:', 'ws+unix:']);

/** Explains why a session cannot dial this URL; undefined for `ws:`, `wss:` and `ws+unix:` URLs. */
export function misuseOfUrl(url: string): Failure | undefined {
  const { protocol, hash } = URL.canParse(url) ? new URL(url) : { protocol: '', hash: '' };
  const came = `got ${quote(withoutSecrets(String(url)), 200)}`;
  if (!DIALLED.has(protocol)) {
    const expected = 'a URL such as ws://host:port/ or wss://host/path';
    return misuse({ expected, came, remedy: 'mend the URL' });
  }
  if (hash === '') return undefined;
  // RFC 6455, 3
  return misuse({
    expected: 'a URL without a fragment',
    came,
    remedy: 'leave "#" and the rest out',
  });
}

/** Explains why a Unix socket is not reached over another place; undefined where it need not be. */
export function misuseOfRoute(
  url: string,
  { proxy, connectTo }: { proxy?: unknown; connectTo?: unknown },
): Failure | undefined {
  const isElsewhere = typeof proxy === 'string' || connectTo !== undefined;
  if (!url.startsWith('ws+unix:') || !isElsewhere) return undefined;
  return misuse({
    expected: 'a Unix socket to be reached straight',
    came: connectTo === undefined ? 'a proxy was given' : 'another place was given',
    remedy: 'leave it out, or dial a URL such as ws://host:port/',
  });
}

/** Headers that belong to the handshake, or to a body, which a handshake has not. */
const RESERVED =
  /^(?:connection|upgrade|sec-websocket-.*|content-length|transfer-encoding|trailer)$/i;

/** Explains why a session cannot dial with these headers; undefined where it can. */
export function misuseOfHeaders(headers: object = {}): Failure | undefined {
  const name = Object.keys(headers).find((one) => RESERVED.test(one));
  if (name === undefined) return undefined;
  const isOffer = name.toLowerCase() === 'sec-websocket-protocol';
  return misuse({
    expected: 'headers beside those that make the handshake',
    came: `one of those is ${quote(name)}`,
    remedy: isOffer ? 'name subprotocols in their own place' : 'leave it out',
    setting: isOffer ? 'subprotocols' : 'headers',
  });
}

/** Explains options that are no object, such as null. */
export function misuseOfOptions(options: unknown): Failure | undefined {
  if (typeof options === 'object' && options !== null) return undefined;
  const came = `they are ${typeof options === 'string' ? quote(options) : String(options)}`;
  return misuse({
    expected: 'options in an object',
    came,
    remedy: 'give an object, or leave them out',
  });
}

/** Explains why a session cannot be bound to this; undefined for a socket of ws that is open. */
export function misuseOfSocket(ws: unknown): Failure | undefined {
  const expected = 'an open socket of ws';
  if (typeof ws !== 'object' || ws === null || !('on' in ws) || !('readyState' in ws)) {
    const remedy = "give the socket of the server's event 'connection', or of dial()";
    return misuse({ expected, came: 'something else was given', remedy });
  }
  const remedy = 'bind the session in the tick in which the socket opens';
  switch (ws.readyState) {
    case WebSocket.CONNECTING:
      return misuse({ expected, came: 'it was still connecting', remedy });
    case WebSocket.CLOSED:
      return misuse({ expected, came: 'it was closed before the session began', remedy });
    default:
      return undefined;
  }
}
