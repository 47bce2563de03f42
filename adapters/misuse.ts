/** Failures that are this side's own fault: an adapter tells them as facts and throws nothing. */
import { type Explanation, type Failure, quote } from '../machines/index.js';
import { reasonOf } from './reason.js';
import { withoutSecrets } from './url.js';

function misuse(explanation: Explanation): Failure {
  return { blame: 'local', code: 'ERR_MISUSE', ...explanation };
}

/** A session was bound to a socket that had closed before. */
export const CLOSED_BEFORE: Failure = misuse({
  expected: 'an open socket',
  came: 'it was closed before the session began',
  remedy: 'bind the session in the tick in which the socket opened',
});

/** Explains what ws threw at a call; `cause` need not be an Error. */
export function refusalByWs(cause: unknown): Failure {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return misuse({
    expected: 'options and payloads that ws takes',
    came: `it refused (${reason})`,
    remedy: 'mend them',
  });
}

/** Explains why a session cannot dial this URL; undefined for `ws:` and `wss:` URLs. */
export function misuseOfUrl(url: string): Failure | undefined {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol === 'ws:' || protocol === 'wss:') return undefined;
  return misuse({
    expected: 'a URL such as ws://host:port/ or wss://host/path',
    came: `got ${quote(withoutSecrets(String(url)), 200)}`,
    remedy: 'mend the URL',
  });
}
