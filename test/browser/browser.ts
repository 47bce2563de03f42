/**
 * Debian's Chromium, driven by Playwright's library.
 *
 * Rule 1. Every test of the page asserts: no request to another host, and no error on the console.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import type { TestContext } from '../support/suite.js';

/** The path of Debian's browser. */
export const CHROMIUM = '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Options of a page. */
export interface Look {
  colorScheme?: 'light' | 'dark';
  width?: number;
  height?: number;
  reducedMotion?: 'reduce' | 'no-preference';
}

let launched: Promise<Browser> | undefined;
let users = 0;

/** The browser, shared by overlapping tests. It closes after its last user. */
async function browserFor({ after }: TestContext): Promise<Browser> {
  users++;
  launched ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const browser = await launched;
  after(async () => {
    users--;
    if (users > 0) return;
    launched = undefined;
    await browser.close();
  });
  return browser;
}

/** Opens a page of the inspector. After the test, the page must have asked no other host. */
export async function openPage(
  url: string,
  context: TestContext,
  { width = 1440, height = 900, ...look }: Look = {},
): Promise<Page> {
  const browser = await browserFor(context);
  const page = await browser.newPage({ viewport: { width, height }, ...look });
  const wrong: string[] = [];
  const { host } = new URL(url);
  page.on('request', (request) => {
    if (new URL(request.url()).host !== host) wrong.push(`asked ${request.url()}`);
  });
  page.on('websocket', (ws) => {
    if (new URL(ws.url()).host !== host) wrong.push(`asked ${ws.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  context.after(async () => {
    await page.close();
    assert.equal(wrong, []);
  });
  await page.goto(url);
  return page;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The violations that the accessibility engine finds in the page. */
export async function violationsOf(page: Page): Promise<string[]> {
  // The page's policy forbids foreign scripts. The debugger injects the engine.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
        }>;
      };
    };
    const { violations } = await engine.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    );
  });
}

/** Writes a picture of the page beside the page's sources, for the README. */
export async function picture(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../../inspector/pictures/${name}.png`, import.meta.url));
  await page.screenshot({ path, animations: 'disabled' });
}
