/** The list of paths, and our two ends at both sides of those that are right. */
import * as assert from 'uvu/assert';
import { runCli, startCliServer } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { clientTranscript } from '../support/transcripts.js';
import type { Path } from './path.js';
import { caddyPaths, framePaths, haproxyPaths, nginxPaths, PATHS, timedPaths } from './paths.js';
import { withLog } from './startProduct.js';

/** Paths that leave the book's conversation as it is. */
const HARMLESS: Path[] = [
  ...[nginxPaths.right, nginxPaths.readTimeout, nginxPaths.buffering, nginxPaths.bodySize],
  ...[nginxPaths.authWith, nginxPaths.tls],
  ...[haproxyPaths.right, haproxyPaths.httpServerClose, haproxyPaths.tcp, haproxyPaths.h2Front],
  ...[caddyPaths.right, caddyPaths.tls, caddyPaths.serverTimeouts],
  ...[framePaths.transparent, framePaths.fragmentsJoined, framePaths.fragmentsSplit],
  ...[framePaths.headersAdded, timedPaths.trickled],
];

suite('list of paths', (test) => {
  test('has a name for every path that no other has', () => {
    const names = PATHS.map(({ name }) => name);
    assert.is(new Set(names).size, names.length);
  });
});

suite('our two ends', (test) => {
  for (const path of HARMLESS) {
    test(`converse over ${path.name}`, async (context) => {
      const server = await startCliServer(context, '--once', '--strict', '--strict-close');
      const open = await path.open(Number(new URL(server.url).port), context);
      const { url, ca } = open.entry;
      await withLog(open, async () => {
        const options = ca === undefined ? [] : ['--ca', ca];
        const client = await runCli(context, 'client', '--strict-close', ...options, url);
        assert.equal([client.status, client.stdout], [0, clientTranscript()], client.stderr);
        assert.is((await server.ended).status, 0);
      });
    });
  }

  test('name the header that nginx without the Upgrade headers drops', async (context) => {
    const server = await startCliServer(context);
    const open = await nginxPaths.withoutUpgrade.open(Number(new URL(server.url).port), context);
    const client = await runCli(context, 'client', open.entry.url);
    assert.is(client.status, 1);
    assert.match(client.stderr, '426');
    assert.match(client.stderr, 'Upgrade');
    await server.prints('stderr', /426.*Upgrade|Upgrade.*426/);
  });
});
