import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { noHttpBackend, tempDir } from '../../support/git-host.ts';

const program = '/usr/bin/chromium';
export const missing = existsSync(program) ? noHttpBackend : 'chromium is missing; apt-get install chromium';

/** Checks a page for what keeps people out, once it is evaluated there. */
export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-dev-shm-usage',
  // A tab that isn't in front keeps its clock and its priority.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  // Attaching to a first tab that is still being made has been seen to hang.
  '--no-startup-window',
  '--remote-debugging-port=0',
];

/** By a port of its own: the starter of the tests' programs hands on no further pipes, which Playwright would want. */
async function started(patience: number): Promise<Browser> {
  const profile = await tempDir();
  const child = spawn(program, [...args, `--user-data-dir=${profile}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const [, address] = /^DevTools listening on (\S+)/.exec(line) ?? [];
    if (address === undefined) continue;
    // What it says from here on is for nobody, and must not fill its pipe.
    child.stderr.resume();
    return chromium.connectOverCDP(address, { timeout: patience });
  }
  throw new Error('Chromium ended before it listened.');
}

/** A second Chromium where the first one listens but doesn't let itself be attached to. */
export const startedBrowser = (): Promise<Browser> => started(60_000).catch(() => started(240_000));

/** A new tab, whatever it says to the console told. */
export async function openedTab(
  browser: Browser,
  colorScheme: 'light' | 'dark',
  width: number,
  told: string[],
): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(240_000);
  page.on('console', (message) => told.push(message.text()));
  page.on('pageerror', (error) => told.push(error.message));
  return page;
}
