/** Explains an answer with another status than 101: what it means for a handshake, and what to do. */
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';
import { type Explanation, quote, type Setting } from '../machines/index.js';
import { sendersIn, titleOf } from './senders.js';
import { withoutSecrets, withoutSecretsIn } from './url.js';

interface Advice {
  remedy: string;
  setting?: Setting;
  /** The headers to quote, before those that say who answered. */
  headers?: string[];
}

const REDIRECT: Advice = {
  remedy: 'dial the URL that Location names, with ws:// or wss://, or follow redirects',
  setting: 'maxRedirects',
  headers: ['location'],
};

/** What each status means for a WebSocket client (RFC 9110, 15; RFC 6455, 4). */
const ADVICE: { [status: number]: Advice } = {
  200: {
    remedy:
      'that path serves a page and no WebSocket; check the path of the URL, and whether a proxy passes the header Upgrade on',
  },
  301: REDIRECT,
  302: REDIRECT,
  303: REDIRECT,
  307: REDIRECT,
  308: REDIRECT,
  400: {
    remedy:
      'the request was not taken for a WebSocket handshake; see whether a proxy drops or changes Upgrade, Connection or a header Sec-WebSocket-…',
    headers: ['sec-websocket-version'],
  },
  401: {
    remedy: 'send the credentials that it asks for in a header Authorization',
    setting: 'headers',
    headers: ['www-authenticate'],
  },
  403: {
    remedy: 'it knows who asks and refuses; check the origin, the credentials and its list of both',
    setting: 'origin',
  },
  404: { remedy: 'nothing is at that path; check the path of the URL and the routes of the proxy' },
  405: { remedy: 'that path does not take GET, so it is no WebSocket; check the path of the URL' },
  407: {
    remedy: 'a proxy wants credentials before it forwards; send them in Proxy-Authorization',
    setting: 'headers',
    headers: ['proxy-authenticate'],
  },
  408: { remedy: 'it waited for the whole request in vain; see what on the path holds it up' },
  429: {
    remedy: 'it takes no more from this address for a while; wait, then dial less often',
    headers: ['retry-after'],
  },
  500: { remedy: 'the server failed; see its log' },
  502: {
    remedy:
      'the proxy is there and cannot reach its backend; see whether the backend runs, and where the proxy looks for it',
  },
  503: {
    remedy:
      'the proxy or the server is there and serves nobody now; see whether the backend is down, full or draining',
    headers: ['retry-after'],
  },
  504: {
    remedy: 'the proxy is there and waited for its backend in vain; see what holds the backend up',
  },
};

/** The most characters that are quoted of a header, and of a body. */
const QUOTED = 200;

/** Explains an answer; `gist` is what its body says. */
export function unexpectedStatusOf(
  { statusCode = 0, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
  gist: string,
): Explanation {
  const { headers: more = [], ...advice } = adviceOn(statusCode, headers);
  const name = STATUS_CODES[statusCode];
  const parts = [`the server answered ${statusCode}${name === undefined ? '' : ` (${name})`}`];
  for (const header of more) {
    const value = headers[header];
    if (value === undefined) continue;
    const shown = header === 'location' ? withoutSecrets(String(value)) : String(value);
    parts.push(`${titleOf(header)} ${quote(withoutSecretsIn(shown), QUOTED)}`);
  }
  for (const [header, value] of Object.entries(sendersIn(headers))) {
    parts.push(`${titleOf(header)} ${quote(value, QUOTED)}`);
  }
  if (gist !== '') parts.push(`body ${quote(withoutSecretsIn(gist), QUOTED)}`);
  return {
    expected: 'status 101 (Switching Protocols)',
    came: parts.join(', '),
    ...advice,
  };
}

function adviceOn(status: number, headers: IncomingHttpHeaders): Advice {
  if (status === 426) return upgradeAdvice(headers);
  return (
    ADVICE[status] ??
    (status >= 500
      ? { remedy: 'see the log of the server and of the proxies before it' }
      : { remedy: 'see whether the URL is that of a WebSocket service' })
  );
}

/** The advice on 426 (Upgrade Required), by the protocol and version that the server asks for. */
function upgradeAdvice(headers: IncomingHttpHeaders): Advice {
  const more = ['upgrade', 'sec-websocket-version'];
  const versions = headers['sec-websocket-version'];
  if (versions !== undefined && String(versions).split(/ *, */).includes('13')) {
    return {
      remedy:
        'it speaks version 13, so the path dropped or changed the header Sec-WebSocket-Version of the request; let the proxy pass it on',
      headers: more,
    };
  }
  if (versions !== undefined) {
    return { remedy: 'it speaks other versions of the protocol than 13; renew it', headers: more };
  }
  if (headers.upgrade?.toLowerCase().includes('websocket')) {
    return {
      remedy:
        'a WebSocket server is there, and the path dropped or changed the header Upgrade or Connection of the request, or both; let the proxy pass them on',
      headers: more,
    };
  }
  return { remedy: 'it wants another protocol than WebSocket; check the URL', headers: more };
}
