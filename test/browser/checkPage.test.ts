/** The page that `lockstep check --report` writes, in a browser. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type { Finding } from '../../machines/checks/index.js';
import { pageOf } from '../../runners/checkPage.js';
import type { CheckResult } from '../../runners/runCheck.js';
import { runCli, startCliServer } from '../support/cli.js';
import { folderWith } from '../support/files.js';
import { suite, type TestContext } from '../support/suite.js';
import { type Look, openPage, violationsOf } from './browser.js';

const LIMIT = 60_000;

const HOSTILE = '<script>document.title = "owned"</script>\u202e"\'&';

const finding = (parts: Partial<Finding>): Finding => ({
  experiment: 'opening',
  status: 'ok',
  blame: null,
  code: 'OPENED',
  message: 'The connection opens in 48 ms.',
  facts: {},
  ...parts,
});

const PHASES = {
  name: { ms: 4 },
  tcp: { ms: 9.3, address: '192.0.2.7:443', failed: [] },
  tls: { ms: 21, version: 'TLSv1.3', cipher: 'X', alpn: '', issuer: HOSTILE, daysLeft: 9 },
  upgrade: { ms: 14, status: 101, headers: { server: 'nginx' }, extensions: '' },
};

const IDLE = {
  cutAfterMs: 60_000,
  cutBy: 'fin',
  keptAliveBy: ['pings from this end', 'messages both ways'],
  notKeptAliveBy: ['pings from the far end'],
};

/** A result with findings of every status, and words that try to be markup. */
const RESULT: CheckResult = {
  url: `wss://chat.example/${HOSTILE}`,
  farEnd: 'ours',
  verdict: 'problem',
  findings: [
    finding({ facts: { phases: PHASES } }),
    finding({ status: 'note', blame: 'the path', code: 'REQUEST_CHANGED', message: HOSTILE }),
    finding({ status: 'unknown', code: 'REQUEST_NOT_TOLD', facts: { [HOSTILE]: HOSTILE } }),
    finding({
      // The experiment has its own name for what the page draws.
      experiment: 'idle' as Finding['experiment'],
      status: 'problem',
      blame: 'the path',
      code: 'IDLE_CUT_BY_FIN',
      message: 'After 60 s of silence comes a FIN. Send pings at least every 30 s.',
      facts: IDLE,
    }),
  ],
};

function openResult(context: TestContext, look: Look = {}, result = RESULT): Promise<Page> {
  const file = `${folderWith(context)}/report.html`;
  writeFileSync(file, pageOf(result, new Date(0)));
  return openPage(pathToFileURL(file).href, context, look);
}

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1440].map((width) => ({ colorScheme, width })),
);

suite('page of a check', (test) => {
  for (const look of LOOKS) {
    test(
      `has no accessibility fault in ${look.colorScheme} at ${look.width} px, and fits`,
      async (context) => {
        const page = await openResult(context, look);
        const [inner, outer] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        assert.is(inner, outer);
        await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
        });
        assert.equal(await violationsOf(page), []);
      },
      LIMIT,
    );
  }

  test(
    'tells the problems first, and escapes all that came from outside',
    async (context) => {
      const page = await openResult(context);
      const first = page.locator('article').first();
      assert.match(
        (await first.textContent()) ?? '',
        /^\s*PROBLEM idle IDLE_CUT_BY_FIN by the path/,
      );
      assert.is(await page.locator('script').count(), 0);
      assert.match(await page.title(), 'Check of wss://chat.example/<script>');
      assert.match((await page.locator('article.note p').textContent()) ?? '', '\\u202e"\'&');
    },
    LIMIT,
  );

  test(
    'draws the phases and the silences, each with words for readers of the screen',
    async (context) => {
      const page = await openResult(context);
      const labels = await page
        .locator('svg[role=img]')
        .evaluateAll((pictures) => pictures.map((one) => one.getAttribute('aria-label')));
      assert.equal(labels, [
        'The phases of the opening: name lookup: 4 ms, TCP: 9 ms, TLS: 21 ms, upgrade: 14 ms.',
        'How long the connection lasts: silence: cut after 60 s by a FIN, pings from the far end: cut after 60 s, pings from this end: kept alive, messages both ways: kept alive.',
      ]);
    },
    LIMIT,
  );

  test(
    'is written by the command, beside its other output',
    async (context) => {
      const server = await startCliServer(context);
      const file = `${folderWith(context)}/report.html`;
      const options = ['--only', 'opening', '--json', '--report', file];
      const { status, stdout } = await runCli(context, 'check', ...options, server.url);
      assert.equal([status, JSON.parse(stdout).verdict], [0, 'ok']);
      const page = await openPage(pathToFileURL(file).href, context);
      assert.is(await page.locator('.verdict').textContent(), 'Nothing is wrong');
      assert.equal(await violationsOf(page), []);
    },
    LIMIT,
  );

  test('is refused before the check where its file cannot be written', async (context) => {
    const options = ['--report', '/nowhere/report.html'];
    const { status, stdout, stderr } = await runCli(
      context,
      'check',
      ...options,
      'ws://localhost:1/',
    );
    assert.equal([status, stdout], [1, '']);
    assert.match(stderr, /expected to write the report to \/nowhere\/report\.html, but could not/);
    assert.not.match(stderr, 'opening');
  });
});
