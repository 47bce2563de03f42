/** What `lockstep check` finds in the opening of paths: who refuses it, and what changes the request. */
import * as assert from 'uvu/assert';
import type { Culprit } from '../../machines/checks/index.js';
import { runCli, startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { findingOf, findingsOn } from './checked.js';
import type { Path } from './path.js';
import {
  caddyPaths,
  forwardPaths,
  framePaths,
  haproxyPaths,
  nginxPaths,
  timedPaths,
} from './paths.js';

/** Each path that does not open: the code, the blame, and words of the message. */
const REFUSED: [Path, string, Culprit | null, RegExp][] = [
  [nginxPaths.withoutUpgrade, 'STATUS_426', 'the path', /dropped or changed the header Upgrade/],
  [
    nginxPaths.withoutConnection,
    'STATUS_426',
    'the path',
    /path dropped "Connection: Upgrade".*nginx needs three lines/,
  ],
  [nginxPaths.deadBackend, 'STATUS_502', 'the path', /cannot reach its backend/],
  [nginxPaths.authWithout, 'STATUS_401', 'this end', /send the credentials.*--header/],
  [nginxPaths.redirecting, 'STATUS_301', null, /Location ".*\/new".*--follow/],
  [nginxPaths.tlsExpired, 'CERT_HAS_EXPIRED', 'the path', /CERT_HAS_EXPIRED.*renew/],
  [
    nginxPaths.tlsWrongName,
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'the path',
    /for "DNS:other\.example" and not for localhost/,
  ],
  [
    nginxPaths.tlsSelfSigned,
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'the path',
    /self-signed certificate.*--ca/,
  ],
  [haproxyPaths.deadBackend, 'STATUS_503', null, /whether the backend is down/],
  [haproxyPaths.h2Alone, 'ERR_TRANSPORT', 'the path', /the connection broke/],
  [caddyPaths.deadBackend, 'STATUS_502', 'the path', /cannot reach its backend/],
  [forwardPaths.squidPorts, 'PROXY_STATUS_403', 'the path', /403 \(Forbidden\).*allow CONNECT/],
  [forwardPaths.squidWithout, 'PROXY_STATUS_407', 'the path', /407.*right credentials.*--proxy/],
  [forwardPaths.tinyproxyPorts, 'PROXY_STATUS_403', 'the path', /403 \(Forbidden\).*allow CONNECT/],
  [
    forwardPaths.tinyproxyWithout,
    'PROXY_STATUS_407',
    'the path',
    /407.*right credentials.*--proxy/,
  ],
  [timedPaths.blackHole, 'ERR_CONNECT_TIMEOUT', null, /did not answer the upgrade request/],
];

/** Each path that changes the request, and the changes that the facts tell. */
const CHANGED: [Path, Record<'added' | 'lost' | 'changed', string[]>][] = [
  [nginxPaths.right, { added: [], lost: [], changed: ['host'] }],
  [
    caddyPaths.right,
    {
      added: ['accept-encoding', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
      lost: [],
      changed: [],
    },
  ],
  [
    framePaths.headersAdded,
    {
      added: ['via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
      lost: [],
      changed: [],
    },
  ],
  [framePaths.originRemoved, { added: [], lost: ['origin'], changed: [] }],
  [framePaths.originReplaced, { added: [], lost: [], changed: ['origin'] }],
];

suite('check of the opening', (test) => {
  for (const [path, code, blame, words] of REFUSED) {
    test(`explains ${path.name}`, async (context) => {
      const result = await findingsOn(path, context, {
        only: ['opening'],
        reaching: { connectTimeout: 1_000 },
      });
      assert.is(result.verdict, 'unreachable');
      const finding = findingOf(result, code);
      assert.equal([finding.status, finding.blame], ['problem', blame]);
      assert.match(finding.message, words);
    });
  }

  for (const [path, changes] of CHANGED) {
    test(`tells what ${path.name} does to the request`, async (context) => {
      const result = await findingsOn(path, context, { only: ['opening'] });
      assert.is(result.verdict, 'ok');
      const { status, blame, facts } = findingOf(result, 'REQUEST_CHANGED');
      assert.equal([status, blame], ['note', 'the path']);
      const names = Object.entries(facts).map(([how, headers]) => {
        return [how, Object.keys(headers as object).sort()];
      });
      assert.equal(Object.fromEntries(names), changes);
    });
  }

  test('follows a redirect of nginx when told to', async (context) => {
    const { path, reaching } = {
      path: nginxPaths.redirecting,
      reaching: { follow: true as const },
    };
    const result = await findingsOn(path, context, { only: ['opening'], reaching });
    assert.is(result.verdict, 'ok');
    const [redirect] = findingOf(result, 'OPENED').facts['redirects'] as { status: number }[];
    assert.is(redirect?.status, 301);
  });

  test('tells a stripped offer of compression', async (context) => {
    const path = framePaths.compressionStripped;
    const result = await findingsOn(path, context, {
      only: ['opening'],
      reaching: { compress: true },
    });
    const { facts } = findingOf(result, 'REQUEST_CHANGED');
    assert.equal(Object.keys(facts['lost'] as object), ['sec-websocket-extensions']);
  });

  test('suspects the path where the subprotocol is stripped', async (context) => {
    const result = await findingsOn(framePaths.subprotocolRemoved, context, { only: ['opening'] });
    assert.equal([result.farEnd, result.verdict], ['other', 'ok']);
    assert.match(findingOf(result, 'SUBPROTOCOL_LOST').message, 'Sec-WebSocket-Protocol');
  });

  test('ends with status 1 where the server is not reached', async (context) => {
    const server = await startCliServer(context);
    const { entry } = await nginxPaths.deadBackend.open(Number(new URL(server.url).port), context);
    const { status, stdout } = await runCli(context, 'check', '--json', entry.url);
    assert.is(status, 1);
    assert.is(JSON.parse(stdout).findings[0].code, 'STATUS_502');
  });
});
