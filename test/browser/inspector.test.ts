/** The inspector's page, in a browser. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { createActor, createMachine } from 'xstate';
import { clientSession, serverSession } from '../../machines/index.js';
import { type Running, runCli, startCli, startCliServer } from '../support/cli.js';
import { broken, received } from '../support/facts.js';
import { converse, inspecting, machineRecord } from '../support/inspection.js';
import { nested, player } from '../support/machines.js';
import { rawClient } from '../support/rawPeer.js';
import { suite } from '../support/suite.js';
import { openPage, picture, violationsOf } from './browser.js';
import { startStream } from './stream.js';

const LIMIT = 60_000;

async function pageUrl(running: Running): Promise<string> {
  return (await running.prints('stderr', /^Inspector at (\S+)$/m))[1] ?? '';
}

async function joinUrl(running: Running): Promise<string> {
  return (await running.prints('stderr', /--inspect-connect (\S+)$/m))[1] ?? '';
}

/** Resolves once the grid has a row with all of these words. */
async function seesRow(page: Page, ...words: string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('[role=grid] [role=row]')].some((row) =>
        wanted.every((word) => row.textContent?.includes(word)),
      ),
    words,
  );
}

async function seesText(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    ([where, wanted]) => document.querySelector(where)?.textContent?.includes(wanted),
    [selector, text] as const,
  );
}

/** The selector of an active state, by its machine and its key: the states around it do not matter. */
const activeState = (path: string): string => {
  const [machine, key] = path.split('.');
  return `[data-state^="${machine}."][data-state$=".${key}"].is-active`;
};

suite('page of the inspector', (test) => {
  test(
    'shows each state of a conversation and its fault, and stays after the process',
    async (context) => {
      const server = await startCliServer(context, '--inspect', '--reply-timeout', '60s');
      const page = await openPage(await pageUrl(server), context);
      await seesText(page, 'main', 'No session yet');
      const peer = await rawClient(server.url, context);
      await peer.next();
      await page.waitForSelector(activeState('server.awaitingReply'));
      await seesRow(page, 'awaitingReply', 'server-1', '0');
      await seesText(page, '.timeline', '"Hello 0"');
      peer.send('Hello 0');
      await peer.next();
      await seesRow(page, 'awaitingReply', 'server-1', '1');
      await seesText(page, '.details', 'round 1');
      await seesText(page, '.timeline', 'isEcho');
      peer.send('Hello 1');
      await peer.next();
      peer.close(4000, 'no <b>more</b>');
      await page.waitForSelector(activeState('server.error'));
      await seesText(page, '.details .callout', 'ERR_PEER_CLOSED');
      await seesText(page, '.details .callout', 'no <b>more</b>');
      assert.is(await page.locator('.details .callout b').count(), 0);
      server.child.kill('SIGTERM');
      await seesText(page, '[role=status]', 'The process is over');
      assert.is((await server.ended).status, 0);
      await seesRow(page, 'error', 'server-1');
    },
    LIMIT,
  );

  test(
    'has both ends of a conversation side by side, from two processes',
    async (context) => {
      const server = await startCliServer(context, '--inspect', '--rounds', '3');
      const page = await openPage(await pageUrl(server), context);
      const other = await joinUrl(server);
      const client = await runCli(context, 'client', server.url, '--inspect-connect', other);
      assert.is(client.status, 0);
      await seesRow(page, 'done', 'server-1', '3', '1000');
      await seesRow(page, 'done', 'client', '3', '1000');
      await page.waitForSelector(activeState('server.done'));
      await page.waitForSelector(activeState('client.done'));
      const arrivals = page.locator('.timeline .arrival .label');
      assert.match((await arrivals.first().textContent()) ?? '', /^\d+(\.\d+)? m?s/);
      const hits = page.locator('[data-transition$=".awaitingReply/socket.received/0"] .hits');
      assert.is(await hits.textContent(), ' ×3');
      assert.is(await page.locator(`[data-edge*=".closing/socket.ended/0"].is-last`).count(), 1);
    },
    LIMIT,
  );

  test(
    'shows the leaf of a nested state where there is little room, and its whole path where there is more',
    async (context) => {
      const started = await inspecting(context);
      const light = createActor(nested(1), { id: 'light', inspect: started.inspect }).start();
      const actor = createActor(player, { id: 'player', inspect: started.inspect }).start();
      context.after(() => {
        light.stop();
        actor.stop();
      });
      const page = await openPage(started.url ?? '', context);
      const row = page.locator('[role=row]', { hasText: 'player' });
      const cellOf = async (): Promise<(string | null)[]> => {
        const cell = row.locator('.cell.state');
        return [await cell.textContent(), await cell.getAttribute('title')];
      };
      actor.send({ type: 'power.on.last' });
      await seesRow(page, 'player', 'deck.paused, volume.loud');
      assert.equal(await cellOf(), ['deck.paused, volume.loud', 'on.deck.paused, on.volume.loud']);
      await row.click();
      for (const id of ['player.on', 'player.on.deck', 'player.on.deck.paused']) {
        await page.waitForSelector(`[data-state="${id}"].is-active`);
      }
      await seesText(page, '.details dd', 'on.deck.paused, on.volume.loud');
      await seesText(page, '.charts figcaption .chip', 'deck.paused, volume.loud');
      const led = page.locator('.timeline .to').last();
      assert.match((await led.textContent()) ?? '', /leads to deck\.paused, volume\.loud$/);
      assert.is(await led.getAttribute('title'), 'on.deck.paused, on.volume.loud');
      await page.locator('summary').click();
      await seesText(page, '.transitions', 'on.deck.paused: play [isLoaded] → on.deck.playing');
      actor.send({ type: 'power.cut' });
      actor.send({ type: 'power.on' });
      await seesRow(page, 'player', 'loading');
      assert.equal(await violationsOf(page), []);
    },
    LIMIT,
  );

  test(
    'shows the same after a reload, and to a late viewer',
    async (context) => {
      const started = await inspecting(context);
      const url = started.url ?? '';
      converse(started.inspect, 2);
      const late = await openPage(url, context);
      await seesRow(late, 'done', 'client', '2');
      await late.locator('[role=row]', { hasText: 'server-1' }).click();
      await late.waitForSelector(activeState('server.done'));
      await seesText(late, '.timeline', '"Hi"');
      await late.reload();
      await late.waitForSelector(activeState('server.done'));
      await seesText(late, '.details h2', 'server-1');
      await seesText(late, '.timeline', '"Hi"');
    },
    LIMIT,
  );

  test(
    'works from the keyboard alone',
    async (context) => {
      const started = await inspecting(context);
      const page = await openPage(started.url ?? '', context);
      const clients = Array.from({ length: 30 }, (_, n) =>
        createActor(clientSession, { id: `client-${n}`, inspect: started.inspect }).start(),
      );
      context.after(() => {
        for (const client of clients) client.stop();
      });
      await seesRow(page, 'client-9');
      await page.keyboard.press('/');
      await page.keyboard.type('client-2');
      await seesText(page, '.counts', '11 of 30');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      const chosen = await page.locator('[role=row][aria-selected=true] .name').textContent();
      await seesText(page, '.details h2', chosen ?? '');
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement as Element).outlineStyle,
      );
      assert.is(outline, 'solid');
      clients[0]?.send(received('Hello 0'));
      await page.keyboard.press(' ');
      await seesText(page, '[role=status]', 'Paused');
      const at = async () => Number(await page.locator('[aria-label=Record]').inputValue());
      const before = await at();
      await page.keyboard.press('[');
      await page.keyboard.press('[');
      assert.is(await at(), before - 2);
      await page.keyboard.press(']');
      assert.is(await at(), before - 1);
      await page.keyboard.press(' ');
      await seesText(page, '[role=status]', 'Live');
      // The Tab key reaches every control.
      const seen = new Set<string>();
      for (let n = 0; n < 30; n++) {
        await page.keyboard.press('Tab');
        seen.add(
          await page.evaluate(() => {
            const element = document.activeElement;
            return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
          }),
        );
      }
      for (const name of [
        "Stately's inspector …",
        'Filter the sessions',
        'Sessions',
        'Fit the chart',
        'Pause',
        'Record',
      ]) {
        assert.is(seen.has(name), true, `${name} in ${[...seen].join(', ')}`);
      }
    },
    LIMIT,
  );

  test(
    'shows problems only, if asked to, and sorts',
    async (context) => {
      const started = await inspecting(context);
      const page = await openPage(started.url ?? '', context);
      converse(started.inspect);
      const bad = createActor(serverSession, { id: 'bad', inspect: started.inspect }).start();
      bad.send(broken);
      await seesRow(page, 'error', 'bad');
      const names = () => page.locator('[role=row] .name[role=gridcell]').allTextContents();
      await page.getByRole('button', { name: 'Session' }).click();
      assert.equal(await names(), ['bad', 'client', 'server-1']);
      await page.getByRole('button', { name: 'Session' }).click();
      assert.equal(await names(), ['server-1', 'client', 'bad']);
      await page.getByLabel('Problems only').check();
      assert.equal(await names(), ['bad']);
    },
    LIMIT,
  );

  test(
    'says in place of a chart why it cannot be drawn, and shows the rest',
    async (context) => {
      const { url = '', joinUrl: join = '', inspect } = await inspecting(context);
      converse(inspect);
      const page = await openPage(url, context);
      const ws = new WebSocket(join);
      context.after(() => ws.terminate());
      await once(ws, 'open');
      const known = machineRecord(serverSession, 2);
      const chart = known.kind === 'machine' ? known.chart : undefined;
      const [first] = chart?.transitions ?? [];
      const wide = Array.from({ length: 2_001 }, (_, n) => n);
      const { initial: _, ...rest } = chart?.root ?? {};
      const stateOf = (n: number) => ({ ...rest, id: `s${n}`, key: 's', children: [] });
      const charts: [name: string, chart: unknown, reason: string][] = [
        [
          'lost',
          { ...chart, transitions: [{ ...first, id: 't', targets: ['<b>nowhere</b>'] }] },
          't leads to <b>nowhere</b>, which is no state',
        ],
        [
          'wide',
          {
            ...chart,
            root: { ...stateOf(0), initial: 's1', children: wide.slice(1).map(stateOf) },
          },
          'it has more than 2000 states',
        ],
        ['unknown', undefined, 'its machine was not told, or there was no room for it'],
      ];
      const base = { ts: 0, run: 'odd' };
      ws.send(JSON.stringify({ ...base, seq: 1, kind: 'run', name: 'odd', pid: 1 }));
      for (const [n, [name, odd]] of charts.entries()) {
        const seq = 10 * n + 2;
        if (odd !== undefined) {
          ws.send(JSON.stringify({ ...known, ...base, seq, machine: name, chart: odd }));
        }
        const session = {
          ...base,
          seq: seq + 1,
          kind: 'session',
          session: name,
          name,
          machine: name,
        };
        ws.send(JSON.stringify(session));
        const lists = { taken: [], emitted: [], armed: [], cancelled: [], context: { round: 7 } };
        const step = {
          ...base,
          ...lists,
          seq: seq + 2,
          kind: 'step',
          session: name,
          state: 'sending',
        };
        ws.send(JSON.stringify({ ...step, fact: { type: 'go' }, status: 'active' }));
      }
      for (const [name, , reason] of charts) {
        await seesRow(page, name, 'sending', '7');
        await page.locator('[role=row]', { hasText: name }).click();
        await seesText(page, '.charts', `This chart cannot be drawn: ${reason}.`);
        assert.is(await page.locator('.charts b:not(.who), .charts svg').count(), 0);
        await seesText(page, '.details', 'round 7');
      }
      assert.equal(await violationsOf(page), []);
      await page.locator('[role=row]', { hasText: 'server-1' }).click();
      await page.waitForSelector(activeState('server.done'));
    },
    LIMIT,
  );

  test(
    'tells a value that cannot be read from a text of the same words',
    async (context) => {
      const started = await inspecting(context);
      const { proxy: thrown, revoke } = Proxy.revocable({}, {});
      revoke();
      const odd = createMachine({ id: 'odd', context: { thrown, text: 'an unreadable value' } });
      createActor(odd, { id: 'odd', inspect: started.inspect }).start();
      const page = await openPage(started.url ?? '', context);
      await page.locator('[role=row]', { hasText: 'odd' }).click();
      await seesText(page, '.tree', 'thrown an unreadable value');
      await seesText(page, '.tree', 'text "an unreadable value"');
      assert.is(await page.locator('.tree .unreadable').count(), 1);
    },
    LIMIT,
  );

  test(
    'gives the text of a box that lines may cross a halo in the colour of the box',
    async (context) => {
      const started = await inspecting(context);
      const bad = createActor(serverSession, { id: 'bad', inspect: started.inspect }).start();
      bad.send(received('wrong'));
      const page = await openPage(started.url ?? '', context);
      await page.locator('[role=row]', { hasText: 'bad' }).click();
      const colours = (id: string): Promise<string[]> =>
        page.evaluate((id) => {
          const styleOf = (selector: string): CSSStyleDeclaration =>
            getComputedStyle(document.querySelector(selector) as Element);
          const { fill } = styleOf(`[data-state="${id}"] .outline`);
          const { stroke, paintOrder } = styleOf(`[data-text-of="${id}"] .title`);
          return [paintOrder, stroke === fill ? 'same' : `${stroke} on ${fill}`, fill];
        }, id);
      await page.waitForSelector('[data-state="server.conversing"].is-active');
      const active = await colours('server.conversing');
      const idle = await colours('server.leaving');
      assert.equal([active.slice(0, 2), idle.slice(0, 2)], Array(2).fill(['stroke', 'same']));
      assert.is.not(active[2], idle[2]);
    },
    LIMIT,
  );

  for (const colorScheme of ['light', 'dark'] as const) {
    test(
      `is accessible, in ${colorScheme} mode, wide and narrow`,
      async (context) => {
        const started = await inspecting(context);
        converse(started.inspect, 3);
        const bad = createActor(serverSession, { id: 'bad', inspect: started.inspect }).start();
        bad.send({ type: 'app.stopRequested' });
        bad.send(received('late'));
        bad.send({ type: 'socket.ended', closeFrame: true, code: 1001, reason: '', silence: 0 });
        const page = await openPage(started.url ?? '', context, {
          colorScheme,
          reducedMotion: 'reduce',
        });
        await page.waitForSelector('.is-active');
        const background = await page.evaluate(
          () => getComputedStyle(document.body).backgroundColor,
        );
        assert.is(background, colorScheme === 'dark' ? 'rgb(14, 17, 22)' : 'rgb(245, 246, 248)');
        const duration = await page.evaluate(() => {
          const [outline] = document.querySelectorAll('.chart .outline');
          return outline && getComputedStyle(outline).transitionDuration;
        });
        assert.is(duration, '0s');
        assert.equal(await violationsOf(page), []);
        await page.locator('[role=row]', { hasText: 'bad' }).click();
        await page.locator('summary').click();
        assert.equal(await violationsOf(page), []);
        await page.getByRole('button', { name: "Stately's inspector" }).click();
        assert.equal(await violationsOf(page), []);
        await page.keyboard.press('Escape');
        await page.setViewportSize({ width: 420, height: 800 });
        assert.equal(await violationsOf(page), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.is(overflow, 420);
      },
      LIMIT,
    );
  }

  test(
    'keeps up with 500 sessions and thousands of events a second',
    async (context) => {
      const started = await inspecting(context);
      const stream = startStream(started, context, { sessions: 500, rate: 3_000 });
      const page = await openPage(started.url ?? '', context);
      await seesText(page, '.counts', '500');
      await page.waitForSelector('.is-active');
      await page.evaluate(() => {
        const watched = globalThis as unknown as { longTasks: number[] };
        watched.longTasks = [];
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) watched.longTasks.push(duration);
        }).observe({ type: 'longtask' });
      });
      // Tasks are long by the clock, and other programs may have the processor meanwhile. The page does the
      // same work in every turn. So one turn without a long task shows that the page itself has none.
      const second = async (): Promise<{ tasks: number[]; records: number }> => {
        const before = stream.told;
        const tasks = await page.evaluate(async () => {
          const watched = globalThis as unknown as { longTasks: number[] };
          watched.longTasks.length = 0;
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          return [...watched.longTasks];
        });
        return { tasks, records: stream.told - before };
      };
      const seconds = [];
      do seconds.push(await second());
      while (
        seconds.length < 12 &&
        !seconds.some(({ tasks, records }) => tasks.length === 0 && records > 4_000)
      );
      const calm = seconds.find(({ tasks, records }) => tasks.length === 0 && records > 4_000);
      assert.ok(calm, JSON.stringify(seconds));
      // The page has kept up: it shows the last session at once.
      stream.stop();
      const last = createActor(clientSession, { id: 'the last', inspect: started.inspect }).start();
      context.after(() => last.stop());
      await page.getByLabel('Filter the sessions').fill('the last');
      await seesRow(page, 'awaitingMessage', 'the last');
    },
    LIMIT,
  );

  test(
    'asks before anything goes to Stately, and then speaks its protocol',
    async (context) => {
      const started = await inspecting(context);
      converse(started.inspect);
      const page = await openPage(`${started.url}#stately`, context);
      // A page with the receiver of Stately's package stands in for stately.ai.
      const entry = createRequire(import.meta.url).resolve('@statelyai/inspect');
      const { outputFiles } = await build({
        stdin: {
          contents: `import { createBrowserReceiver } from ${JSON.stringify(entry)};
          window.got = [];
          createBrowserReceiver({}).subscribe((event) => window.got.push(event));`,
          resolveDir: fileURLToPath(new URL('.', import.meta.url)),
        },
        bundle: true,
        write: false,
        format: 'iife',
        platform: 'browser',
        logLevel: 'silent',
      });
      let asked = 0;
      await page.context().route('https://stately.ai/**', (route) => {
        asked++;
        const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
        return route.fulfill({
          contentType: 'text/html',
          body: `<body><script>${script}</script>`,
        });
      });
      await seesText(page, 'dialog', 'third party');
      assert.is(await page.locator('dialog[open]').count(), 1);
      assert.is(asked, 0);
      const [popup] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('button', { name: 'Open stately.ai and send' }).click(),
      ]);
      context.after(() => popup.close());
      await popup.waitForFunction(
        () => (globalThis as unknown as { got?: unknown[] }).got?.length === 2,
      );
      await seesText(page, 'header', 'Stately: sending');
      converse(started.inspect);
      await popup.waitForFunction(
        () => (globalThis as unknown as { got: unknown[] }).got.length === 2 + 18,
      );
      const types = await popup.evaluate(() =>
        (globalThis as unknown as { got: { type: string }[] }).got.map(({ type }) => type),
      );
      assert.equal([...new Set(types)].sort(), [
        '@xstate.actor',
        '@xstate.event',
        '@xstate.snapshot',
      ]);
      assert.is(asked, 1);
    },
    LIMIT,
  );

  test(
    'replays a recording step by step, the same each time',
    async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
      context.after(() => rmSync(folder, { recursive: true }));
      const file = `${folder}/run.ndjson`;
      assert.is((await runCli(context, 'demo', '--inspect-file', file)).status, 0);
      const replay = startCli(context, 'replay', file);
      const [, url = ''] = await replay.prints('stderr', / at (http\S+)$/m);
      const page = await openPage(url, context);
      await seesText(page, '[role=status]', 'Recording');
      await page.waitForSelector(activeState('server.done'));
      const slider = page.locator('[aria-label=Record]');
      const shownAt = async (position: number): Promise<string> => {
        await slider.fill(String(position));
        await seesText(page, '.transport output', `${position} /`);
        // The timeline has only its visible rows in the document.
        const panels = page.locator('.panel:not(.timeline)');
        return (await panels.allTextContents()).join('\n');
      };
      const passed = new Set<string>();
      const last = Number(await slider.getAttribute('max'));
      for (let position = 0; position <= last; position++) {
        await shownAt(position);
        for (const element of await page.locator('.is-active:not(.compound)').all()) {
          const keys = (await element.getAttribute('data-state'))?.split('.') ?? [];
          passed.add(`${keys[0]}.${keys.at(-1)}`);
        }
      }
      assert.equal([...passed].sort(), [
        'client.awaitingMessage',
        'client.done',
        'client.replying',
        'opening.connecting',
        'server.awaitingReply',
        'server.closing',
        'server.done',
        'server.sending',
      ]);
      const middle = await shownAt(20);
      assert.not.match(middle, 'No session yet');
      assert.match(await shownAt(0), 'No session yet');
      await page.getByRole('button', { name: 'Step on' }).click();
      await seesText(page, '.transport output', '1 /');
      await shownAt(52);
      assert.is(await shownAt(20), middle);
      await page.keyboard.press(']');
      await seesText(page, '.transport output', '21 /');
      await page.keyboard.press('[');
      await seesText(page, '.transport output', '20 /');
      await page.getByRole('button', { name: 'Play' }).click();
      await page.waitForSelector(activeState('client.done'));
      assert.equal(await violationsOf(page), []);
    },
    LIMIT,
  );

  test('is small: under 60 kB, compressed', () => {
    const folder = new URL('../../inspector/page/', import.meta.url);
    const size = ['index.html', 'app.js', 'drawer.js', 'app.css', 'icon.svg']
      .map((name) => gzipSync(readFileSync(new URL(name, folder))).length)
      .reduce((sum, one) => sum + one, 0);
    assert.is(size < 60_000, true, `${size} bytes`);
  });
});

suite('pictures of the inspector', (test) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(
      `are taken in ${colorScheme} mode`,
      async (context) => {
        const started = await inspecting(context, { name: 'demo' });
        const page = await openPage(started.url ?? '', context, {
          colorScheme,
          reducedMotion: 'reduce',
        });
        startStream(started, context, { sessions: 60, rate: 0 }).settle();
        await seesText(page, '.counts', 'problem');
        await page.getByRole('button', { name: 'Session' }).click();
        await page.getByRole('gridcell', { name: 'client-16', exact: true }).click();
        await page.waitForSelector('.is-active');
        await picture(page, `inspector-${colorScheme}`);
      },
      LIMIT,
    );
  }
});
