/**
 * What a request lacks to open a WebSocket (RFC 6455, 4.2.1), and how it is answered.
 *
 * Rule 1. Pure: a request comes in, a flaw goes out. Nothing is written here.
 * Rule 2. A flaw names exactly what was missing or wrong. Where the request itself shows that the
 *         path dropped a header, the flaw says so.
 * Rule 3. Whoever sent the request can choose every byte of it: values are quoted.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Explanation, quote } from '../machines/index.js';
import { targetWithoutSecrets } from './url.js';

/** The reason to turn a request away, and the answer. */
export interface Flaw extends Explanation {
  /** Stable. The words of the explanation are for people, and may change. */
  code: FlawCode;
  /** The status of the answer, and headers beside those that every answer has. */
  status: number;
  headers?: { readonly [name: string]: string };
}

export type FlawCode =
  | 'ERR_METHOD'
  | 'ERR_NO_HOST'
  | 'ERR_HTTP_VERSION'
  | 'ERR_NO_UPGRADE'
  | 'ERR_UPGRADE_DROPPED'
  | 'ERR_OTHER_UPGRADE'
  | 'ERR_KEY'
  | 'ERR_VERSION'
  | 'ERR_HANDSHAKE'
  | 'ERR_ORIGIN'
  | 'ERR_DRAINING'
  | 'ERR_TOO_MANY_SESSIONS'
  | 'ERR_OUTPUT_BEHIND'
  | 'ERR_REQUEST_TIMEOUT'
  | 'ERR_HEADERS_TOO_LARGE'
  | 'ERR_MALFORMED';

/** RFC 9110, 15.5.22: a 426 names the protocol to upgrade to. */
const TO_WEBSOCKET = { Connection: 'close, upgrade', Upgrade: 'websocket' };
const A_HANDSHAKE = 'a WebSocket handshake';
const DIAL = 'connect with a WebSocket client';
const PASS_ON = 'have the proxy pass Upgrade and Connection on';
const OLD_HTTP: Flaw = {
  code: 'ERR_HTTP_VERSION',
  status: 426,
  headers: TO_WEBSOCKET,
  expected: 'a handshake in HTTP/1.1',
  came: 'it came in HTTP/1.0',
  remedy: 'have the proxy speak HTTP/1.1 to this server',
};

/** Says what is wrong with a request that Node does not take for an upgrade. */
export function plainFlawOf(request: IncomingMessage): Flaw {
  return requestFlawOf(request) ?? upgradeFlawOf(request);
}

/** Says what is wrong with a request to upgrade; undefined for a handshake as RFC 6455 has it. */
export function handshakeFlawOf(request: IncomingMessage): Flaw | undefined {
  const { headers, httpVersion } = request;
  const flaw = requestFlawOf(request);
  if (flaw !== undefined) return flaw;
  if (!isForWebSocket(headers)) return upgradeFlawOf(request);
  if (httpVersion === '1.0') return OLD_HTTP;
  return keyFlawOf(headers) ?? versionFlawOf(headers);
}

/** Says what is wrong with a request whether it wants an upgrade or not: its host or its method. */
function requestFlawOf({ method = '', headers, httpVersion }: IncomingMessage): Flaw | undefined {
  if (headers.host === undefined && httpVersion === '1.1') {
    return {
      code: 'ERR_NO_HOST',
      status: 400,
      expected: 'a Host header (RFC 9112, 3.2)',
      came: 'none came',
      remedy: 'have the client, or the health check, send one',
    };
  }
  if (method === 'GET' || (method === 'HEAD' && !isForWebSocket(headers))) return undefined;
  return {
    code: 'ERR_METHOD',
    status: 405,
    headers: { Allow: 'GET' },
    expected: `${A_HANDSHAKE} with GET`,
    came: `${method} came`,
    remedy: method === 'CONNECT' ? 'dial this server without a proxy, it is none' : DIAL,
  };
}

/** Says what is wrong with the Upgrade and Connection headers of a request. */
function upgradeFlawOf({ method, headers, httpVersion }: IncomingMessage): Flaw {
  const { upgrade, expect } = headers;
  const flaw = { status: 426, headers: TO_WEBSOCKET, expected: A_HANDSHAKE };
  if (upgrade !== undefined && !isForWebSocket(headers)) {
    const came = `Upgrade: ${quote(upgrade)} came`;
    return { ...flaw, code: 'ERR_OTHER_UPGRADE', came, remedy: DIAL };
  }
  const missing = upgrade === undefined ? ['Upgrade'] : [];
  if (!hasUpgradeOption(headers)) missing.push('"Connection: Upgrade"');
  const sign = signOfHandshake(headers);
  if (sign !== undefined) {
    const came = `the path dropped ${missing.join(' and ')} (${sign} is still there)`;
    const remedy = httpVersion === '1.0' ? `${PASS_ON}, in HTTP/1.1` : PASS_ON;
    return { ...flaw, code: 'ERR_UPGRADE_DROPPED', came, remedy };
  }
  const forwarding = ['via', 'forwarded', 'x-forwarded-for'].find((name) => name in headers);
  const expecting = expect === undefined ? '' : ` and with Expect: ${quote(expect)}`;
  const came = `a ${method} request came without an Upgrade header${expecting}`;
  const noUpgrade = { ...flaw, code: 'ERR_NO_UPGRADE' } as const;
  if (forwarding === undefined) return { ...noUpgrade, came, remedy: DIAL };
  const dropped = `${came}, or the path dropped it (a proxy added ${forwarding})`;
  return { ...noUpgrade, came: dropped, remedy: `${DIAL}, and ${PASS_ON}` };
}

/** A header that only a WebSocket handshake has; undefined if the request has none. */
function signOfHandshake(headers: IncomingHttpHeaders): string | undefined {
  if (headers['sec-websocket-key'] !== undefined) return 'Sec-WebSocket-Key';
  if (headers['sec-websocket-version'] !== undefined) return 'Sec-WebSocket-Version';
  return isForWebSocket(headers) ? 'Upgrade' : undefined;
}

/** Whether a request asks for a WebSocket, or did so before the path changed it. */
export function isHandshake(headers: IncomingHttpHeaders): boolean {
  return signOfHandshake(headers) !== undefined;
}

function isForWebSocket({ upgrade }: IncomingHttpHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

function hasUpgradeOption({ connection = '' }: IncomingHttpHeaders): boolean {
  return connection.split(',').some((option) => option.trim().toLowerCase() === 'upgrade');
}

function keyFlawOf({ 'sec-websocket-key': key }: IncomingHttpHeaders): Flaw | undefined {
  if (key !== undefined && /^[+/0-9A-Za-z]{22}==$/.test(key)) return undefined;
  return {
    code: 'ERR_KEY',
    status: 400,
    expected: 'a Sec-WebSocket-Key of 16 bytes in base64',
    came: key === undefined ? 'none came' : `${quote(key)} came`,
    remedy: 'mend the client, or see whether the path changed it',
  };
}

function versionFlawOf({
  'sec-websocket-version': version,
}: IncomingHttpHeaders): Flaw | undefined {
  if (version === '13') return undefined;
  return {
    code: 'ERR_VERSION',
    // RFC 6455, 4.4
    status: 426,
    headers: { ...TO_WEBSOCKET, 'Sec-WebSocket-Version': '13' },
    expected: 'Sec-WebSocket-Version: 13',
    came: version === undefined ? 'none came' : `${quote(version)} came`,
    remedy: 'mend the client, or see whether the path changed it',
  };
}

/** Says what is wrong with a handshake in the words of ws, which checks the rest of it. */
export function otherFlaw(reason: string): Flaw {
  const came = `ws found another (${reason})`;
  const remedy = 'mend the client, or see whether the path changed it';
  return { code: 'ERR_HANDSHAKE', status: 400, expected: A_HANDSHAKE, came, remedy };
}

/** Says what is wrong with a page of another origin. */
export function foreignOrigin(origin: string): Flaw {
  return {
    code: 'ERR_ORIGIN',
    status: 403,
    expected: 'an origin that is allowed',
    came: `${quote(targetWithoutSecrets(origin))} came`,
    remedy: 'add it if its pages may come in',
    setting: 'allowOrigins',
  };
}
