/** Opens pages in the user's browser, with the system's program for that. */
import { spawn } from 'node:child_process';
import { explain } from './explain.js';

/** How long an opened page may take to come, or the system's program to fail, in ms. */
export const OPENING_MS = 15_000;

const OPENERS: { [platform: string]: [program: string, ...args: string[]] } = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens a URL. Resolves with a sentence where no browser was opened; its `remedy` is what to do then.
 * Never resolves where the program ends well, or runs for longer than `OPENING_MS`: then the program
 * is the browser.
 */
export function noBrowser(url: string, remedy: string): Promise<string> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  opener.unref();
  const began = performance.now();
  return new Promise((resolve) => {
    const fail = (expected: string, came: string): void =>
      resolve(`Can't open a browser: ${explain({ expected, came, remedy })}`);
    opener.on('error', ({ message }) => fail(`to run ${program}`, `could not (${message})`));
    opener.on('exit', (status, signal) => {
      if (status === 0 || performance.now() - began > OPENING_MS) return;
      fail(`${program} to open one`, `it ended with ${signal ?? `status ${status}`}`);
    });
  });
}
